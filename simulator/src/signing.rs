//! Roku's signing key, its key set, and the claims around a message.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::message::MessageType;

/// Who signs Roku's pushes.
const ISSUER: &str = "Roku, Inc. urn:roku:apps:partner-service.roku.com";

/// An RSA key that signs as Roku's do: RS256 with 2048 bits.
pub struct SigningKey {
    kid: String,
    pair: KeyPair,
    public: Value,
}

/// A signing key as it is written down: its private half.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredKey {
    kid: String,
    /// Base64url.
    pkcs8: String,
}

/// What was written down is no RSA key.
#[derive(Debug, thiserror::Error)]
#[error("a signing key is no PKCS #8 key of RSA in base64url")]
pub(crate) struct InvalidKey;

/// What a push claims. The fields are public, so that a test can make a wrong one and sign it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The end of validity: a day after the push was made.
    pub exp: i64,
    /// The beginning of validity: an hour before the push was made.
    pub nbf: i64,
    /// The message: base64 of UTF-8.
    #[serde(rename = "x-Roku-message")]
    pub message: String,
    /// `base64-utf8`.
    #[serde(rename = "x-Roku-message-encoding")]
    pub encoding: String,
    /// The same when the same message is sent again.
    #[serde(rename = "x-Roku-message-key")]
    pub key: String,
    /// `roku.rpay.push`.
    #[serde(rename = "x-Roku-message-type")]
    pub kind: String,
}

impl Claims {
    /// The claims around a message that is pushed at `now` for the first or another time.
    pub fn new(key: &str, message: &str, now: Timestamp) -> Self {
        let seconds = |offset| now.checked_add(offset).unwrap_or(now).as_second();
        Self {
            iss: ISSUER.to_owned(),
            exp: seconds(SignedDuration::from_hours(24)),
            nbf: seconds(SignedDuration::from_hours(-1)),
            message: URL_SAFE_NO_PAD.encode(message),
            encoding: "base64-utf8".to_owned(),
            key: key.to_owned(),
            kind: MessageType::Push.name().to_owned(),
        }
    }
}

impl SigningKey {
    /// A new key of a random name.
    #[expect(clippy::expect_used, reason = "generating a key needs nothing that could be missing")]
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a 2048-bit RSA key");
        Self::named(format!("ROKU-PARTNER-SERVICE-TEST-{}", Uuid::new_v4().simple()), pair)
    }

    fn named(kid: String, pair: KeyPair) -> Self {
        let public = pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        // Exactly these members: Roku's own sample code knows no others.
        let public = json!({
            "kty": "RSA",
            "alg": "RS256",
            "kid": kid,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        });
        Self { kid, pair, public }
    }

    /// The name of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key set that Roku would publish with this key in it.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.public] })
    }

    #[expect(clippy::expect_used, reason = "every key that signs can be written down")]
    pub(crate) fn to_stored(&self) -> StoredKey {
        let pkcs8: Pkcs8V1Der<'_> = self.pair.as_der().expect("a key in DER");
        StoredKey { kid: self.kid.clone(), pkcs8: URL_SAFE_NO_PAD.encode(pkcs8.as_ref()) }
    }

    pub(crate) fn from_stored(stored: StoredKey) -> Result<Self, InvalidKey> {
        let pkcs8 = URL_SAFE_NO_PAD.decode(stored.pkcs8).map_err(|_| InvalidKey)?;
        let pair = KeyPair::from_pkcs8(&pkcs8).map_err(|_| InvalidKey)?;
        Ok(Self::named(stored.kid, pair))
    }

    /// What a key set says of this key.
    pub(crate) fn jwk(&self) -> &Value {
        &self.public
    }

    /// Signs claims as Roku does: a JWS in compact serialisation.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": self.kid });
        self.sign_under(&header, claims)
    }

    /// Signs claims under a header of the caller's, which may say anything.
    #[expect(clippy::expect_used, reason = "the key is sound and claims are plain values")]
    pub fn sign_under(&self, header: &Value, claims: &impl Serialize) -> String {
        let claims = serde_json::to_vec(claims).expect("claims are JSON");
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(&claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        let done = self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature);
        done.expect("a signature");
        format!("{signed}.{}", encode(&signature))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
