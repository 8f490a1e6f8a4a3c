//! The keys that an identity provider publishes.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use serde_json::Value;

use crate::published_keys::KeySet;

/// The keys that a provider signs with, each with its id where it has one.
#[derive(Debug, Default)]
pub(super) struct ProviderKeys(Vec<(String, DecodingKey)>);

impl ProviderKeys {
    /// The keys that a token may be signed with: the one of its id; all of them where it names none.
    pub(super) fn meant_by<'a>(&'a self, kid: &'a str) -> impl Iterator<Item = &'a DecodingKey> {
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
