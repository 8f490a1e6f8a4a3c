//! Roku's web services: what the publisher asks, and what it wants done (`roku-pay.md` §3).

mod answer;
mod gate;
mod orders;
mod validate_refund;
mod validate_transaction;
mod xml;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use jiff::Timestamp;

use crate::simulator::Simulator;

/// The calls, each of them behind the gate.
pub(crate) fn routes(simulator: &Arc<Simulator>) -> Router<Arc<Simulator>> {
    let calls = Router::new()
        .route("/validate-transaction/{key}/{transaction}", get(validate_transaction::answer_to))
        .route("/validate-refund/{key}/{refund}", get(validate_refund::answer_to))
        .route("/cancel-subscription", post(orders::cancel_subscription))
        .route("/refund-subscription", post(orders::refund_subscription))
        .route("/issue-service-credit", post(orders::issue_service_credit))
        .route_layer(from_fn_with_state(Arc::clone(simulator), gate::pass));
    Router::new().nest("/listen/transaction-service.svc", calls)
}

/// Whether an id can stand in the path of a request.
fn is_plausible(id: &str) -> bool {
    id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// A moment as the JSON of the web services writes it.
fn date(moment: Timestamp) -> String {
    format!("/Date({}+0000)/", moment.as_millisecond())
}
