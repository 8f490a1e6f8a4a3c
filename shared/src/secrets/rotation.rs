//! A publisher's new Roku Pay API key: the one that was active becomes the expiring one.

use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::roku_api_keys::{InvalidRokuApiKey, RokuApiKeys, is_same, parse_key};
use super::{SecretError, read, roku_api_keys_name};
use crate::clock::Clock;
use crate::domain::id::PublisherId;
use crate::sdk_error::root_cause;

/// Writes the keys of publishers. Apart from [`Secrets`](super::Secrets), so that it shows who may:
/// an operator, and no function.
#[derive(Debug)]
pub struct RokuApiKeyRotation {
    client: Client,
    prefix: String,
}

/// What came of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// There was no key. There is one now.
    First,
    /// The new key is active, and the one that was active is expiring.
    Replaced(Before),
    /// The new key was the active one already. Nothing was changed.
    AlreadyActive,
}

/// What became of the key that was expiring before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// There was none, or it is the one that is active again.
    NothingDropped,
    /// It is no longer kept, because Roku keeps one expiring key at most (`roku-pay.md` §3).
    ExpiringDropped,
}

/// Why a key was not rotated. Holds nothing of any key.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The new key is none.
    #[error("the new key {0}")]
    InvalidKey(#[from] InvalidRokuApiKey),
    /// The keys that are there cannot be had. They were not touched.
    #[error(transparent)]
    Unreadable(#[from] SecretError),
    /// Secrets Manager did not take the keys, or did not say that it did.
    #[error("the secret {name} cannot be written: {cause}")]
    NotWritten {
        /// Its name.
        name: String,
        /// What Secrets Manager said.
        cause: String,
    },
}

impl RokuApiKeyRotation {
    /// The secrets whose names begin with `prefix`.
    pub fn new(client: Client, prefix: String) -> Self {
        Self { client, prefix }
    }

    /// The name of the secret that holds a publisher's keys.
    pub fn secret_name(&self, publisher: &PublisherId) -> String {
        roku_api_keys_name(&self.prefix, publisher)
    }

    /// Makes `new` the active key. Rotating to the same key again changes nothing, so that an
    /// unclear outcome may be repeated. Two rotations at once are not kept apart: Secrets Manager
    /// has no conditional write.
    ///
    /// # Errors
    /// [`RotationError`] when the key is none, or Secrets Manager does not read or write.
    pub async fn rotate(
        &self,
        publisher: &PublisherId,
        new: SecretString,
    ) -> Result<Rotated, RotationError> {
        let new = parse_key(new.expose_secret())?;
        let name = self.secret_name(publisher);
        let known = match read(&self.client, &name).await {
            Ok(text) => {
                let keys = RokuApiKeys::parse(text.expose_secret());
                Some(keys.map_err(|why| SecretError::NotKeys { name: name.clone(), why })?)
            }
            Err(SecretError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let (keys, rotated) = rotate(known, new, Clock::system().now());
        match rotated {
            Rotated::First => self.create(&name, &keys).await?,
            Rotated::Replaced(_) => self.put(&name, &keys).await?,
            Rotated::AlreadyActive => {}
        }
        Ok(rotated)
    }

    async fn create(&self, name: &str, keys: &RokuApiKeys) -> Result<(), RotationError> {
        let request = self.client.create_secret().name(name);
        let text = keys.to_text();
        match request.secret_string(text.expose_secret()).send().await {
            Ok(_) => Ok(()),
            // Made without a value, which reads as if there were none.
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_resource_exists_exception()) =>
            {
                self.put(name, keys).await
            }
            Err(error) => Err(not_written(name, &error)),
        }
    }

    async fn put(&self, name: &str, keys: &RokuApiKeys) -> Result<(), RotationError> {
        let request = self.client.put_secret_value().secret_id(name);
        let text = keys.to_text();
        let written = request.secret_string(text.expose_secret()).send().await;
        written.map(drop).map_err(|error| not_written(name, &error))
    }
}

fn not_written(name: &str, error: &dyn std::error::Error) -> RotationError {
    RotationError::NotWritten { name: name.to_owned(), cause: root_cause(error) }
}

/// The keys after a rotation to `new`, and what came of it.
fn rotate(known: Option<RokuApiKeys>, new: SecretString, now: Timestamp) -> (RokuApiKeys, Rotated) {
    let rotated_at = Some(now);
    let Some(known) = known else {
        return (RokuApiKeys { active: new, expiring: None, rotated_at }, Rotated::First);
    };
    if is_same(&known.active, &new) {
        return (known, Rotated::AlreadyActive);
    }
    let before = match &known.expiring {
        Some(expiring) if !is_same(expiring, &new) => Before::ExpiringDropped,
        _ => Before::NothingDropped,
    };
    let keys = RokuApiKeys { active: new, expiring: Some(known.active), rotated_at };
    (keys, Rotated::Replaced(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_active_key_becomes_the_expiring_one_and_only_one_is_kept() {
        use Rotated::{AlreadyActive, First, Replaced};
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for (known, new, expected, outcome) in [
            (None, "A", r#"{"active":"A","rotated_at":"2026-03-01T12:00:00Z"}"#, First),
            (
                Some("A"),
                "B",
                r#"{"active":"B","expiring":"A","rotated_at":"2026-03-01T12:00:00Z"}"#,
                Replaced(Before::NothingDropped),
            ),
            (
                Some(r#"{"active":"B","expiring":"A"}"#),
                "C",
                r#"{"active":"C","expiring":"B","rotated_at":"2026-03-01T12:00:00Z"}"#,
                Replaced(Before::ExpiringDropped),
            ),
            // Back again: Roku can make an expired key active.
            (
                Some(r#"{"active":"B","expiring":"A"}"#),
                "A",
                r#"{"active":"A","expiring":"B","rotated_at":"2026-03-01T12:00:00Z"}"#,
                Replaced(Before::NothingDropped),
            ),
            (
                Some(r#"{"active":"B","expiring":"A"}"#),
                "B",
                r#"{"active":"B","expiring":"A"}"#,
                AlreadyActive,
            ),
            (Some("A"), "A", r#"{"active":"A"}"#, AlreadyActive),
        ] {
            let known = known.map(|text| RokuApiKeys::parse(text).unwrap());
            let (keys, rotated) = rotate(known.clone(), SecretString::from(new), now);
            assert_eq!(keys.to_text().expose_secret(), expected, "{new} after {known:?}");
            assert_eq!(rotated, outcome, "{new} after {known:?}");
        }
    }
}
