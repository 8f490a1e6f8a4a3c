//! Pushes of a tester's own: `/pushes/…`.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Roku;
use crate::id::new_id;
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new().route("/pushes/test", post(push_text)).route("/pushes/sign", post(sign))
}

async fn push_text(State(simulator): Roku, text: String) -> Json<Value> {
    Json(json!({ "pushes": simulator.push_text(&text).await }))
}

/// Signs the body as Roku would, with a new message key, and gives the JWS.
async fn sign(State(simulator): Roku, message: String) -> String {
    simulator.sign(&new_id(), &message)
}
