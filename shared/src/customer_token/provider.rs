//! The tokens of publishers' own identity providers: JWTs that name their issuer and audience. By
//! these the publisher is found, whose settings say where the keys are and which claims name the
//! customer.

mod customers;
mod keys;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Map, Value, json};

use self::customers::{Named, ProviderCustomers};
use self::keys::ProviderKeys;
use super::{Bearer, TokenError};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::sha256;
use crate::domain::fact::later;
use crate::domain::id::PublisherId;
use crate::domain::publisher::IdentityProvider;
use crate::published_keys::PublishedKeys;
use crate::store::StoreError;
use crate::store::identity_providers::IdentityProviders;
use crate::store::publishers::Publishers;

/// What a provider may sign with. None of them has a shared secret, which whoever reads the settings
/// could sign with too.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// How far a provider's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// Of a longer list of audiences the first ones are looked at.
const MAX_AUDIENCES: usize = 5;
/// How long it is remembered whose an issuer is.
const FRESH: Duration = Duration::from_secs(60);

/// Checks the tokens of identity providers.
#[derive(Debug)]
pub(super) struct ProviderTokens {
    providers: IdentityProviders,
    publishers: Publishers,
    customers: ProviderCustomers,
    known_providers: Cache<String, PublisherId>,
    /// What strangers' tokens name has a cache of its own, which they may overfill.
    unknown_providers: Cache<String, ()>,
    published_keys: Mutex<HashMap<String, Arc<PublishedKeys<ProviderKeys>>>>,
    http: reqwest::Client,
    config: Config,
    clock: Clock,
}

impl ProviderTokens {
    pub(super) fn new(config: &Config, http: reqwest::Client) -> Self {
        Self {
            providers: IdentityProviders::new(&config.table),
            publishers: Publishers::new(&config.table),
            customers: ProviderCustomers::new(config),
            known_providers: Cache::new(FRESH),
            unknown_providers: Cache::new(FRESH),
            published_keys: Mutex::default(),
            http,
            config: config.clone(),
            clock: config.clock.clone(),
        }
    }

    /// Who a token speaks for. Who was never seen before is registered.
    pub(super) async fn verify(&self, token: &str) -> Result<Bearer, TokenError> {
        let told = jsonwebtoken::dangerous::insecure_decode_claims(token)
            .map_err(|_| TokenError::Invalid)?;
        let (publisher_id, provider) = self.provider_of(&told).await?.ok_or(TokenError::Invalid)?;
        let claims = self.signed_claims(token, &provider).await?;
        let now = self.clock.now();
        let moment = |name: &str| {
            let seconds = claims.get(name)?.as_f64()?;
            Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
        };
        if moment("exp").ok_or(TokenError::Invalid)? <= now {
            return Err(TokenError::Expired);
        }
        if moment("nbf").is_some_and(|begin| begin > later(now, SKEW)) {
            return Err(TokenError::Invalid);
        }
        // Without its date it could not be told whether it was revoked.
        let issued_at = moment("iat").ok_or(TokenError::Invalid)?;
        let named = Named::read(&claims, &provider).ok_or(TokenError::Invalid)?;
        let customer_id = self.customers.find(&publisher_id, named, issued_at).await?;
        let customer_id = customer_id.ok_or(TokenError::Invalid)?;
        Ok(Bearer { publisher_id, customer_id, issued_at })
    }

    /// The publisher whose provider a token says to be of, and how it is set.
    async fn provider_of(
        &self,
        told: &Map<String, Value>,
    ) -> Result<Option<(PublisherId, IdentityProvider)>, StoreError> {
        let Some(issuer) = told.get("iss").and_then(Value::as_str) else { return Ok(None) };
        let audiences = match told.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(audience)) => vec![audience.as_str()],
            _ => Vec::new(),
        };
        for audience in audiences.into_iter().take(MAX_AUDIENCES) {
            let Some(publisher) = self.publisher_of(issuer, audience).await? else { continue };
            let settings = self.publishers.find(&publisher).await?;
            let provider = settings.and_then(|known| known.settings.identity_provider.clone());
            // The settings may have changed since the issuer was noted.
            let is_current = |provider: &IdentityProvider| {
                provider.issuer == issuer && provider.audience == audience
            };
            if let Some(provider) = provider.filter(is_current) {
                return Ok(Some((publisher, provider)));
            }
        }
        Ok(None)
    }

    async fn publisher_of(
        &self,
        issuer: &str,
        audience: &str,
    ) -> Result<Option<PublisherId>, StoreError> {
        let named = sha256(&json!([issuer, audience]).to_string());
        if let Some(publisher) = self.known_providers.get(&named) {
            return Ok(Some(publisher));
        }
        if self.unknown_providers.get(&named).is_some() {
            return Ok(None);
        }
        let publisher = self.providers.publisher_of(issuer, audience).await?;
        match &publisher {
            Some(publisher) => self.known_providers.put(named, publisher.clone()),
            None => self.unknown_providers.put(named, ()),
        }
        Ok(publisher)
    }

    async fn signed_claims(
        &self,
        token: &str,
        provider: &IdentityProvider,
    ) -> Result<Map<String, Value>, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(TokenError::Invalid);
        }
        let kid = header.kid.unwrap_or_default();
        let keys = self.published(&provider.keys_url).with(&kid).await?;
        let keys = keys.ok_or_else(|| TokenError::NoKeys(provider.keys_url.clone()))?;
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&provider.issuer]);
        rules.set_audience(&[&provider.audience]);
        rules.set_required_spec_claims(&["iss", "aud", "exp"]);
        rules.validate_exp = false; // by our own clock
        let mut keys = keys.meant_by(&kid);
        let signed = keys.find_map(|key| jsonwebtoken::decode(token, key, &rules).ok());
        signed.map(|signed| signed.claims).ok_or(TokenError::Invalid)
    }

    fn published(&self, address: &str) -> Arc<PublishedKeys<ProviderKeys>> {
        let mut published = self.published_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = published.entry(address.to_owned()).or_insert_with(|| {
            let http = self.http.clone();
            Arc::new(PublishedKeys::of_identity_provider(&self.config, address, http))
        });
        Arc::clone(keys)
    }
}
