//! What the publisher does with customers' money: `/publisher/…`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::reply::delivered;
use super::{Body, Roku};
use crate::ledger::Refund;
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/publisher/refund/{transaction}", post(refund))
        .route("/publisher/credit/{customer}", post(credit))
}

async fn refund(
    State(simulator): Roku,
    Path(transaction): Path<String>,
    Body(refund): Body<Refund>,
) -> Response {
    delivered(simulator.refund(&transaction, &refund).await)
}

/// A service credit, in US dollars.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Credit {
    amount: Decimal,
    #[serde(default)]
    partner_reference_id: String,
}

async fn credit(
    State(simulator): Roku,
    Path(customer): Path<String>,
    Body(credit): Body<Credit>,
) -> Response {
    let Credit { amount, partner_reference_id } = credit;
    delivered(simulator.credit(&customer, amount, &partner_reference_id).await)
}
