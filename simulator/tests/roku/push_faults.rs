//! Pushes that get lost on the way, or come late, in another order, or twice.

use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{ANN, Stage, message, types};

const ACKNOWLEDGED: (u16, &str) = (200, "");

/// Breaks the way of pushes, and upgrades Ann: two pushes.
async fn upgraded(fault: &str) -> (Stage, Value) {
    let (stage, _) = Stage::bought("basic").await;
    assert_eq!(stage.put("/faults/pushes", json!({ "fault": fault })).await, 204);
    let wish = json!({ "product": "premium", "rokuCustomerId": ANN });
    let (status, answer) = stage.post("/device/upgrade", wish).await;
    assert_eq!(status, 200);
    assert_eq!(stage.get("/faults").await["pushes"], json!({ "fault": fault }));
    (stage, answer["pushes"].clone())
}

fn delivered(times: usize) -> Value {
    let (status, body) = ACKNOWLEDGED;
    json!(vec![json!({ "status": status, "body": body }); times])
}

#[tokio::test]
async fn what_is_lost_never_comes_and_is_no_failure() {
    let (mut stage, pushes) = upgraded("lost").await;
    assert_eq!(pushes, json!([]));
    assert_eq!(stage.take_back("/faults/pushes").await["pushes"], json!([]));
    assert!(stage.heard().is_empty());
    assert_eq!(stage.get("/push-url").await["unacknowledged"], 0);
    stage.roku.upgrade(ANN, "gold").await.unwrap();
    assert_eq!(stage.heard_types(), ["UpgradeSale", "UpgradeCancellation"]);
}

#[tokio::test]
async fn what_is_held_back_comes_in_order_or_last_first() {
    for (fault, expected) in [
        ("late", ["UpgradeSale", "UpgradeCancellation"]),
        ("reordered", ["UpgradeCancellation", "UpgradeSale"]),
    ] {
        let (mut stage, pushes) = upgraded(fault).await;
        assert_eq!(pushes, json!([]));
        assert_eq!(stage.get("/faults").await["heldPushes"], 2);
        assert!(stage.heard().is_empty());
        assert_eq!(stage.take_back("/faults/pushes").await["pushes"], delivered(2));
        assert_eq!(stage.heard_types(), expected);
        let faults = json!({ "webServices": null, "pushes": null, "heldPushes": 0 });
        assert_eq!(stage.get("/faults").await, faults);
    }
}

#[tokio::test]
async fn what_is_doubled_comes_twice_under_one_key() {
    let (stage, _) = Stage::bought("basic").await;
    let mut receiver = Receiver::answering(200).await;
    stage.roku.set_push_url(&receiver.url);
    stage.put("/faults/pushes", json!({ "fault": "doubled" })).await;
    let (_, deliveries) = stage.roku.upgrade(ANN, "premium").await.unwrap();
    assert_eq!(json!(deliveries), delivered(4));
    let heard = receiver.heard();
    let expected = ["UpgradeSale", "UpgradeSale", "UpgradeCancellation", "UpgradeCancellation"];
    assert_eq!(types(&heard.iter().map(message).collect::<Vec<_>>()), expected);
    let keys: Vec<_> = heard.iter().map(|claims| &claims["x-Roku-message-key"]).collect();
    assert!(keys[0] == keys[1] && keys[2] == keys[3] && keys[0] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn what_was_held_back_stays_so_when_the_fault_changes() {
    let (mut stage, _) = upgraded("late").await;
    stage.put("/faults/pushes", json!({ "fault": "reordered" })).await;
    stage.roku.push_text(r#"{"transactionType":"Test"}"#).await;
    stage.roku.mend_pushes().await;
    assert_eq!(stage.heard_types(), ["Test", "UpgradeCancellation", "UpgradeSale"]);
}
