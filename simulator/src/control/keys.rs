//! The keys, Roku's and the publisher's: `/signing-key/…`, `/api-key/…`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::refusal;
use super::{Body, Roku};
use crate::simulator::{OldKey, Simulator};

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/signing-key/rotate", post(rotate_signing_key))
        .route("/signing-key/invalidate", post(invalidate))
        .route("/api-key/rotate", post(rotate_api_key))
        .route("/api-key/expire", post(expire_api_key))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    withdraw_old: bool,
}

/// Gives the name of the new key.
async fn rotate_signing_key(State(simulator): Roku, Body(rotation): Body<Rotation>) -> Json<Value> {
    let old_key = if rotation.withdraw_old { OldKey::Withdrawn } else { OldKey::Published };
    simulator.rotate_signing_key(old_key);
    Json(json!({ "kid": simulator.signing_key().kid() }))
}

async fn invalidate(State(simulator): Roku) -> Json<Value> {
    Json(json!({ "pushes": simulator.invalidate_public_keys().await }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApiKey {
    key: String,
}

async fn rotate_api_key(State(simulator): Roku, Body(new): Body<NewApiKey>) -> Response {
    match simulator.rotate_api_key(&new.key) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => refusal(&why),
    }
}

async fn expire_api_key(State(simulator): Roku) -> Response {
    if simulator.expire_api_key() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let message = json!({ "message": "no API key is expiring" });
    (StatusCode::CONFLICT, Json(message)).into_response()
}
