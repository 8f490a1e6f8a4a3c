//! `GET /.well-known/jwks.json`: the keys that our customers' tokens are signed with, for who
//! checks them without us. A JWK set (RFC 7517, RFC 8037), in no envelope.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use serde_json::{Value, json};
use usher::respond::{Failure, json};
use usher::store::customer_token_keys::PublicKey;

use crate::MediaStore;

/// A key is published before the first token that it signs; for as long a copy may be older.
const MAX_AGE: &str = "public, max-age=300";

impl MediaStore {
    pub(crate) async fn public_keys(&self) -> Result<Response<Body>, Failure> {
        let keys = self.token_keys.all(self.clock.now()).await?;
        let keys: Vec<_> = keys.iter().map(described).collect();
        let mut answer = json(StatusCode::OK, &json!({ "keys": keys }));
        let max_age = HeaderValue::from_static(MAX_AGE);
        answer.headers_mut().insert(header::CACHE_CONTROL, max_age);
        Ok(answer)
    }
}

fn described(key: &PublicKey) -> Value {
    json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": key.kid,
        "x": key.x,
    })
}
