//! The signature of a push, and what was signed (`roku-pay.md` §1).
//!
//! A push is a JWS in compact serialisation. Only RS256 by a key of the pinned set counts: whatever
//! the header says of other keys, addresses of keys or algorithms is refused, not followed.

use std::collections::HashMap;
use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use crate::digest::sha256;
use crate::domain::fact::Unreadable;
use crate::domain::notification::{self, Notification, text_of};

/// Who signs Roku's pushes.
pub const ISSUER: &str = "Roku, Inc. urn:roku:apps:partner-service.roku.com";
/// The message type of a Roku Pay notification.
pub const NOTIFICATION: &str = "roku.rpay.push";
/// The message type that says that Roku's keys have changed (`roku-pay.md` §1).
pub const INVALIDATE_PUBLIC_KEYS: &str = "roku.invalidate_public_keys";
/// How far Roku's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
/// Roku's page says base64url, its sample code reads the standard alphabet: both are read.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Why a push is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no JWS at all.
    #[error("not a JWS")]
    NotAJws,
    /// It is signed with another algorithm, or its header points at keys of its own.
    #[error("not signed with RS256 by a key that is named and nothing more")]
    ForbiddenHeader,
    /// No key of the set has its `kid`.
    #[error("signed with a key that is not in Roku's set")]
    UnknownKey,
    /// The signature does not fit, or the issuer is another.
    #[error("the signature or the issuer is wrong")]
    BadSignature,
    /// It is from the future.
    #[error("not valid yet")]
    NotYetValid,
}

/// A push before its signature is checked. Says which key it wants and nothing else.
pub struct UnverifiedPush<'a> {
    jws: &'a str,
    kid: String,
}

impl<'a> UnverifiedPush<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Refused::NotAJws`] or [`Refused::ForbiddenHeader`].
    pub fn parse(body: &'a str) -> Result<Self, Refused> {
        let jws = body.trim();
        let header = jsonwebtoken::decode_header(jws).map_err(|_| Refused::NotAJws)?;
        if !is_plain_rs256(&header) {
            return Err(Refused::ForbiddenHeader);
        }
        let kid = header.kid.filter(|kid| !kid.is_empty()).ok_or(Refused::ForbiddenHeader)?;
        Ok(Self { jws, kid })
    }

    /// The key that it says it is signed with.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Checks the signature, the issuer and the beginning of validity. The end is not enforced: an
    /// old authentic fact is still true, and Roku retries for longer than its tokens live.
    ///
    /// # Errors
    /// [`Refused`] says which check failed.
    pub fn verify(&self, keys: &PublicKeySet, now: Timestamp) -> Result<VerifiedPush, Refused> {
        let key = keys.by_kid.get(&self.kid).ok_or(Refused::UnknownKey)?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["iss"]);
        rules.validate_exp = false;
        rules.validate_aud = false;
        let token = jsonwebtoken::decode::<Claims>(self.jws, key, &rules)
            .map_err(|_| Refused::BadSignature)?;
        let claims = token.claims;
        let nbf = claims.nbf.as_ref().and_then(Value::as_f64);
        let begins_after = |limit: Timestamp| nbf.is_some_and(|nbf| nbf > seconds(limit));
        if begins_after(now.checked_add(SKEW).unwrap_or(Timestamp::MAX)) {
            return Err(Refused::NotYetValid);
        }
        Ok(claims.into_push())
    }
}

impl fmt::Debug for UnverifiedPush<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedPush").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn is_plain_rs256(header: &Header) -> bool {
    let points_at_keys = header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.crit.is_some();
    header.alg == Algorithm::RS256 && !points_at_keys
}

#[expect(clippy::cast_precision_loss, reason = "JWT times are far below 2^53")]
fn seconds(time: Timestamp) -> f64 {
    time.as_second() as f64
}

/// The claims of a push, each of any form: only the signature decides what is refused.
#[derive(Deserialize)]
struct Claims {
    nbf: Option<Value>,
    exp: Option<Value>,
    #[serde(rename = "x-Roku-message")]
    message: Option<Value>,
    #[serde(rename = "x-Roku-message-key")]
    key: Option<Value>,
    #[serde(rename = "x-Roku-message-type")]
    kind: Option<Value>,
}

