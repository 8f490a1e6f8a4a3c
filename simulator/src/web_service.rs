//! Roku's web service: `GET …/validate-transaction/{partnerAPIKey}/{transactionId}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ledger::{PlanChange, Purchase, Standing};
use crate::message::amount;
use crate::simulator::Simulator;

/// Answers as Roku does, a wrong key and an unknown id with HTTP 200 included.
pub(crate) async fn validate_transaction(
    State(simulator): State<Arc<Simulator>>,
    Path((api_key, transaction)): Path<(String, String)>,
) -> Response {
    let script = simulator.scripted_answer(&transaction);
    let plausible = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if script.is_none() && !transaction.chars().all(plausible) {
        return (StatusCode::BAD_REQUEST, "Invalid URI format.").into_response();
    }
    if api_key != simulator.account().api_key {
        return answer(&failure("UNAUTHORIZED"));
    }
    if let Some(script) = script {
        return answer(&script);
    }
    let now = simulator.clock().now();
    let described = simulator.with_ledger(|ledger| {
        let purchase = ledger.find(&transaction)?;
        Some(describe(purchase, &simulator.account().channel, now))
    });
    answer(&described.unwrap_or_else(|| failure("Transaction not found")))
}

/// JSON with the slashes of dates escaped, as Roku's serializer writes them.
fn answer(body: &Value) -> Response {
    let body = body.to_string().replace("/Date(", "\\/Date(").replace(")/\"", ")\\/\"");
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

fn failure(message: &str) -> Value {
    json!({ "errorCode": null, "errorDetails": null, "errorMessage": message, "status": 1 })
}

fn describe(purchase: &Purchase, channel: &str, now: Timestamp) -> Value {
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
        "channelId": channel.parse::<u64>().unwrap_or_default(),
        "channelName": "Simulated channel",
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

fn date(moment: Timestamp) -> String {
    format!("/Date({}+0000)/", moment.as_millisecond())
}
