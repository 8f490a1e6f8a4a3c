//! Makes our tokens.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};

use super::{Claims, Kind, TokenError};
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::sha256;
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, PublisherId};
use crate::domain::publisher::ISSUER;
use crate::secrets::Secrets;
use crate::store::customer_token_keys::CustomerTokenKeys;

/// Makes tokens with the seed of the stack. Another seed is used within five minutes of being put in
/// its place; its public key is in the table before the first token that it signs is handed out, so
/// nobody notices.
#[derive(Debug)]
pub struct TokenSigner {
    keys: CustomerTokenKeys,
    secrets: Secrets,
    clock: Clock,
    /// The key that was used last; its public half is in the table.
    current: Mutex<Option<Arc<SigningKey>>>,
}

struct SigningKey {
    seed_hash: String,
    kid: String,
    private: EncodingKey,
}

impl TokenSigner {
    /// Makes tokens with the seed of the stack.
    pub fn new(config: &Config) -> Self {
        Self {
            keys: CustomerTokenKeys::new(&config.table),
            secrets: Secrets::new(config),
            clock: config.clock.clone(),
            current: Mutex::default(),
        }
    }

    /// A token that speaks for a customer, with their address where it is to be in it.
    ///
    /// # Errors
    /// [`TokenError`] when the seed cannot be had or the public key not be published.
    pub async fn issue(
        &self,
        kind: Kind,
        publisher_id: &PublisherId,
        customer_id: &CustomerId,
        email: Option<&Email>,
    ) -> Result<String, TokenError> {
        let seed = self.secrets.customer_token_seed().await?;
        let key = self.signing_key(&seed).await?;
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            iat: now,
            exp: now + kind.lifetime().as_secs(),
            customer_id: customer_id.clone(),
            publisher_id: publisher_id.clone(),
            email: email.map(|email| email.expose_secret().to_owned()),
        };
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &key.private).map_err(|_| TokenError::BadSeed)
    }

    async fn signing_key(&self, seed: &SecretString) -> Result<Arc<SigningKey>, TokenError> {
        let seed_hash = sha256(seed.expose_secret());
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(key) = current.filter(|key| key.seed_hash == seed_hash) {
            return Ok(key);
        }
        let (key, public_key) =
            SigningKey::from_seed(seed, seed_hash).ok_or(TokenError::BadSeed)?;
        self.keys.publish(&key.kid, &public_key, self.clock.now()).await?;
        let key = Arc::new(key);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&key));
        Ok(key)
    }
}

/// The id and the public half of the key that a seed makes; none where it is no seed.
pub(crate) fn public_key_of(seed: &SecretString) -> Option<(String, String)> {
    let (key, public_key) = SigningKey::from_seed(seed, String::new())?;
    Some((key.kid, public_key))
}

impl SigningKey {
    /// The key and its public half. The same seed gives the same key everywhere.
    fn from_seed(seed: &SecretString, seed_hash: String) -> Option<(Self, String)> {
        let seed = from_hex(seed.expose_secret().trim())?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        let public_key = URL_SAFE_NO_PAD.encode(pair.public_key());
        let pkcs8 = pair.to_pkcs8v1().ok()?;
        let private = EncodingKey::from_ed_der(pkcs8.as_ref());
        Some((Self { seed_hash, kid: sha256(&public_key)[..32].to_owned(), private }, public_key))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let valid = text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    for (index, byte) in bytes.iter_mut().enumerate().take(if valid { 32 } else { 0 }) {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    valid.then_some(bytes)
}
