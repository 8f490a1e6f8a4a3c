//! What the web services were asked: `/requests`.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::Roku;
use crate::simulator::{Requests, Simulator};

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new().route("/requests", get(requests).delete(take_requests))
}

async fn requests(State(simulator): Roku) -> Json<Requests> {
    Json(simulator.requests())
}

async fn take_requests(State(simulator): Roku) -> Json<Requests> {
    Json(simulator.take_requests())
}
