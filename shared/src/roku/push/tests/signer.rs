//! Signs as Roku does, and as others would, with keys that are made once for all tests.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::super::*;

pub(super) const KID: &str = "ROKU-PARTNER-SERVICE-2021-04-29";
pub(super) const NOW_SECONDS: i64 = 1_700_000_000;
/// Its base64 has `+`, `/` and padding, so that the alphabets differ.
pub(super) const MESSAGE: &str = concat!(
    r#"{"customerId":"2df58f54b4f7540ca3aa31ce8bec1fe7","transactionType":"Sale","#,
    r#""transactionId":"a","eventDate":"2022-07-11T19:50:18Z","productName":"???~~~"}"#,
);

pub(super) static ROKU: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
pub(super) static STRANGER: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(NOW_SECONDS).unwrap()
}

/// The modulus and the exponent of the DER `RSAPublicKey` of a 2048-bit key: two integers, 256
/// bytes behind a zero and 3 bytes, each behind its tag and length.
pub(super) fn modulus_and_exponent(key: &KeyPair) -> (&[u8], &[u8]) {
    let der = key.public_key().as_ref();
    assert_eq!((der.len(), &der[4..9]), (270, &[2, 0x82, 1, 1, 0][..]), "a 2048-bit key");
    (&der[9..265], &der[267..])
}

pub(super) fn jwk_of(key: &KeyPair) -> Value {
    let (n, e) = modulus_and_exponent(key);
    let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
    json!({"kty": "RSA", "alg": "RS256", "kid": KID, "n": n, "e": e})
}

pub(super) fn keys() -> PublicKeySet {
    PublicKeySet::parse(&json!({"keys": [jwk_of(&ROKU)]}).to_string()).unwrap()
}

pub(super) fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": KID})
}

pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "exp": NOW_SECONDS + 24 * 3600,
        "nbf": NOW_SECONDS - 3600,
        "x-Roku-message": URL_SAFE_NO_PAD.encode(MESSAGE),
        "x-Roku-message-encoding": "base64-utf8",
        "x-Roku-message-key": "1b3a2c",
        "x-Roku-message-type": NOTIFICATION,
    })
}

pub(super) fn with(mut fields: Value, name: &str, value: Value) -> Value {
    fields[name] = value;
    fields
}

pub(super) fn without(mut fields: Value, name: &str) -> Value {
    fields.as_object_mut().unwrap().remove(name).unwrap();
    fields
}

pub(super) fn signing_input(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

pub(super) fn signed_with(
    key: &KeyPair,
    algorithm: &'static dyn RsaEncoding,
    header: &Value,
    claims: &Value,
) -> String {
    let input = signing_input(header, claims);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(algorithm, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn signed(header: &Value, claims: &Value) -> String {
    signed_with(&ROKU, &RSA_PKCS1_SHA256, header, claims)
}
