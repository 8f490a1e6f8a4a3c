//! A publisher's own identity provider: it publishes its keys and signs tokens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher::domain::publisher::IdentityProvider as Settings;
use uuid::Uuid;

/// What it signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA.
    Rs256,
    /// The curve P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// An identity provider.
pub struct IdentityProvider {
    /// How a publisher's settings name it.
    pub settings: Settings,
    key: Mutex<Key>,
    fetches: AtomicUsize,
}

struct Key {
    kid: String,
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl IdentityProvider {
    /// Starts one on a free port.
    pub async fn start(algorithm: Algorithm) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Arc::new(Self {
            settings: Settings {
                issuer: format!("{url}/"),
                audience: "tv-apps".to_owned(),
                keys_url: format!("{url}/jwks.json"),
                email_claim: "email".to_owned(),
                customer_id_claim: None,
            },
            key: Mutex::new(Key::generate(algorithm)),
            fetches: AtomicUsize::default(),
        });
        let router = Router::new().route("/jwks.json", get(keys));
        let router = router.with_state(Arc::clone(&provider));
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// Signs with another key from now on, and publishes that one alone.
    pub fn rotate_key(&self) {
        let mut key = self.key.lock().unwrap();
        *key = Key::generate(key.algorithm);
    }

    /// How often its keys were fetched.
    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Signs any claims.
    pub fn sign(&self, claims: &Value) -> String {
        let key = self.key.lock().unwrap();
        let header = json!({ "alg": key.algorithm.name(), "typ": "JWT", "kid": key.kid });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = key.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl Key {
    fn generate(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::Rs256 => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            Algorithm::Es256 => {
                Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
            }
            Algorithm::EdDsa => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
        };
        Self { kid: Uuid::new_v4().to_string(), algorithm, pair }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = text(public.modulus().big_endian_without_leading_zero());
                let e = text(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": n, "e": e })
            }
            Pair::Ec(pair) => {
                // 4, then x and y of 32 bytes each.
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
        };
        jwk["kid"] = self.kid.clone().into();
        jwk["use"] = "sig".into();
        jwk
    }
}

impl Pair {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

async fn keys(State(provider): State<Arc<IdentityProvider>>) -> String {
    provider.fetches.fetch_add(1, Ordering::SeqCst);
    let key = provider.key.lock().unwrap().jwk();
    json!({ "keys": [{ "kty": "unknown" }, key] }).to_string()
}
