//! What the publisher asks Roku to do, and the proof of a refund.

use serde_json::{Value, json};

use crate::stage::{ANN, Stage, account, dollars};

/// The members of Roku's JSON sample of validate-refund.
const REFUND_MEMBERS: &str = "OriginalTransactionId amount cancelled channelId channelName \
    couponCode creditsApplied currency errorCode errorDetails errorMessage expirationDate \
    isEntitled originalPurchaseDate partnerReferenceId productId productName purchaseDate \
    quantity rokuCustomerId status tax total transactionId";

fn done() -> Value {
    json!({ "errorCode": null, "errorDetails": null, "errorMessage": "", "status": 0 })
}

fn refused(message: &str) -> Value {
    json!({ "errorCode": null, "errorDetails": null, "errorMessage": message, "status": 1 })
}

/// The fields of an order, under the right key.
fn order(mut fields: Value) -> Value {
    fields["partnerAPIKey"] = json!(account().api_key);
    fields
}

#[tokio::test]
async fn a_subscription_is_cancelled() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let cancel = order(json!({
        "cancellationDate": "2022-07-11T19:50:18.034020",
        "dontNotifyUser": false,
        "partnerReferenceId": "7s9d8w0n6z",
        "transactionId": basic,
    }));
    assert_eq!(stage.call("cancel-subscription", cancel.clone()).await, done());
    assert_eq!(stage.heard_one()["transactionType"], "Cancellation");
    assert_eq!(stage.standing(&basic).await, (true, true, "Active".to_owned(), true));
    let again = stage.call("cancel-subscription", cancel).await;
    assert_eq!(again, refused(&format!("the purchase {basic} does not renew")));
}

#[tokio::test]
async fn a_charge_is_refunded_in_parts_and_no_further() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let refund = |amount: Value| {
        order(json!({ "amount": amount, "comments": "-", "partnerReferenceId": "4l2v9t0015",
            "transactionId": basic }))
    };
    for (amount, left) in [(json!(8), "7.99"), (json!(0), "7.99"), (json!(-1), "7.99")] {
        let answer = stage.call("refund-subscription", refund(amount)).await;
        let text = format!("the amount must be whole cents, above 0 and at most {left}");
        assert_eq!(answer, refused(&text));
    }
    let without_amount = order(json!({ "transactionId": basic }));
    assert_eq!(stage.call("refund-subscription", without_amount).await["status"], 1);
    for cents in [500, 299] {
        let answer = stage.call("refund-subscription", refund(dollars(cents))).await;
        assert_eq!(answer["status"], 0, "{answer}");
        let push = stage.heard_one();
        assert_eq!(
            (&push["total"], &push["transactionType"]),
            (&dollars(-cents), &json!("Refund"))
        );
        assert_eq!(push["partnerReferenceId"], "4l2v9t0015");
        assert_eq!(answer["RefundId"], push["transactionId"]);
    }
    let answer = stage.call("refund-subscription", refund(json!(0.01))).await;
    assert_eq!(answer, refused(&format!("nothing that was paid for {basic} is left")));
}

#[tokio::test]
async fn a_refund_is_validated_as_in_rokus_sample() {
    let (stage, basic) = Stage::bought("basic").await;
    let refund = order(json!({ "amount": 1.10, "transactionId": basic }));
    let refund = stage.call("refund-subscription", refund).await["RefundId"].clone();
    let answer = stage.validate_refund(refund.as_str().unwrap()).await;
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, REFUND_MEMBERS.split_whitespace().collect::<Vec<_>>());
    for (member, value) in [
        ("amount", dollars(-110)),
        ("total", dollars(-110)),
        ("channelId", json!(0)),
        ("OriginalTransactionId", Value::Null),
        ("expirationDate", Value::Null),
        ("isEntitled", json!(false)),
        ("status", json!(0)),
        ("rokuCustomerId", json!(ANN)),
        ("transactionId", refund),
        ("purchaseDate", json!("/Date(1657569018000+0000)/")),
    ] {
        assert_eq!(answer[member], value, "{member}");
    }
    // A charge is no refund.
    assert_eq!(stage.validate_refund(&basic).await, refused("Refund not found"));
}

#[tokio::test]
async fn a_customer_gets_a_service_credit() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let credit = |customer: &str| {
        order(json!({ "amount": 5.00, "channelId": "1143791", "comments": "-", "productId": "x",
            "partnerReferenceId": "4l2v9t9101", "rokuCustomerId": customer }))
    };
    let answer = stage.call("issue-service-credit", credit(ANN)).await;
    assert_eq!((&answer["status"], &answer["ReferenceId"]), (&json!(0), &json!("579743")));
    assert_eq!(stage.heard_one()["transactionId"], "579743");
    stage.roku.renew(&basic).await.unwrap();
    assert_eq!(stage.heard_one()["total"], dollars(299));
    let answer = stage.call("issue-service-credit", credit("nobody")).await;
    assert_eq!(answer, refused("there is no customer nobody"));
}

#[tokio::test]
async fn what_is_wrong_comes_with_http_200_and_does_nothing() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let known = json!({ "amount": 1, "transactionId": basic, "rokuCustomerId": ANN });
    for call in ["cancel-subscription", "refund-subscription", "issue-service-credit"] {
        for key in [json!("wrong"), Value::Null] {
            let mut wrong = known.clone();
            wrong["partnerAPIKey"] = key;
            assert_eq!(stage.call(call, wrong).await, refused("UNAUTHORIZED"), "{call}");
        }
        assert_eq!(stage.call(call, known.clone()).await, refused("UNAUTHORIZED"), "{call}");
    }
    for call in ["cancel-subscription", "refund-subscription"] {
        let unknown = order(json!({ "amount": 1, "transactionId": "0" }));
        assert_eq!(stage.call(call, unknown).await, refused("Transaction not found"), "{call}");
    }
    let wrong_key = stage.get("/listen/transaction-service.svc/validate-refund/wrong/0").await;
    assert_eq!(wrong_key, refused("UNAUTHORIZED"));
    assert!(stage.heard().is_empty());
}
