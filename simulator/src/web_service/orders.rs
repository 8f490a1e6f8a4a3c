//! What the publisher wants done: `POST …/cancel-subscription`, `…/refund-subscription`,
//! `…/issue-service-credit`.
//!
//! What is pushed about it is delivered before the answer, so that a test need not wait for it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::answer::{answer, outcome, unauthorized};
use crate::control::Body;
use crate::ledger::Refund;
use crate::simulator::Simulator;

type Roku = State<Arc<Simulator>>;

/// Roku does not say what `cancellationDate` does: renewals are off from now on whatever it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cancellation {
    #[serde(rename = "partnerAPIKey")]
    api_key: Option<String>,
    #[serde(default)]
    transaction_id: String,
}

pub(super) async fn cancel_subscription(
    State(simulator): Roku,
    Body(order): Body<Cancellation>,
) -> Response {
    if !is_authorized(&simulator, order.api_key.as_deref()) {
        return unauthorized(&simulator);
    }
    let done = simulator.cancel(&order.transaction_id).await;
    answer(&simulator, &outcome(done.map(|_| json!({}))))
}

/// Amounts are in US dollars and without tax. One that is missing is none that would do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundOrder {
    #[serde(rename = "partnerAPIKey")]
    api_key: Option<String>,
    #[serde(default)]
    transaction_id: String,
    #[serde(default)]
    amount: Decimal,
    partner_reference_id: Option<String>,
}

pub(super) async fn refund_subscription(
    State(simulator): Roku,
    Body(order): Body<RefundOrder>,
) -> Response {
    if !is_authorized(&simulator, order.api_key.as_deref()) {
        return unauthorized(&simulator);
    }
    let refund = Refund {
        amount: Some(order.amount),
        unauthorized: false,
        partner_reference_id: order.partner_reference_id.unwrap_or_default(),
    };
    let done = simulator.refund_with_id(&order.transaction_id, &refund).await;
    answer(&simulator, &outcome(done.map(|(id, _)| json!({ "RefundId": id }))))
}

/// The credit pays whatever is charged next: neither `channelId` nor `productId` narrows that.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credit {
    #[serde(rename = "partnerAPIKey")]
    api_key: Option<String>,
    #[serde(default)]
    roku_customer_id: String,
    #[serde(default)]
    amount: Decimal,
    partner_reference_id: Option<String>,
}

pub(super) async fn issue_service_credit(
    State(simulator): Roku,
    Body(order): Body<Credit>,
) -> Response {
    if !is_authorized(&simulator, order.api_key.as_deref()) {
        return unauthorized(&simulator);
    }
    let reference = order.partner_reference_id.unwrap_or_default();
    let done =
        simulator.credit_with_number(&order.roku_customer_id, order.amount, &reference).await;
    answer(&simulator, &outcome(done.map(|(number, _)| json!({ "ReferenceId": number }))))
}

fn is_authorized(simulator: &Simulator, api_key: Option<&str>) -> bool {
    api_key.is_some_and(|key| simulator.accepts_api_key(key))
}
