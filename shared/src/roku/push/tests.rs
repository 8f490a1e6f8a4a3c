//! Each test signs what Roku, or somebody else, might send, and reads it.

mod signer;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512};
use base64::engine::general_purpose::{self, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

use self::signer::*;
use super::*;

fn read(jws: &str) -> Result<VerifiedPush, Refused> {
    UnverifiedPush::parse(jws)?.verify(&keys(), now())
}

fn read_claims(claims: &Value) -> Result<VerifiedPush, Refused> {
    read(&signed(&header(), claims))
}

#[test]
fn what_roku_signed_is_believed() {
    let jws = signed(&header(), &claims());
    assert_eq!(UnverifiedPush::parse(&jws).unwrap().kid(), KID);
    let push = read(&format!("\n {jws} \r\n")).unwrap();
    assert_eq!((push.key.as_str(), push.kind.as_str()), ("1b3a2c", NOTIFICATION));
    assert_eq!(push.message, MESSAGE);
    let sale = push.notification().unwrap();
    assert_eq!((sale.message_key.as_str(), sale.transaction_type.as_str()), ("1b3a2c", "Sale"));
}

#[test]
fn a_message_is_read_in_either_alphabet_padded_or_not() {
    let standard = general_purpose::STANDARD.encode(MESSAGE);
    assert!(standard.contains('+') && standard.contains('/') && standard.ends_with('='));
    for encoded in [
        STANDARD_NO_PAD.encode(MESSAGE),
        URL_SAFE_NO_PAD.encode(MESSAGE),
        general_purpose::URL_SAFE.encode(MESSAGE),
        standard,
    ] {
        let push = read_claims(&with(claims(), "x-Roku-message", encoded.clone().into()));
        assert_eq!(push.unwrap().message, MESSAGE, "{encoded}");
    }
}

#[test]
fn an_expired_push_is_still_true() {
    let expired = NOW_SECONDS - 40 * 24 * 3600;
    for (exp, kept) in [(json!(expired), Some(-40)), (json!(null), None)] {
        let push = read_claims(&with(claims(), "exp", exp)).unwrap();
        let days = push.token_expires_at.map(|exp| exp.duration_since(now()).as_hours() / 24);
        assert_eq!(days, kept);
    }
}

#[test]
fn a_push_may_be_from_five_minutes_ahead_and_no_further() {
    for (nbf, then) in [
        (json!(NOW_SECONDS + 4 * 60), None),
        (json!(NOW_SECONDS + 5 * 60), None),
        (json!(NOW_SECONDS + 5 * 60 + 1), Some(Refused::NotYetValid)),
        (json!(NOW_SECONDS + 6 * 60), Some(Refused::NotYetValid)),
        (json!(null), None),
    ] {
        assert_eq!(read_claims(&with(claims(), "nbf", nbf.clone())).err(), then, "{nbf}");
    }
}

#[test]
fn another_issuer_is_not_roku() {
    for claims in [
        with(claims(), "iss", "Roku, Inc.".into()),
        with(claims(), "iss", ISSUER.to_lowercase().into()),
        with(claims(), "iss", Value::Null),
        without(claims(), "iss"),
    ] {
        assert_eq!(read_claims(&claims), Err(Refused::BadSignature), "{}", claims["iss"]);
    }
}

#[test]
fn a_signature_covers_every_part_and_is_rokus() {
    let jws = signed(&header(), &claims());
    let signature = jws.rsplit('.').next().unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[17] ^= 1;
    let other_claims = with(claims(), "x-Roku-message-key", "another".into());
    let other_header = with(header(), "cty", "JWT".into());
    for (forged, why) in [
        (jws.replace(signature, &URL_SAFE_NO_PAD.encode(flipped)), "a flipped bit"),
        (format!("{}.{signature}", signing_input(&header(), &other_claims)), "other claims"),
        (format!("{}.{signature}", signing_input(&other_header, &claims())), "another header"),
        (signed_with(&STRANGER, &RSA_PKCS1_SHA256, &header(), &claims()), "another key"),
        (signed_with(&ROKU, &RSA_PKCS1_SHA512, &header(), &claims()), "another digest"),
        (format!("{}.", signing_input(&header(), &claims())), "no signature"),
    ] {
        assert_eq!(read(&forged), Err(Refused::BadSignature), "{why}");
    }
}

#[test]
fn a_key_that_is_not_in_the_set_is_unknown() {
    let jws = signed(&with(header(), "kid", "ROKU-PARTNER-SERVICE-2099-01-01".into()), &claims());
    assert_eq!(read(&jws), Err(Refused::UnknownKey));
    let push = UnverifiedPush::parse(&jws).unwrap();
    assert_eq!(push.verify(&PublicKeySet::default(), now()), Err(Refused::UnknownKey));
}

#[test]
fn a_header_that_points_at_keys_or_names_none_is_refused_not_followed() {
    let jwk = jwk_of(&STRANGER);
    for header in [
        with(header(), "jku", "https://example.com/keys.json".into()),
        with(header(), "x5u", "https://example.com/chain.pem".into()),
        with(header(), "x5c", json!(["MIIB"])),
        with(header(), "jwk", jwk),
        with(header(), "crit", json!(["b64"])),
        with(header(), "kid", "".into()),
        without(header(), "kid"),
    ] {
        for key in [&ROKU, &STRANGER] {
            let jws = signed_with(key, &RSA_PKCS1_SHA256, &header, &claims());
            assert_eq!(read(&jws), Err(Refused::ForbiddenHeader), "{header}");
        }
    }
}

#[test]
fn no_algorithm_but_rs256_counts() {
    let named = |algorithm: &str| with(header(), "alg", algorithm.into());
    let (modulus, _) = modulus_and_exponent(&ROKU);
    let input = signing_input(&named("HS256"), &claims());
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, modulus), input.as_bytes());
    let mac = URL_SAFE_NO_PAD.encode(mac);
    let unsigned = signing_input(&named("none"), &claims());
    for (jws, then) in [
        (format!("{input}.{mac}"), Refused::ForbiddenHeader),
        (
            signed_with(&ROKU, &RSA_PKCS1_SHA512, &named("RS512"), &claims()),
            Refused::ForbiddenHeader,
        ),
        (signed(&named("PS256"), &claims()), Refused::ForbiddenHeader),
        // No algorithm that JWS knows makes no JWS.
        (format!("{unsigned}."), Refused::NotAJws),
        (signed(&named("none"), &claims()), Refused::NotAJws),
    ] {
        assert_eq!(read(&jws), Err(then), "{jws}");
    }
}

