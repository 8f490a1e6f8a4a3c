//! Another key that signs customer tokens, without anyone noticing.
//!
//! Its public half is published before the first function can sign with it; the public half of the
//! key before it stays for as long as a token may live that it signed.

use aws_lc_rs::rand;
use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};

use super::{SecretError, customer_token_seed_name, read, with_causes};
use crate::clock::Clock;
use crate::config::Config;
use crate::customer_token::signer::public_key_of;
use crate::store::StoreError;
use crate::store::customer_token_keys::CustomerTokenKeys;

/// Puts another signing key in the place of the one before.
#[derive(Debug)]
pub struct SigningKeyRotation {
    client: Client,
    prefix: String,
    keys: CustomerTokenKeys,
    clock: Clock,
}

/// The ids of the keys, as tokens name them in `kid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatedSigningKey {
    /// What signs within five minutes.
    pub new: String,
    /// What signed until now; none where that was no key.
    pub old: Option<String>,
}

/// Why the key is what it was.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The seed of the key before cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The new seed was not written. Whether it is there is not known; rotating again does no harm.
    #[error("the secret {name} was not written: {cause}")]
    NotWritten {
        /// Its name.
        name: String,
        /// What Secrets Manager said.
        cause: String,
    },
    /// The public half was not published, or the one before not marked.
    #[error("{}", .0.with_causes())]
    Store(#[from] StoreError),
    /// There is no randomness, or no key in it.
    #[error("no key could be made")]
    NoKey,
}

impl SigningKeyRotation {
    /// Of the stack.
    pub fn new(config: &Config) -> Self {
        Self {
            client: config.secrets_manager.clone(),
            prefix: config.secrets_prefix.clone(),
            keys: CustomerTokenKeys::new(&config.table),
            clock: config.clock.clone(),
        }
    }

    /// Makes a key and has functions sign with it within five minutes. The key before checks what it
    /// signed for 80 days more.
    ///
    /// # Errors
    /// [`SigningKeyError`]. Tokens go on being signed and checked with the key before.
    pub async fn rotate(&self) -> Result<RotatedSigningKey, SigningKeyError> {
        let name = customer_token_seed_name(&self.prefix);
        let old = public_key_of(&read(&self.client, &name).await?).map(|(kid, _)| kid);
        let seed = random_seed().ok_or(SigningKeyError::NoKey)?;
        let (new, public_key) = public_key_of(&seed).ok_or(SigningKeyError::NoKey)?;
        let now = self.clock.now();
        self.keys.publish(&new, &public_key, now).await?;
        let put = self.client.put_secret_value().secret_id(&name);
        let written = put.secret_string(seed.expose_secret()).send().await;
        written
            .map_err(|error| SigningKeyError::NotWritten { name, cause: with_causes(&error) })?;
        if let Some(old) = &old {
            self.keys.retire(old, now).await?;
        }
        Ok(RotatedSigningKey { new, old })
    }
}

fn random_seed() -> Option<SecretString> {
    let mut random = [0; 32];
    rand::fill(&mut random).ok()?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(SecretString::from(digits))
}
