//! Customer tokens: JWTs signed with Ed25519, so that checking access needs no secret.
//!
//! The private key is made of a seed in Secrets Manager, which CloudFormation generates; nobody
//! ever handles it. Clients read `customerId` and `publisherId` from the token as they do from
//! Cleeng's (`cleeng-api.md` §7).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::sha256;
use crate::domain::id::{CustomerId, PublisherId};
use crate::secrets::{SecretError, Secrets};
use crate::store::StoreError;
use crate::store::customer_token_keys::CustomerTokenKeys;

/// Who signs customer tokens.
const ISSUER: &str = "usher";
/// A customer token lives two weeks, as Cleeng's does (`cleeng-api.md` §7).
const LIFETIME: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Our own tokens have a sixth of this.
const MAX_TOKEN_BYTES: usize = 2048;
/// How long a public key is used before the table is asked for it again.
const FRESH: Duration = Duration::from_secs(3600);

/// Who a customer token speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bearer {
    /// The tenant.
    pub publisher_id: PublisherId,
    /// The customer.
    pub customer_id: CustomerId,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    bearer: Bearer,
}

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is not one of ours.
    #[error("invalid customer token")]
    Invalid,
    /// It was one of ours.
    #[error("expired customer token")]
    Expired,
    /// That cannot be told, or no token can be made, right now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seed cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The seed is not 32 bytes in hexadecimal digits.
    #[error("the seed of customer tokens is not 64 hexadecimal digits")]
    BadSeed,
}

/// Checks customer tokens with public keys alone.
#[derive(Debug)]
pub struct TokenVerifier {
    keys: CustomerTokenKeys,
    cache: Cache<String, String>,
    clock: Clock,
}

impl TokenVerifier {
    /// Checks the tokens of the stack.
    pub fn new(config: &Config) -> Self {
        Self {
            keys: CustomerTokenKeys::new(&config.table),
            cache: Cache::new(FRESH),
            clock: config.clock.clone(),
        }
    }

    /// Who a token speaks for.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], [`TokenError::Expired`], or [`TokenError::Store`] when its key is
    /// not in memory and cannot be read.
    pub async fn verify(&self, token: &str) -> Result<Bearer, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let public_key = self.public_key(kid).await?.ok_or(TokenError::Invalid)?;
        let key = DecodingKey::from_ed_components(&public_key).map_err(|_| TokenError::Invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.validate_exp = false; // below, by our own clock
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.exp <= self.clock.now().as_second() {
            return Err(TokenError::Expired);
        }
        Ok(claims.bearer)
    }

    async fn public_key(&self, kid: String) -> Result<Option<String>, StoreError> {
        if let Some(key) = self.cache.get(&kid) {
            return Ok(Some(key));
        }
        let key = self.keys.find(&kid).await?;
        if let Some(key) = &key {
            self.cache.put(kid, key.clone());
        }
        Ok(key)
    }
}

/// Makes customer tokens.
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

    /// A token that speaks for a customer for two weeks.
    ///
    /// # Errors
    /// [`TokenError`] when the seed cannot be had or the public key not be published.
    pub async fn issue(&self, bearer: Bearer) -> Result<String, TokenError> {
        let seed = self.secrets.customer_token_seed().await?;
        let key = self.signing_key(&seed).await?;
        let now = self.clock.now().as_second();
        let claims =
            Claims { iss: ISSUER.to_owned(), iat: now, exp: now + LIFETIME.as_secs(), bearer };
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
        self.keys.publish(&key.kid, &public_key).await?;
        let key = Arc::new(key);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&key));
        Ok(key)
    }
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
