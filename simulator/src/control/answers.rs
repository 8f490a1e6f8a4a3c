//! Answers of a tester's own in place of Roku's: `/answers/…`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;

use super::{Body, Roku};
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new().route("/answers/{transaction}", post(script).delete(forget))
}

async fn script(
    State(simulator): Roku,
    Path(transaction): Path<String>,
    Body(answer): Body<Value>,
) -> StatusCode {
    simulator.script_answer(&transaction, answer);
    StatusCode::NO_CONTENT
}

async fn forget(State(simulator): Roku, Path(transaction): Path<String>) -> StatusCode {
    if simulator.forget_answer(&transaction) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
