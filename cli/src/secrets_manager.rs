//! A Secrets Manager for one machine: `GetSecretValue` of a few secrets that are made at the start.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Secrets by name.
pub(crate) type Secrets = HashMap<String, SecretString>;

/// Serves secrets.
pub(crate) fn start(listener: TcpListener, secrets: Secrets) {
    let router = Router::new().route("/", post(answer)).with_state(Arc::new(secrets));
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn answer(State(secrets): State<Arc<Secrets>>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if target != Some("secretsmanager.GetSecretValue") {
        return failure("InvalidRequestException", "only GetSecretValue is served here");
    }
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let name = request["SecretId"].as_str().unwrap_or_default();
    match secrets.get(name) {
        Some(secret) => {
            let body = json!({ "Name": name, "SecretString": secret.expose_secret() });
            reply(StatusCode::OK, &body)
        }
        None => failure("ResourceNotFoundException", "there is no such secret"),
    }
}

fn failure(kind: &str, message: &str) -> Response {
    reply(StatusCode::BAD_REQUEST, &json!({ "__type": kind, "message": message }))
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let content_type = (header::CONTENT_TYPE, "application/x-amz-json-1.1");
    (status, [content_type], body.to_string()).into_response()
}
