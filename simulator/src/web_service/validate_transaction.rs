//! `GET …/validate-transaction/{partnerAPIKey}/{transactionId}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{answer, failure, invalid_uri, unauthorized};
use super::{date, is_plausible};
use crate::ledger::{PlanChange, Purchase, Standing};
use crate::message::{CHANNEL_NAME, amount};
use crate::simulator::Simulator;

/// Answers as Roku does, a wrong key and an unknown id with HTTP 200 included.
pub(super) async fn answer_to(
    State(simulator): State<Arc<Simulator>>,
    Path((api_key, transaction)): Path<(String, String)>,
) -> Response {
    let script = simulator.scripted_answer(&transaction);
    if script.is_none() && !is_plausible(&transaction) {
        return invalid_uri();
    }
    if !simulator.accepts_api_key(&api_key) {
        return unauthorized(&simulator);
    }
    if let Some(script) = script {
        return answer(&simulator, &script);
    }
    let now = simulator.clock().now();
    let described = simulator.read_ledger(|ledger| {
        let purchase = ledger.find(&transaction)?;
        Some(describe(purchase, now))
    });
    answer(&simulator, &described.unwrap_or_else(|| failure("Transaction not found")))
}

fn describe(purchase: &Purchase, now: Timestamp) -> Value {
    let change = purchase.change.as_ref();
    let charge = &purchase.latest;
    json!({
        "errorCode": null,
        "errorDetails": null,
        "errorMessage": "",
        "status": 0,
        "OriginalTransactionId": purchase.original,
        "amount": amount(purchase.product.price),
        "cancelled": purchase.cancelled,
        "cancelledTransactionIds": change.map(|change| [&change.replaced]),
        "channelId": purchase.channel.parse::<u64>().unwrap_or_default(),
        "channelName": CHANNEL_NAME,
        "couponCode": null,
        "creditsApplied": Some(charge.credits).filter(|credits| !credits.is_zero()).map(amount),
        "currency": "usd",
        "expirationDate": purchase.expires_at.map(date),
        "isEntitled": purchase.is_entitled(now),
        "originalPurchaseDate": date(purchase.purchased_at),
        "partnerReferenceId": null,
        "productId": purchase.product.code,
        "productName": purchase.product.name,
        "purchaseChannel": "device",
        "purchaseContext": "iap",
        "purchaseDate": date(charge.at),
        "purchaseStatus": status(purchase.standing),
        "purchaseType": change.map(direction),
        "quantity": 1,
        "rokuCustomerId": purchase.customer,
        "tax": 0.0,
        "total": amount(charge.total),
        "transactionId": charge.transaction,
    })
}

/// Roku's word for where a purchase stands. It has none for what is unpaid (`roku-pay.md` §4, §6);
/// that is not over, so it is not called inactive.
fn status(standing: Standing) -> &'static str {
    match standing {
        Standing::Active | Standing::Grace { .. } | Standing::OnHold => "Active",
        Standing::Inactive => "Inactive",
        Standing::PendingActive => "PendingActive",
        Standing::PendingInactive => "PendingInactive",
    }
}

fn direction(change: &PlanChange) -> &'static str {
    if change.is_upgrade { "UPGRADE" } else { "DOWNGRADE" }
}
