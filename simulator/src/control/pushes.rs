//! Pushes of a tester's own, and those of old again: `/pushes/…`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::delivered;
use super::{Body, Roku};
use crate::id::new_id;
use crate::simulator::{MessageKeys, Simulator};

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/pushes/test", post(push_text))
        .route("/pushes/sign", post(sign))
        .route("/pushes/replay", post(replay))
}

async fn push_text(State(simulator): Roku, text: String) -> Json<Value> {
    Json(json!({ "pushes": simulator.push_text(&text).await }))
}

/// Signs the body as Roku would, with a new message key, and gives the JWS.
async fn sign(State(simulator): Roku, message: String) -> String {
    simulator.sign(&new_id(), &message)
}

/// Which pushes to send again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Replay {
    from: Timestamp,
    to: Timestamp,
    #[serde(default)]
    new_keys: bool,
}

async fn replay(State(simulator): Roku, Body(replay): Body<Replay>) -> Response {
    let keys = if replay.new_keys { MessageKeys::New } else { MessageKeys::Same };
    delivered(simulator.replay(replay.from, replay.to, keys).await)
}
