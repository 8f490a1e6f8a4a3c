use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::domain::id::{RokuCustomerId, RokuProductId};
use crate::http;
use crate::roku::error::Trouble;
use crate::roku::scripted::{NOWHERE, Scripted};

const KEY: &str = "F05447A57F8DF275FC30EC835FCAD10A19B6";
const DONE: &str = r#"{"errorCode":null,"errorDetails":null,"errorMessage":"","status":0}"#;

fn billing(base: &str) -> Billing {
    Billing::new(base, http::client().unwrap()).unwrap()
}

fn key() -> SecretString {
    SecretString::from(KEY)
}

fn refund() -> RefundSubscription {
    RefundSubscription {
        transaction_id: "AB-1".to_owned(),
        amount: Amount::new("1.10".parse().unwrap()).unwrap(),
        comments: "an outage".to_owned(),
        partner_reference_id: "ours-1".to_owned(),
    }
}

/// Where a request went, and what it held.
fn sent(server: &Scripted) -> (String, Value) {
    let [request] = &server.requests()[..] else { panic!("one attempt") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("accept: application/json"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(!head.contains(KEY), "{head}");
    let line = head.lines().next().unwrap();
    (line.to_owned(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn a_cancellation_is_sent_as_roku_wants_it() {
    let server = Scripted::answering(200, DONE).await;
    let request = CancelSubscription {
        transaction_id: "AB-1".to_owned(),
        cancellation_date: "2026-02-06T23:51:02.5Z".parse().unwrap(),
        dont_notify_user: false,
        partner_reference_id: "ours-1".to_owned(),
    };
    billing(&server.url).cancel_subscription(&key(), &request).await.unwrap();
    let body = json!({
        "partnerAPIKey": KEY, "transactionId": "AB-1", "dontNotifyUser": false,
        "cancellationDate": "2026-02-06T23:51:02.500000", "partnerReferenceId": "ours-1",
    });
    assert_eq!(sent(&server), ("POST /base/cancel-subscription HTTP/1.1".to_owned(), body));
}

#[tokio::test]
async fn a_refund_is_sent_as_roku_wants_it_and_gets_a_name() {
    let server = Scripted::answering(200, &DONE.replacen('{', r#"{"RefundId":"r-1","#, 1)).await;
    let refunded = billing(&server.url).refund_subscription(&key(), &refund()).await.unwrap();
    assert_eq!(refunded.as_str(), "r-1");
    let body = json!({
        "partnerAPIKey": KEY, "transactionId": "AB-1", "amount": 1.1,
        "comments": "an outage", "partnerReferenceId": "ours-1",
    });
    assert_eq!(sent(&server), ("POST /base/refund-subscription HTTP/1.1".to_owned(), body));
}

#[tokio::test]
async fn a_credit_is_sent_as_roku_wants_it_and_gets_a_name() {
    let mut request = IssueServiceCredit {
        roku_customer_id: RokuCustomerId::parse("c").unwrap(),
        channel_id: "1143791".to_owned(),
        product_id: None,
        amount: Amount::new(5.into()).unwrap(),
        comments: "sorry".to_owned(),
        partner_reference_id: "ours-1".to_owned(),
    };
    let mut body = json!({
        "partnerAPIKey": KEY, "rokuCustomerId": "c", "channelId": "1143791", "amount": 5,
        "comments": "sorry", "partnerReferenceId": "ours-1",
    });
    for product in [None, Some("S1-US")] {
        let reply = DONE.replacen('{', r#"{"ReferenceId":"579743","#, 1);
        let server = Scripted::answering(200, &reply).await;
        if let Some(product) = product {
            request.product_id = Some(RokuProductId::parse(product).unwrap());
            body["productId"] = json!(product);
        }
        let credit = billing(&server.url).issue_service_credit(&key(), &request).await.unwrap();
        assert_eq!(credit.as_str(), "579743");
        let line = "POST /base/issue-service-credit HTTP/1.1".to_owned();
        assert_eq!(sent(&server), (line, body.clone()));
    }
}

#[tokio::test]
async fn an_order_is_never_taken_for_undone_when_it_may_be_done() {
    let refused = |message: &str| RokuError::Refused(message.to_owned());
    let unknown = |cause: RokuError| RokuError::OutcomeUnknown(Box::new(cause));
    let repeated = format!(r#"{{"status":1,"errorMessage":"no account has {KEY}"}}"#);
    for (status, body, error) in [
        (200, r#"{"status":1,"errorMessage":"UNAUTHORIZED"}"#, RokuError::WrongKey),
        (200, r#"{"status":1,"errorMessage":"Too much"}"#, refused("Too much")),
        (200, r#"{"status":1}"#, refused("it does not say why")),
        (200, &repeated, refused("in words that hold the API key")),
        (400, "Amount?", refused("Amount?")),
        (401, "", RokuError::WrongKey),
        (404, "", Trouble::Status(404).into()),
        (429, "", Trouble::TooManyRequests.into()),
        (200, "", unknown(BrokenAnswer::NoFields.into())),
        (200, DONE, unknown(BrokenAnswer::Missing("RefundId").into())),
        (502, "", unknown(Trouble::Status(502).into())),
    ] {
        let server = Scripted::answering(status, body).await;
        assert_eq!(refund_fails(&billing(&server.url)).await, error, "{status} {body}");
    }
    let server = Scripted::saying("").await;
    let lost = unknown(Trouble::ConnectionLost.into());
    assert_eq!(refund_fails(&billing(&server.url)).await, lost);
    let nowhere = billing(NOWHERE);
    assert_eq!(refund_fails(&nowhere).await, Trouble::NoConnection.into());
    let server = Scripted::stalling_after("").await;
    let endpoint = billing(&server.url).endpoint.waiting(Duration::from_millis(50));
    let late = unknown(Trouble::NoAnswerInTime.into());
    assert_eq!(refund_fails(&Billing { endpoint }).await, late);
    assert_eq!(late.may_pass(), None);
}

async fn refund_fails(billing: &Billing) -> RokuError {
    let error = billing.refund_subscription(&key(), &refund()).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains(KEY) && !told.contains("http:"), "{told}");
    error
}
