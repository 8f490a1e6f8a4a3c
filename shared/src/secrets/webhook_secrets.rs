//! What the webhooks of an endpoint are signed with, as its secret holds it:
//! `{"active":"whsec_…","expiring":"whsec_…","expires_at":"…"}`, all but the first of which may be
//! missing. While the old one has not expired, both sign: the receiver may change its own at any
//! moment in between (Standard Webhooks).

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use aws_sdk_secretsmanager::Client;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{SecretError, read, webhook_secrets_name};
use crate::domain::fact::later;
use crate::domain::id::PublisherId;
use crate::domain::webhook::EndpointId;
use crate::sdk_error::root_cause;

/// What the specification's secrets begin with.
const PREFIX: &str = "whsec_";
/// The specification allows 24 to 64.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// As many as the signature has.
const OWN_BYTES: usize = 32;

/// A secret of the Standard Webhooks specification: `whsec_` and base64. Never shown in a log.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

/// The secrets that an endpoint's webhooks are signed with.
#[derive(Debug, Clone)]
pub struct WebhookSecrets {
    active: WebhookSecret,
    /// The one before it, and until when it is used besides.
    expiring: Option<(WebhookSecret, Timestamp)>,
}

/// Writes the secrets of webhooks. Apart from [`Secrets`](super::Secrets), so that it shows who may:
/// an operator, and no function.
#[derive(Debug)]
pub struct WebhookSecretWriter {
    client: Client,
    prefix: String,
}

/// Why a secret was not written. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There was no chance to be had.
    #[error("this machine gives no random bytes")]
    NoRandom(#[from] Unspecified),
    /// The secrets that are there cannot be had. They were not touched.
    #[error(transparent)]
    Unreadable(#[from] SecretError),
    /// Secrets Manager did not do it, or did not say that it did.
    #[error("the secret {name} cannot be written: {cause}")]
    NotWritten {
        /// Its name.
        name: String,
        /// What Secrets Manager said.
        cause: String,
    },
}

#[derive(Deserialize)]
struct Stored {
    active: String,
    expiring: Option<String>,
    expires_at: Option<Timestamp>,
}

impl WebhookSecret {
    /// A new one.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut random = [0; OWN_BYTES];
        rand::fill(&mut random)?;
        Ok(Self(SecretString::from(format!("{PREFIX}{}", STANDARD.encode(random)))))
    }

    /// Reads a secret; none where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.trim().strip_prefix(PREFIX)?;
        let bytes = STANDARD.decode(encoded).ok()?;
        BYTES.contains(&bytes.len()).then(|| Self(SecretString::from(text.trim())))
    }
}

impl ExposeSecret<str> for WebhookSecret {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(hidden)")
    }
}

impl WebhookSecrets {
    /// Reads the text of the secret; none where it holds something else. Why it does would quote it.
    pub fn parse(text: &str) -> Option<Self> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        let expiring = stored.expiring.as_deref().map(WebhookSecret::parse);
        let expiring = match (expiring, stored.expires_at) {
            (None, _) => None,
            (Some(secret), Some(at)) => Some((secret?, at)),
            (Some(_), None) => return None,
        };
        Some(Self { active: WebhookSecret::parse(&stored.active)?, expiring })
    }

    /// Those to sign with at a moment, the active one first.
    pub fn signing(&self, now: Timestamp) -> Vec<&WebhookSecret> {
        let expiring = self.expiring.as_ref().filter(|(_, expires_at)| now < *expires_at);
        std::iter::once(&self.active).chain(expiring.map(|(secret, _)| secret)).collect()
    }

    fn rotated(self, new: WebhookSecret, overlap: SignedDuration, now: Timestamp) -> Self {
        let expiring = overlap.is_positive().then(|| (self.active, later(now, overlap)));
        Self { active: new, expiring }
    }

    fn to_text(&self) -> SecretString {
        let mut text = json!({ "active": self.active.expose_secret() });
        if let Some((secret, expires_at)) = &self.expiring {
            text["expiring"] = secret.expose_secret().into();
            text["expires_at"] = expires_at.to_string().into();
        }
        SecretString::from(text.to_string())
    }
}

impl WebhookSecretWriter {
    /// The secrets whose names begin with `prefix`.
    pub fn new(client: Client, prefix: String) -> Self {
        Self { client, prefix }
    }

