//! Checks tokens, with public keys alone.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::provider::ProviderTokens;
use super::{Bearer, Claims, Kind, TokenError};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::publisher::ISSUER;
use crate::store::StoreError;
use crate::store::customer_token_keys::CustomerTokenKeys;
use crate::store::token_extensions::TokenExtensions;

/// Our own tokens have some 350 bytes, those of identity providers up to a few thousand.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How long a public key is used before the table is asked for it again.
const FRESH: Duration = Duration::from_secs(3600);

/// Checks customers' tokens.
#[derive(Debug)]
pub struct TokenVerifier {
    keys: CustomerTokenKeys,
    known_keys: Cache<String, String>,
    extensions: TokenExtensions,
    provider_tokens: ProviderTokens,
    clock: Clock,
}

impl TokenVerifier {
    /// Checks the tokens of the stack and of its publishers' identity providers, whose keys are
    /// fetched with `http`.
    pub fn new(config: &Config, http: reqwest::Client) -> Self {
        Self {
            keys: CustomerTokenKeys::new(&config.table),
            known_keys: Cache::new(FRESH),
            extensions: TokenExtensions::new(&config.table),
            provider_tokens: ProviderTokens::new(config, http),
            clock: config.clock.clone(),
        }
    }

    /// Who a token speaks for. Whether it was revoked is to be seen from the customer.
    ///
    /// # Errors
    /// [`TokenError`]: `Invalid`, `Expired`, or what keeps us from telling.
    pub async fn verify(&self, token: &str) -> Result<Bearer, TokenError> {
        #[derive(Deserialize)]
        struct Issuer {
            iss: String,
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let told: Result<Issuer, _> = jsonwebtoken::dangerous::insecure_decode_claims(token);
        let issuer = told.map_err(|_| TokenError::Invalid)?.iss;
        if issuer != ISSUER {
            return self.provider_tokens.verify(token).await;
        }
        let claims = self.signed_by_us(token).await?;
        let is_over = |end: i64| end <= self.clock.now().as_second();
        if is_over(claims.exp) {
            let extended = self.extensions.of(token).await?;
            if extended.is_none_or(|until| is_over(until.as_second())) {
                return Err(TokenError::Expired);
            }
        }
        Ok(claims.bearer())
    }

    /// Lets one of our customer tokens live longer. Says whether it may live so long.
    ///
    /// # Errors
    /// As [`Self::verify`]; `Invalid` for the JWT of a session and the token of an identity provider.
    pub async fn extend(&self, token: &str, longer: SignedDuration) -> Result<bool, TokenError> {
        let Claims { iat, exp: expires_at, .. } = self.signed_by_us(token).await?;
        if expires_at - iat != Kind::CustomerToken.lifetime().as_secs() {
            return Err(TokenError::Invalid); // a session is gone on with by its refresh token
        }
        let expires_at = Timestamp::from_second(expires_at).map_err(|_| TokenError::Invalid)?;
        Ok(self.extensions.extend(token, expires_at, longer).await?)
    }

    async fn signed_by_us(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let public_key = self.public_key(kid).await?.ok_or(TokenError::Invalid)?;
        let key = DecodingKey::from_ed_components(&public_key).map_err(|_| TokenError::Invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.validate_exp = false; // by our own clock, and it may have been extended
        let token = jsonwebtoken::decode(token, &key, &rules).map_err(|_| TokenError::Invalid)?;
        Ok(token.claims)
    }

    async fn public_key(&self, kid: String) -> Result<Option<String>, StoreError> {
        if let Some(key) = self.known_keys.get(&kid) {
            return Ok(Some(key));
        }
        let key = self.keys.find(&kid).await?;
        if let Some(key) = &key {
            self.known_keys.put(kid, key.clone());
        }
        Ok(key)
    }
}

impl Claims {
    fn bearer(self) -> Bearer {
        Bearer {
            publisher_id: self.publisher_id,
            customer_id: self.customer_id,
            issued_at: Timestamp::from_second(self.iat).unwrap_or(Timestamp::MIN),
        }
    }
}
