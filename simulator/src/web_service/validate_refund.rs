//! `GET …/validate-refund/{partnerAPIKey}/{refundId}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{answer, failure, invalid_uri, unauthorized};
use super::{date, is_plausible};
use crate::ledger::{Purchase, RefundMade};
use crate::message::{CHANNEL_NAME, amount};
use crate::simulator::Simulator;

/// Says whether a refund was made.
pub(super) async fn answer_to(
    State(simulator): State<Arc<Simulator>>,
    Path((api_key, refund)): Path<(String, String)>,
) -> Response {
    if !is_plausible(&refund) {
        return invalid_uri();
    }
    if !simulator.accepts_api_key(&api_key) {
        return unauthorized(&simulator);
    }
    let described = simulator.read_ledger(|ledger| {
        let (refund, purchase) = ledger.find_refund(&refund)?;
        Some(describe(refund, purchase))
    });
    answer(&simulator, &described.unwrap_or_else(|| failure("Refund not found")))
}

/// As in Roku's JSON sample: no channel, chain or term, and a negative amount.
fn describe(refund: &RefundMade, purchase: &Purchase) -> Value {
    json!({
        "errorCode": null,
        "errorDetails": null,
        "errorMessage": "",
        "status": 0,
        "OriginalTransactionId": null,
        "amount": amount(-refund.amount),
        "cancelled": false,
        "channelId": 0,
        "channelName": CHANNEL_NAME,
        "couponCode": null,
        "creditsApplied": null,
        "currency": "usd",
        "expirationDate": null,
        "isEntitled": false,
        "originalPurchaseDate": date(purchase.purchased_at),
        "partnerReferenceId": null,
        "productId": purchase.product.code,
        "productName": purchase.product.name,
        "purchaseDate": date(refund.at),
        "quantity": 1,
        "rokuCustomerId": purchase.customer,
        "tax": 0.0,
        "total": amount(-refund.amount),
        "transactionId": refund.id,
    })
}
