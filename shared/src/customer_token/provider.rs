//! The tokens of publishers' own identity providers: JWTs that name their issuer and audience. By
//! these the publisher is found, whose settings say where the keys are and which claims name the
//! customer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

use super::{Bearer, TokenError};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::digest::sha256;
use crate::domain::customer::{MAX_TEXT_BYTES, Profile};
use crate::domain::email::Email;
use crate::domain::fact::later;
use crate::domain::id::{CustomerId, PublisherId};
use crate::domain::publisher::IdentityProvider;
use crate::published_keys::{KeySet, PublishedKeys};
use crate::store::StoreError;
use crate::store::customers::{Customers, Registered};
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
/// How long it is remembered whose an issuer is, and who a customer.
const FRESH: Duration = Duration::from_secs(60);

/// Checks the tokens of identity providers.
#[derive(Debug)]
pub(super) struct ProviderTokens {
    providers: IdentityProviders,
    publishers: Publishers,
    customers: Customers,
    known_providers: Cache<String, PublisherId>,
    /// What strangers' tokens name has a cache of its own, which they may overfill.
    unknown_providers: Cache<String, ()>,
    known_customers: Cache<(PublisherId, String), CustomerId>,
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
            customers: Customers::new(&config.table),
            known_providers: Cache::new(FRESH),
            unknown_providers: Cache::new(FRESH),
            known_customers: Cache::new(FRESH),
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
        let customer_id = self.customer(&publisher_id, named, issued_at).await?;
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
        let kid = header.kid.unwrap_or_default();
        let keys = self.published(&provider.keys_url).with(&kid).await?;
        let keys = keys.ok_or_else(|| TokenError::NoKeys(provider.keys_url.clone()))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(TokenError::Invalid);
        }
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

    /// The customer of this name, registered if need be; none where too little is known to.
    async fn customer(
        &self,
        publisher: &PublisherId,
        named: Named,
        issued_at: Timestamp,
    ) -> Result<Option<CustomerId>, StoreError> {
        let Some(name) = named.name() else { return Ok(None) };
        let name = (publisher.clone(), name);
        if let Some(customer) = self.known_customers.get(&name) {
            return Ok(Some(customer));
        }
        let customer = self.find_or_register(publisher, named, issued_at).await?;
        if let Some(customer) = &customer {
            self.known_customers.put(name, customer.clone());
        }
        Ok(customer)
    }

    async fn find_or_register(
        &self,
        publisher: &PublisherId,
        named: Named,
        issued_at: Timestamp,
    ) -> Result<Option<CustomerId>, StoreError> {
        if let Some(external_id) = &named.external_id
            && let Some(customer) =
                self.customers.find_by_external_id(publisher, external_id).await?
        {
            return Ok(Some(customer));
        }
        let Some(email) = &named.email else { return Ok(None) };
        if let Some(customer) = self.customers.find(publisher, email).await? {
            // Who has another id of the publisher's is somebody else, whose address this once was.
            let is_theirs = match &named.external_id {
                None => true,
                Some(id) => self.customers.name_externally(publisher, &customer, id).await?,
            };
            return Ok(Some(customer).filter(|_| is_theirs));
        }
        let erased_at = self.customers.erased_at(publisher, email).await?;
        if erased_at.is_some_and(|erased_at| issued_at <= erased_at) {
            return Ok(None); // a token of before does not bring back who was forgotten
        }
        let profile = Profile { external_id: named.external_id, ..Profile::default() };
        let now = self.clock.now();
        match self.customers.register(publisher, email, &profile, now).await? {
            Registered::New(customer) | Registered::Exists(customer) => Ok(Some(customer)),
        }
    }
}

/// How a token names a customer: by one of the two at least.
struct Named {
    external_id: Option<String>,
    email: Option<Email>,
}

impl Named {
    fn read(claims: &Map<String, Value>, provider: &IdentityProvider) -> Option<Self> {
        let external_id = provider.customer_id_claim.as_ref().and_then(|name| claims.get(name));
        let external_id = match external_id {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let external_id = external_id.filter(|id| !id.is_empty() && id.len() <= MAX_TEXT_BYTES);
        // Whoever signs up with somebody else's address is not that somebody. A claim with a namespace
        // has its word for it in the same one.
        let words = ["email_verified".to_owned(), format!("{}_verified", provider.email_claim)];
        let is_verified = words.iter().filter_map(|word| claims.get(word)).all(is_true);
        let email = claims.get(&provider.email_claim).and_then(Value::as_str);
        let email = email.filter(|_| is_verified).and_then(|text| Email::parse(text).ok());
        (external_id.is_some() || email.is_some()).then_some(Self { external_id, email })
    }

    fn name(&self) -> Option<String> {
        use secrecy::ExposeSecret;
        let email = || Some(format!("email {}", self.email.as_ref()?.expose_secret()));
        self.external_id.as_ref().map(|id| format!("id {id}")).or_else(email)
    }
}

fn is_true(claim: &Value) -> bool {
    *claim == Value::Bool(true) || claim.as_str() == Some("true")
}

/// The keys that a provider signs with, each with its id where it has one.
#[derive(Debug, Default)]
struct ProviderKeys(Vec<(String, DecodingKey)>);

impl ProviderKeys {
    /// The keys that a token may be signed with: the one of its id; all of them where it names none.
    fn meant_by<'a>(&'a self, kid: &'a str) -> impl Iterator<Item = &'a DecodingKey> {
        let is_meant = move |own: &str| kid.is_empty() || own == kid;
        self.0.iter().filter(move |(own, _)| is_meant(own)).map(|(_, key)| key)
    }
}

impl KeySet for ProviderKeys {
    fn parse(jwks: &str) -> Option<Self> {
        let set: Value = serde_json::from_str(jwks).ok()?;
        let keys = set.get("keys")?.as_array()?;
        let usable = keys.iter().filter_map(|key| {
            let key: Jwk = serde_json::from_value(key.clone()).ok()?;
            let signs = key.common.public_key_use != Some(PublicKeyUse::Encryption);
            let is_public = !matches!(key.algorithm, AlgorithmParameters::OctetKey(_));
            let usable = DecodingKey::from_jwk(&key).ok().filter(|_| signs && is_public)?;
            Some((key.common.key_id.unwrap_or_default(), usable))
        });
        Some(Self(usable.collect()))
    }

    fn has(&self, kid: &str) -> bool {
        self.meant_by(kid).next().is_some()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