    /// Makes the secret of a new endpoint. It is shown this once.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn create(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
    ) -> Result<WebhookSecret, WriteError> {
        let name = webhook_secrets_name(&self.prefix, publisher, endpoint);
        let secrets = WebhookSecrets { active: WebhookSecret::generate()?, expiring: None };
        let text = secrets.to_text();
        let request = self.client.create_secret().name(&name);
        let made = request.secret_string(text.expose_secret()).send().await;
        made.map_err(|error| not_written(&name, &error))?;
        Ok(secrets.active)
    }

    /// Makes a new secret for an endpoint. The old one signs besides for as long as `overlap`; one
    /// that was expiring before does not any more. The new one is shown this once.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn rotate(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        overlap: SignedDuration,
        now: Timestamp,
    ) -> Result<WebhookSecret, WriteError> {
        let name = webhook_secrets_name(&self.prefix, publisher, endpoint);
        let known = read(&self.client, &name).await?;
        let known = WebhookSecrets::parse(known.expose_secret());
        let known = known.ok_or_else(|| SecretError::NotWebhookSecrets(name.clone()))?;
        let secrets = known.rotated(WebhookSecret::generate()?, overlap, now);
        let text = secrets.to_text();
        let request = self.client.put_secret_value().secret_id(&name);
        let written = request.secret_string(text.expose_secret()).send().await;
        written.map_err(|error| not_written(&name, &error))?;
        Ok(secrets.active)
    }

    /// Deletes the secret of an endpoint that is gone, for good. One that is not there is no fault.
    ///
    /// # Errors
    /// [`WriteError::NotWritten`].
    pub async fn delete(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
    ) -> Result<(), WriteError> {
        let name = webhook_secrets_name(&self.prefix, publisher, endpoint);
        let request = self.client.delete_secret().secret_id(&name);
        match request.force_delete_without_recovery(true).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_resource_not_found_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(not_written(&name, &error)),
        }
    }
}

fn not_written(name: &str, error: &dyn std::error::Error) -> WriteError {
    WriteError::NotWritten { name: name.to_owned(), cause: root_cause(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(secrets: &WebhookSecrets, now: Timestamp) -> Vec<String> {
        let signing = secrets.signing(now).into_iter();
        signing.map(|secret| secret.expose_secret().to_owned()).collect()
    }

    #[test]
    fn both_secrets_sign_until_the_old_one_expires() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let hours = |hours| later(now, SignedDuration::from_hours(hours));
        let [old, new] = [0, 1].map(|_| WebhookSecret::generate().unwrap());
        let [old_text, new_text] = [&old, &new].map(|secret| secret.expose_secret().to_owned());
        let first = WebhookSecrets { active: old, expiring: None };
        assert_eq!(shown(&first, now), [old_text.as_str()]);

        let at_once = first.clone().rotated(new.clone(), SignedDuration::ZERO, now);
        assert_eq!(shown(&at_once, now), [new_text.as_str()]);

        let rotated = first.rotated(new, SignedDuration::from_hours(24), now);
        let kept = WebhookSecrets::parse(rotated.to_text().expose_secret()).unwrap();
        assert_eq!(shown(&kept, now), [new_text.clone(), old_text.clone()]);
        assert_eq!(shown(&kept, hours(23)), [new_text.clone(), old_text]);
        assert_eq!(shown(&kept, hours(24)), [new_text]);
        assert!(!format!("{kept:?}").contains("whsec"), "{kept:?}");
    }

    #[test]
    fn secrets_of_the_specifications_lengths_are_read_and_no_others() {
        for (bytes, is_secret) in [(23, false), (24, true), (32, true), (64, true), (65, false)] {
            let text = format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
            assert_eq!(WebhookSecret::parse(&text).is_some(), is_secret, "{bytes}");
        }
        let bare = STANDARD.encode([7; 32]);
        for text in ["", "whsec_", "whsec_%", &bare] {
            assert!(WebhookSecret::parse(text).is_none(), "{text}");
        }
        for text in ["", "{}", r#"{"active":"whsec_"}"#] {
            assert!(WebhookSecrets::parse(text).is_none(), "{text}");
        }
    }
}