#[test]
fn what_is_no_jws_is_refused() {
    let jws = signed(&header(), &claims());
    let long = "A".repeat(1 << 20);
    for body in [
        "",
        " ",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "{}",
        "hello",
        "é.é.é",
        &long,
        &format!("..{long}"),
        &format!("{jws}.{jws}"),
        MESSAGE,
        &jws[1..],
    ] {
        assert_eq!(read(body), Err(Refused::NotAJws), "{body:.40}");
    }
}

#[test]
fn a_key_that_cannot_be_used_does_not_sink_the_set() {
    let unusable = |name: &str, value: Value| {
        let key = with(jwk_of(&STRANGER), "kid", format!("bad {name}").into());
        with(key, name, value)
    };
    let bad = [
        unusable("e", "AQAC".into()), // 65538, even, as in Roku's own sample
        unusable("e", "***".into()),
        unusable("n", Value::Null),
        unusable("kty", "EC".into()),
        json!({"kty": "RSA"}),
        json!("a key"),
        json!({"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"}),
    ];
    let keys = [&bad[..], &[jwk_of(&ROKU)]].concat();
    let set = json!({"keys": keys, "extra": 1}).to_string();
    let set = PublicKeySet::parse(&set).unwrap();
    assert!(set.has(KID));
    for kid in ["bad e", "bad n", "bad kty", "curve"] {
        assert!(!set.has(kid), "{kid}");
    }
    let jws = signed(&header(), &claims());
    assert!(UnverifiedPush::parse(&jws).unwrap().verify(&set, now()).is_ok());
}

#[test]
fn what_is_no_set_of_keys_is_none() {
    for text in ["", "[]", "{}", r#"{"keys": 1}"#, "<html>"] {
        assert!(PublicKeySet::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_message_without_a_key_is_its_own_key() {
    let key_of = |message: &str, exp: i64| {
        let claims = with(claims(), "x-Roku-message", URL_SAFE_NO_PAD.encode(message).into());
        let claims = with(without(claims, "x-Roku-message-key"), "exp", exp.into());
        read_claims(&claims).unwrap().key
    };
    assert_eq!(key_of(MESSAGE, 1), key_of(MESSAGE, 2), "signed again, the same message");
    assert_ne!(key_of(MESSAGE, 1), key_of("{}", 1));
}

#[test]
fn the_free_text_of_the_dashboards_test_is_believed_and_unreadable() {
    let plain = json!("hello, is this thing on?");
    let encoded = json!(URL_SAFE_NO_PAD.encode("hello, is this thing on?"));
    for message in [plain, encoded] {
        let push = read_claims(&with(claims(), "x-Roku-message", message)).unwrap();
        assert_eq!(push.message, "hello, is this thing on?");
        assert_eq!(push.notification(), Err(Unreadable::NotAnObject));
    }
    let empty = read_claims(&without(claims(), "x-Roku-message")).unwrap();
    assert_eq!(empty.notification(), Err(Unreadable::NotAnObject));
}

#[test]
fn a_claim_of_an_odd_form_does_not_make_what_roku_signed_a_forgery() {
    for (name, value) in [
        ("exp", json!("soon")),
        ("nbf", json!("soon")),
        ("x-Roku-message-key", json!(7)),
        ("x-Roku-message-type", json!({})),
    ] {
        let push = read_claims(&with(claims(), name, value.clone()));
        assert!(push.is_ok(), "{name} {value}: {push:?}");
    }
}

#[test]
fn what_is_kept_of_a_push_that_cannot_be_read_holds_no_personal_data() {
    let message = r#"{"email":"ann@example.com","eventDate":"soon","responseKey":"r"}"#;
    let encoded = URL_SAFE_NO_PAD.encode(message);
    let push = read_claims(&with(claims(), "x-Roku-message", encoded.into())).unwrap();
    assert_eq!(push.notification(), Err(Unreadable::Missing("transactionType")));
    assert_eq!(push.impersonal_message(), r#"{"eventDate":"soon","responseKey":"r"}"#);
    assert_eq!(push.response_key().as_deref(), Some("r"));
}
