//! The web services on a bad day.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{Stage, account};

async fn broken(fault: Value) -> (Stage, String) {
    let (mut stage, basic) = Stage::bought("basic").await;
    assert_eq!(stage.put("/faults/web-services", &fault).await, 204);
    let faults = json!({ "webServices": fault, "pushes": null, "heldPushes": 0 });
    assert_eq!(stage.get("/faults").await, faults);
    stage.heard();
    (stage, basic)
}

/// The fault is taken back, and all is as it was.
async fn mended(stage: &Stage, transaction: &str) {
    assert_eq!(stage.delete("/faults/web-services").await, 204);
    assert_eq!(stage.get("/faults").await["webServices"], Value::Null);
    assert_eq!(stage.validate(transaction).await["status"], 0);
}

#[tokio::test]
async fn down_and_too_many_requests_are_a_status_and_nothing_else() {
    for (fault, status) in [("down", 503), ("too-many-requests", 429)] {
        let (stage, basic) = broken(json!({ "fault": fault })).await;
        let (found, text) = stage.ask(&account().api_key, &basic).await;
        assert_eq!((found.as_u16(), text.as_str()), (status, ""), "{fault}");
        let cancel = json!({ "partnerAPIKey": account().api_key, "transactionId": basic });
        assert_eq!(stage.call("cancel-subscription", cancel).await, Value::Null);
        mended(&stage, &basic).await;
        // Nothing was done.
        assert_eq!(stage.validate(&basic).await["cancelled"], false);
    }
}

#[tokio::test]
async fn slow_is_the_right_answer_late() {
    let (stage, basic) = broken(json!({ "fault": "slow", "seconds": 1 })).await;
    let asked = Instant::now();
    assert_eq!(stage.validate(&basic).await["transactionId"], basic.as_str());
    assert!(asked.elapsed() >= Duration::from_secs(1));
    mended(&stage, &basic).await;
}

#[tokio::test]
async fn gone_is_no_answer() {
    let (stage, basic) = broken(json!({ "fault": "gone" })).await;
    let asked = stage.asking(&basic).timeout(Duration::from_millis(200)).send().await;
    let error = asked.unwrap_err();
    assert!(error.is_timeout() && !error.is_connect(), "{error:?}");
    mended(&stage, &basic).await;
}

#[tokio::test]
async fn the_right_key_is_wrong() {
    let (stage, basic) = broken(json!({ "fault": "wrong-key" })).await;
    assert_eq!(stage.validate(&basic).await["errorMessage"], "UNAUTHORIZED");
    let cancel = json!({ "partnerAPIKey": account().api_key, "transactionId": basic });
    let answer = stage.call("cancel-subscription", cancel).await;
    assert_eq!(answer["errorMessage"], "UNAUTHORIZED");
    mended(&stage, &basic).await;
}

#[tokio::test]
async fn broken_json_is_the_first_half_of_the_answer() {
    let (stage, basic) = Stage::bought("basic").await;
    let whole = stage.validate_as_text(&basic).await;
    stage.put("/faults/web-services", json!({ "fault": "broken-json" })).await;
    assert_eq!(stage.validate_as_text(&basic).await, whole[..whole.len() / 2]);
    mended(&stage, &basic).await;
}

#[tokio::test]
async fn xml_says_what_json_says() {
    let (stage, basic) = Stage::bought("basic").await;
    let (order, _) = stage.roku.upgrade(crate::stage::ANN, "premium").await.unwrap();
    stage.put("/faults/web-services", json!({ "fault": "xml" })).await;
    let answer = stage.asking(&order.purchase_id).send().await.unwrap();
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(content_type.starts_with("application/xml"), "{content_type}");
    let xml = answer.text().await.unwrap();
    for element in [
        "<status>Success</status>".to_owned(),
        "<errorMessage></errorMessage>".to_owned(),
        "<expirationDate>2022-08-11T19:50:18</expirationDate>".to_owned(),
        "<isEntitled>true</isEntitled>".to_owned(),
        format!("<cancelledTransactionIds>{basic}</cancelledTransactionIds>"),
        format!("<transactionId>{}</transactionId>", order.purchase_id),
    ] {
        assert!(xml.contains(&element), "{element} in {xml}");
    }
    assert!(xml.starts_with("<result>") && xml.ends_with("</result>"), "{xml}");
    assert!(!xml.contains("couponCode"), "null is missing: {xml}");
    mended(&stage, &basic).await;
}

#[tokio::test]
async fn a_fault_takes_the_place_of_another_and_what_is_none_is_400() {
    let (stage, basic) = broken(json!({ "fault": "gone" })).await;
    for wrong in [json!({ "fault": "tired" }), json!({ "fault": "slow" }), json!({})] {
        assert_eq!(stage.put("/faults/web-services", wrong).await, 400);
        assert_eq!(stage.put("/faults/pushes", json!({ "fault": "slow" })).await, 400);
    }
    stage.put("/faults/web-services", json!({ "fault": "down" })).await;
    assert_eq!(stage.ask(&account().api_key, &basic).await.0, 503);
}
