//! The keys that pushes are signed with, one after the other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Simulator, lock};
use crate::delivery::Delivery;
use crate::message::Message;
use crate::signing::{Claims, InvalidKey, SigningKey, StoredKey};

/// What becomes of the key before a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldKey {
    /// It stays in the key set, until the next rotation.
    Published,
    /// It leaves the key set at once.
    Withdrawn,
}

/// The key that signs now, and the one before it where that is still published.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "StoredKeys", into = "StoredKeys")]
pub(super) struct SigningKeys {
    current: Arc<SigningKey>,
    previous: Option<Arc<SigningKey>>,
}

#[derive(Serialize, Deserialize)]
struct StoredKeys {
    current: StoredKey,
    previous: Option<StoredKey>,
}

impl From<SigningKeys> for StoredKeys {
    fn from(keys: SigningKeys) -> Self {
        let previous = keys.previous.map(|key| key.to_stored());
        Self { current: keys.current.to_stored(), previous }
    }
}

impl TryFrom<StoredKeys> for SigningKeys {
    type Error = InvalidKey;
    fn try_from(stored: StoredKeys) -> Result<Self, InvalidKey> {
        let restored = |key: StoredKey| SigningKey::from_stored(key).map(Arc::new);
        Ok(Self {
            current: restored(stored.current)?,
            previous: stored.previous.map(restored).transpose()?,
        })
    }
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self { current: Arc::new(SigningKey::generate()), previous: None }
    }
}

impl SigningKeys {
    fn rotate(&mut self, old_key: OldKey) {
        let old = std::mem::replace(&mut self.current, Arc::new(SigningKey::generate()));
        self.previous = (old_key == OldKey::Published).then_some(old);
    }

    fn jwks(&self) -> Value {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        json!({ "keys": keys.map(|key| key.jwk()).collect::<Vec<_>>() })
    }
}

impl Simulator {
    /// The key that pushes are signed with now.
    pub fn signing_key(&self) -> Arc<SigningKey> {
        Arc::clone(&lock(&self.signing_keys).current)
    }

    /// Signs with a new key from now on. The key set holds it at once.
    pub fn rotate_signing_key(&self, old_key: OldKey) {
        self.change(&self.signing_keys).rotate(old_key);
    }

    /// Tells the publisher to forget the public keys that it has kept, by a push of the type
    /// `roku.invalidate_public_keys`, signed with the current key.
    pub async fn invalidate_public_keys(self: &Arc<Self>) -> Vec<Delivery> {
        self.push(Message::invalidate_public_keys()).await
    }

    /// Signs a message as Roku would sign it now, without delivering it.
    pub fn sign(&self, message_key: &str, message: &str) -> String {
        self.signing_key().sign(&Claims::new(message_key, message, self.clock.now()))
    }

    pub(super) fn sign_message(&self, message: &Message) -> String {
        let claims = Claims::new(&message.key, &message.text, self.clock.now());
        self.signing_key().sign(&Claims { kind: message.kind.name().to_owned(), ..claims })
    }

    /// The key set as it is published now.
    pub(crate) fn jwks(&self) -> Value {
        lock(&self.signing_keys).jwks()
    }
}
