//! A Secrets Manager for one machine, in memory: reads a secret, makes one, gives one a new value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Secrets by name.
pub(crate) type Secrets = HashMap<String, SecretString>;

/// What the calls say: `GetSecretValue` and `PutSecretValue` a `SecretId`, `CreateSecret` a `Name`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(alias = "SecretId")]
    name: String,
    secret_string: Option<SecretText>,
    /// The SDK makes one for each write. AWS makes it the version's id.
    client_request_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(from = "String")]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

/// What is kept. A secret may be made without a value.
type Kept = HashMap<String, Option<SecretString>>;

/// An error of AWS: its code and its text.
type Refusal = (&'static str, &'static str);

/// What AWS says of a secret without a value, too.
const NOT_FOUND: Refusal = ("ResourceNotFoundException", "there is no such secret");

/// Serves secrets.
pub(crate) fn start(listener: TcpListener, secrets: Secrets) {
    let kept: Kept = secrets.into_iter().map(|(name, secret)| (name, Some(secret))).collect();
    let router = Router::new().route("/", post(answer)).with_state(Arc::new(Mutex::new(kept)));
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn answer(
    State(kept): State<Arc<Mutex<Kept>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("secretsmanager."));
    let Ok(request) = serde_json::from_str::<Request>(&body) else {
        return refuse(("InvalidRequestException", "a secret must be named"));
    };
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = match operation {
        Some("GetSecretValue") => get(&kept, &request),
        Some("PutSecretValue") => put(&mut kept, request),
        Some("CreateSecret") => create(&mut kept, request),
        _ => Err(("InvalidRequestException", "that is not served here")),
    };
    answer.map_or_else(refuse, |body| reply(StatusCode::OK, &body))
}

fn get(kept: &Kept, request: &Request) -> Result<Value, Refusal> {
    let secret = kept.get(&request.name).and_then(Option::as_ref).ok_or(NOT_FOUND)?;
    Ok(json!({ "Name": request.name, "SecretString": secret.expose_secret() }))
}

fn put(kept: &mut Kept, request: Request) -> Result<Value, Refusal> {
    if !kept.contains_key(&request.name) {
        return Err(NOT_FOUND);
    }
    if request.secret_string.is_none() {
        return Err(("InvalidRequestException", "SecretString is missing"));
    }
    Ok(keep(kept, request))
}

fn create(kept: &mut Kept, request: Request) -> Result<Value, Refusal> {
    if kept.contains_key(&request.name) {
        return Err(("ResourceExistsException", "there is such a secret already"));
    }
    Ok(keep(kept, request))
}

fn keep(kept: &mut Kept, request: Request) -> Value {
    let answer = json!({ "Name": request.name, "VersionId": request.client_request_token });
    kept.insert(request.name, request.secret_string.map(|SecretText(secret)| secret));
    answer
}

fn refuse((code, message): Refusal) -> Response {
    reply(StatusCode::BAD_REQUEST, &json!({ "__type": code, "message": message }))
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let content_type = (header::CONTENT_TYPE, "application/x-amz-json-1.1");
    (status, [content_type], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_secret_is_made_once_and_given_values_from_then_on() {
        let mut kept = Kept::new();
        let code = |answer: Result<Value, Refusal>| answer.unwrap_err().0;
        let read = request(r#"{"SecretId":"a"}"#);
        let write =
            |value: &str| request(&json!({ "SecretId": "a", "SecretString": value }).to_string());
        assert_eq!(code(put(&mut kept, write("1"))), "ResourceNotFoundException");
        create(&mut kept, request(r#"{"Name":"a"}"#)).unwrap();
        assert_eq!(code(get(&kept, &read)), "ResourceNotFoundException");
        let again = request(r#"{"Name":"a","SecretString":"2"}"#);
        assert_eq!(code(create(&mut kept, again)), "ResourceExistsException");
        put(&mut kept, write("3")).unwrap();
        assert_eq!(code(put(&mut kept, request(r#"{"SecretId":"a"}"#))), "InvalidRequestException");
        assert_eq!(get(&kept, &read).unwrap()["SecretString"], "3");
    }
}
