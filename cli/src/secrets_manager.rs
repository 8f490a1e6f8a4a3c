//! A Secrets Manager for one machine: reads a secret, makes one, gives one a new value, deletes one.
//! What it acknowledges is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::kept::{Kept, KeptError, Secret};

/// What the calls say: `CreateSecret` a `Name`, all others a `SecretId`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(alias = "SecretId")]
    name: String,
    secret_string: Option<Secret>,
    /// The SDK makes one for each write. AWS makes it the version's id.
    client_request_token: Option<String>,
}

/// Secrets by name. One may be made without a value.
type Secrets = BTreeMap<String, Option<Secret>>;

/// An error of AWS: its code and its text.
#[derive(Debug)]
struct Refusal(&'static str, String);

impl From<KeptError> for Refusal {
    fn from(error: KeptError) -> Self {
        Self("InternalServiceError", error.to_string())
    }
}

/// Serves the secrets that are kept.
pub(crate) fn start(listener: TcpListener, kept: Arc<Kept>) {
    let router = Router::new().route("/", post(answer)).with_state(kept);
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn answer(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("secretsmanager."));
    let Ok(request) = serde_json::from_str::<Request>(&body) else {
        return refuse(invalid("a secret must be named"));
    };
    let answer = match operation {
        Some("GetSecretValue") => kept.read(|contents| get(&contents.secrets, &request)),
        Some("PutSecretValue") => kept.change(|contents| put(&mut contents.secrets, request)),
        Some("CreateSecret") => kept.change(|contents| create(&mut contents.secrets, request)),
        Some("DeleteSecret") => kept.change(|contents| delete(&mut contents.secrets, &request)),
        _ => Err(invalid("that is not served here")),
    };
    answer.map_or_else(refuse, |body| reply(StatusCode::OK, &body))
}

fn get(secrets: &Secrets, request: &Request) -> Result<Value, Refusal> {
    let secret = secrets.get(&request.name).and_then(Option::as_ref).ok_or_else(not_found)?;
    Ok(json!({ "Name": request.name, "SecretString": secret.0.expose_secret() }))
}

fn put(secrets: &mut Secrets, request: Request) -> Result<Value, Refusal> {
    if !secrets.contains_key(&request.name) {
        return Err(not_found());
    }
    if request.secret_string.is_none() {
        return Err(invalid("SecretString is missing"));
    }
    Ok(keep(secrets, request))
}

fn create(secrets: &mut Secrets, request: Request) -> Result<Value, Refusal> {
    if secrets.contains_key(&request.name) {
        let why = "there is such a secret already".to_owned();
        return Err(Refusal("ResourceExistsException", why));
    }
    Ok(keep(secrets, request))
}

/// At once and for good, as Usher asks for it.
fn delete(secrets: &mut Secrets, request: &Request) -> Result<Value, Refusal> {
    secrets.remove(&request.name).ok_or_else(not_found)?;
    Ok(json!({ "Name": request.name }))
}

fn keep(secrets: &mut Secrets, request: Request) -> Value {
    let answer = json!({ "Name": request.name, "VersionId": request.client_request_token });
    secrets.insert(request.name, request.secret_string);
    answer
}

/// What AWS says of a secret without a value, too.
fn not_found() -> Refusal {
    Refusal("ResourceNotFoundException", "there is no such secret".to_owned())
}

fn invalid(why: &str) -> Refusal {
    Refusal("InvalidRequestException", why.to_owned())
}

fn refuse(Refusal(code, message): Refusal) -> Response {
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
        let mut secrets = Secrets::new();
        let code = |answer: Result<Value, Refusal>| answer.unwrap_err().0;
        let read = request(r#"{"SecretId":"a"}"#);
        let write =
            |value: &str| request(&json!({ "SecretId": "a", "SecretString": value }).to_string());
        assert_eq!(code(put(&mut secrets, write("1"))), "ResourceNotFoundException");
        create(&mut secrets, request(r#"{"Name":"a"}"#)).unwrap();
        assert_eq!(code(get(&secrets, &read)), "ResourceNotFoundException");
        let again = request(r#"{"Name":"a","SecretString":"2"}"#);
        assert_eq!(code(create(&mut secrets, again)), "ResourceExistsException");
        put(&mut secrets, write("3")).unwrap();
        assert_eq!(
            code(put(&mut secrets, request(r#"{"SecretId":"a"}"#))),
            "InvalidRequestException"
        );
        assert_eq!(get(&secrets, &read).unwrap()["SecretString"], "3");
        delete(&mut secrets, &read).unwrap();
        assert_eq!(code(get(&secrets, &read)), "ResourceNotFoundException");
        assert_eq!(code(delete(&mut secrets, &read)), "ResourceNotFoundException");
    }
}