impl Claims {
    fn into_push(self) -> VerifiedPush {
        let message = match self.message {
            Some(Value::String(encoded)) => decode(&encoded).unwrap_or(encoded),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        VerifiedPush {
            // A message without a key is its own key.
            key: self.key.as_ref().and_then(text_of).unwrap_or_else(|| sha256(&message)),
            kind: self.kind.as_ref().and_then(text_of).unwrap_or_default(),
            token_expires_at: self.exp.and_then(|exp| Timestamp::from_second(exp.as_i64()?).ok()),
            message,
        }
    }
}

fn decode(encoded: &str) -> Option<String> {
    let encoded: String = encoded.split_ascii_whitespace().collect();
    let bytes = URL_SAFE.decode(&encoded).or_else(|_| STANDARD.decode(&encoded)).ok()?;
    String::from_utf8(bytes).ok()
}

/// A push that Roku signed.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct VerifiedPush {
    /// Roku's `x-Roku-message-key`.
    pub key: String,
    /// Roku's `x-Roku-message-type`.
    pub kind: String,
    /// When the token expired or will: recorded, not enforced.
    pub token_expires_at: Option<Timestamp>,
    /// What Roku says: JSON, or the free text of the dashboard's test.
    pub message: String,
}

impl VerifiedPush {
    /// A decoded notification that an operator vouches for: from a file of pushes that were received
    /// before. Nothing that comes over the network may be taken this way.
    pub fn vouched_for(message_key: Option<&str>, message: String) -> Self {
        Self {
            key: message_key.map_or_else(|| sha256(&message), str::to_owned),
            kind: NOTIFICATION.to_owned(),
            token_expires_at: None,
            message,
        }
    }

    /// Reads the notification in it.
    ///
    /// # Errors
    /// [`Unreadable`] when it is something else.
    pub fn notification(&self) -> Result<Notification, Unreadable> {
        let notification = Notification::read(&self.key, &self.message)?;
        Ok(notification.in_token_until(self.token_expires_at))
    }

    /// What Roku expects to find in the body of our answer, whether or not the rest can be read.
    pub fn response_key(&self) -> Option<String> {
        notification::impersonal(&self.message)?.get("responseKey").and_then(text_of)
    }

    /// The message as it may be kept, without personal data.
    pub fn impersonal_message(&self) -> String {
        notification::impersonal_text(&self.message)
    }
}

impl fmt::Debug for VerifiedPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("VerifiedPush");
        shown.field("key", &self.key).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The keys that pushes may be signed with.
#[derive(Debug, Default)]
pub struct PublicKeySet {
    by_kid: HashMap<String, DecodingKey>,
}

impl PublicKeySet {
    /// Reads a JWK set. A key that cannot be used is left out and does not sink the set: Roku's own
    /// sample holds one (`roku-pay.md` §10.1). None when this is no set.
    pub fn parse(jwks: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        #[derive(Deserialize)]
        struct RsaKey {
            kid: String,
            kty: String,
            n: String,
            e: String,
        }
        let set: Set = serde_json::from_str(jwks).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| {
            let key: RsaKey = serde_json::from_value(key).ok()?;
            let part = |text: &str| URL_SAFE.decode(text).or_else(|_| STANDARD.decode(text)).ok();
            let (n, e) = (part(&key.n)?, part(&key.e)?);
            let usable = key.kty == "RSA" && e.last().is_some_and(|low| low % 2 == 1);
            usable.then(|| (key.kid, DecodingKey::from_rsa_raw_components(&n, &e)))
        });
        Some(Self { by_kid: keys.collect() })
    }

    /// Whether there is no usable key in the set.
    pub fn is_empty(&self) -> bool {
        self.by_kid.is_empty()
    }

    /// Whether the set has a key of this id.
    pub fn has(&self, kid: &str) -> bool {
        self.by_kid.contains_key(kid)
    }
}

#[cfg(test)]
mod tests;
