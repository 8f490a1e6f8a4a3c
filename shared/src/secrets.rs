//! Secrets Manager: the publishers' Roku API keys and the seed that customer tokens are signed
//! with. Names begin with the stack's prefix, so that a role can be held to them.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use secrecy::SecretString;

use crate::cache::Cache;
use crate::config::Config;
use crate::domain::id::PublisherId;

/// How long a secret is used before it is read again.
const FRESH: Duration = Duration::from_secs(300);

/// Reads secrets, and keeps each for five minutes.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    prefix: String,
    cache: Cache<String, SecretString>,
}

/// Why a secret cannot be had. The text names the secret and holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager refused or did not answer.
    #[error("the secret {name} cannot be read: {cause}")]
    Unavailable {
        /// Its name.
        name: String,
        /// What Secrets Manager said.
        cause: String,
    },
    /// It is there and has no text in it.
    #[error("the secret {0} holds no text")]
    Empty(String),
}

impl Secrets {
    /// The secrets of the stack.
    pub fn new(config: &Config) -> Self {
        Self {
            client: config.secrets_manager.clone(),
            prefix: config.secrets_prefix.clone(),
            cache: Cache::new(FRESH),
        }
    }

    /// The publisher's Roku Pay API key: `{prefix}/roku-api-key/{publisher}`.
    ///
    /// # Errors
    /// [`SecretError`] when it is not there or out of reach.
    pub async fn roku_api_key(&self, publisher: &PublisherId) -> Result<SecretString, SecretError> {
        self.read(format!("{}/roku-api-key/{publisher}", self.prefix)).await
    }

    /// The seed of the key that signs customer tokens: `{prefix}/customer-token-seed`.
    ///
    /// # Errors
    /// [`SecretError`] when it is not there or out of reach.
    pub async fn customer_token_seed(&self) -> Result<SecretString, SecretError> {
        self.read(format!("{}/customer-token-seed", self.prefix)).await
    }

    async fn read(&self, name: String) -> Result<SecretString, SecretError> {
        if let Some(secret) = self.cache.get(&name) {
            return Ok(secret);
        }
        let answer = self.client.get_secret_value().secret_id(&name).send().await;
        let secret = answer.map_err(|error| SecretError::Unavailable {
            name: name.clone(),
            cause: DisplayErrorContext(&error).to_string(),
        })?;
        let text = secret.secret_string.ok_or_else(|| SecretError::Empty(name.clone()))?;
        let secret = SecretString::from(text);
        self.cache.put(name, secret.clone());
        Ok(secret)
    }
}
