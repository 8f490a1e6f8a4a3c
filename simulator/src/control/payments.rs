//! All money that moved, and payments that fail or are taken back: `/payments`, `/payments/…`,
//! `/chargebacks/…`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::Roku;
use super::reply::delivered;
use crate::ledger::Payment;
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/payments", get(payments))
        .route("/payments/fail/{transaction}", post(fail))
        .route("/payments/mend/{transaction}", post(mend))
        .route("/chargebacks/open/{transaction}", post(open))
        .route("/chargebacks/reverse/{transaction}", post(reverse))
        .route("/chargebacks/reopen/{transaction}", post(reopen))
}

async fn payments(State(simulator): Roku) -> Json<Vec<Payment>> {
    Json(simulator.payments())
}

async fn fail(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.fail_payments(&transaction).map(|()| Vec::new()))
}

async fn mend(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.mend_payments(&transaction).await)
}

async fn open(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.charge_back(&transaction).await)
}

async fn reverse(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.reverse_chargeback(&transaction).await)
}

async fn reopen(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.second_chargeback(&transaction).await)
}
