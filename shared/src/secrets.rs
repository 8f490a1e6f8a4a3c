//! Secrets Manager: the publishers' Roku API keys, the secrets that webhooks are signed with, and the
//! seed that customer tokens are signed with. Names begin with the stack's prefix, so that a role can be held to them.

pub mod roku_api_keys;
pub mod rotation;
pub mod signing_key;
pub mod webhook_secrets;

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};

use crate::cache::Cache;
use crate::config::Config;
use crate::domain::id::PublisherId;
use crate::domain::webhook::EndpointId;
use crate::sdk_error::root_cause;
use roku_api_keys::{InvalidRokuApiKeys, RokuApiKeys};
use webhook_secrets::WebhookSecrets;

/// How long a secret is used before it is read again.
const FRESH: Duration = Duration::from_secs(300);
/// Keys that Roku refuses are read anew this often at most.
const RELOAD_PAUSE: Duration = Duration::from_secs(60);

/// Reads secrets, and keeps each for five minutes.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    prefix: String,
    roku_api_keys: Cache<PublisherId, RokuApiKeys>,
    reloaded: Cache<PublisherId, ()>,
    customer_token_seed: Cache<(), SecretString>,
    webhook_secrets: Cache<EndpointId, WebhookSecrets>,
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
    /// It is not there, or has no value.
    #[error("there is no secret {0}")]
    Missing(String),
    /// It is there and has no text in it.
    #[error("the secret {0} holds no text")]
    Empty(String),
    /// It is there and holds something else than Roku API keys.
    #[error("the secret {name} cannot be used: {why}")]
    NotKeys {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: InvalidRokuApiKeys,
    },
    /// It is there and holds something else than the secrets of a webhook.
    #[error("the secret {0} holds no secrets of a webhook")]
    NotWebhookSecrets(String),
}

impl Secrets {
    /// The secrets of the stack.
    pub fn new(config: &Config) -> Self {
        Self {
            client: config.secrets_manager.clone(),
            prefix: config.secrets_prefix.clone(),
            roku_api_keys: Cache::new(FRESH),
            reloaded: Cache::new(RELOAD_PAUSE),
            customer_token_seed: Cache::new(FRESH),
            webhook_secrets: Cache::new(FRESH),
        }
    }

    /// The publisher's Roku Pay API keys: `{prefix}/roku-api-key/{publisher}`.
    ///
    /// # Errors
    /// [`SecretError`] when they are not there, are none, or out of reach.
    pub async fn roku_api_keys(&self, publisher: &PublisherId) -> Result<RokuApiKeys, SecretError> {
        match self.roku_api_keys.get(publisher) {
            Some(keys) => Ok(keys),
            None => self.read_roku_api_keys(publisher).await,
        }
    }

    /// The publisher's keys as they are now, for when Roku takes none of those that we know. None
    /// when that was asked less than a minute ago, whatever came of it.
    ///
    /// # Errors
    /// [`SecretError`] as for [`roku_api_keys`](Self::roku_api_keys). What was known is kept.
    pub async fn reload_roku_api_keys(
        &self,
        publisher: &PublisherId,
    ) -> Result<Option<RokuApiKeys>, SecretError> {
        if !self.reloaded.put_if_stale(publisher.clone(), ()) {
            return Ok(None);
        }
        self.read_roku_api_keys(publisher).await.map(Some)
    }

    /// The name of the secret that holds a publisher's Roku Pay API keys.
    pub fn roku_api_keys_name(&self, publisher: &PublisherId) -> String {
        roku_api_keys_name(&self.prefix, publisher)
    }

    /// The seed of the key that signs customer tokens: `{prefix}/customer-token-seed`.
    ///
    /// # Errors
    /// [`SecretError`] when it is not there or out of reach.
    pub async fn customer_token_seed(&self) -> Result<SecretString, SecretError> {
        if let Some(seed) = self.customer_token_seed.get(&()) {
            return Ok(seed);
        }
        let seed = read(&self.client, &customer_token_seed_name(&self.prefix)).await?;
        self.customer_token_seed.put((), seed.clone());
        Ok(seed)
    }

    /// What the webhooks of an endpoint are signed with:
    /// `{prefix}/webhook-secret/{publisher}/{endpoint}`.
    ///
    /// # Errors
    /// [`SecretError`] when they are not there, are none, or out of reach.
    pub async fn webhook_secrets(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
    ) -> Result<WebhookSecrets, SecretError> {
        if let Some(secrets) = self.webhook_secrets.get(endpoint) {
            return Ok(secrets);
        }
        let name = webhook_secrets_name(&self.prefix, publisher, endpoint);
        let text = read(&self.client, &name).await?;
        let secrets = WebhookSecrets::parse(text.expose_secret());
        let secrets = secrets.ok_or(SecretError::NotWebhookSecrets(name))?;
        self.webhook_secrets.put(endpoint.clone(), secrets.clone());
        Ok(secrets)
    }

    /// Reads the keys past the cache. What is no keys is not remembered, so that it can be mended.
    async fn read_roku_api_keys(
        &self,
        publisher: &PublisherId,
    ) -> Result<RokuApiKeys, SecretError> {
        let name = roku_api_keys_name(&self.prefix, publisher);
        let text = read(&self.client, &name).await?;
        let keys = RokuApiKeys::parse(text.expose_secret());
        let keys = keys.map_err(|why| SecretError::NotKeys { name, why })?;
        self.roku_api_keys.put(publisher.clone(), keys.clone());
        Ok(keys)
    }
}

fn customer_token_seed_name(prefix: &str) -> String {
    format!("{prefix}/customer-token-seed")
}

fn roku_api_keys_name(prefix: &str, publisher: &PublisherId) -> String {
    format!("{prefix}/roku-api-key/{publisher}")
}

fn webhook_secrets_name(prefix: &str, publisher: &PublisherId, endpoint: &EndpointId) -> String {
    format!("{prefix}/webhook-secret/{publisher}/{endpoint}")
}

async fn read(client: &Client, name: &str) -> Result<SecretString, SecretError> {
    let answer = client.get_secret_value().secret_id(name).send().await;
    let secret = answer.map_err(|error| match error.as_service_error() {
        Some(refusal) if refusal.is_resource_not_found_exception() => {
            SecretError::Missing(name.to_owned())
        }
        _ => SecretError::Unavailable { name: name.to_owned(), cause: root_cause(&error) },
    })?;
    let text = secret.secret_string.ok_or_else(|| SecretError::Empty(name.to_owned()))?;
    Ok(SecretString::from(text))
}
