//! Where pushes go, and what Roku thinks of that place: `/push-url`.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::Roku;
use crate::simulator::{PushUrl, Simulator};

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new().route("/push-url", get(push_url)).route("/push-url/allow", post(allow))
}

async fn push_url(State(simulator): Roku) -> Json<PushUrl> {
    Json(simulator.push_url())
}

async fn allow(State(simulator): Roku) -> Json<PushUrl> {
    simulator.allow_push_url();
    Json(simulator.push_url())
}
