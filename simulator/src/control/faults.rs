//! What goes wrong: `/faults`, `/faults/web-services`, `/faults/pushes`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Body, Roku};
use crate::faults::{PushFault, WebServiceFault};
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/faults", get(faults))
        .route("/faults/web-services", put(break_web_services).delete(mend_web_services))
        .route("/faults/pushes", put(break_pushes).delete(mend_pushes))
}

async fn faults(State(simulator): Roku) -> Json<Value> {
    Json(json!({
        "webServices": simulator.web_service_fault(),
        "pushes": simulator.push_fault(),
        "heldPushes": simulator.held_pushes(),
    }))
}

async fn break_web_services(
    State(simulator): Roku,
    Body(fault): Body<WebServiceFault>,
) -> StatusCode {
    simulator.break_web_services(fault);
    StatusCode::NO_CONTENT
}

async fn mend_web_services(State(simulator): Roku) -> StatusCode {
    simulator.mend_web_services();
    StatusCode::NO_CONTENT
}

async fn break_pushes(State(simulator): Roku, Body(fault): Body<PushFault>) -> StatusCode {
    simulator.break_pushes(fault);
    StatusCode::NO_CONTENT
}

/// Gives what came of the pushes that were held back.
async fn mend_pushes(State(simulator): Roku) -> Json<Value> {
    Json(json!({ "pushes": simulator.mend_pushes().await }))
}
