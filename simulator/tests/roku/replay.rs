//! What was pushed is pushed again.

use jiff::Timestamp;
use roku_simulator::{MessageKeys, PushFault};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{Stage, later, message, types};

/// Ann's plan of a day is bought, renewed, and renewed again, a day apart. The first renewal is
/// lost. Gives what arrived.
async fn three_days() -> (Stage, Receiver, Vec<Value>) {
    let stage = Stage::begin().await;
    let mut receiver = Receiver::answering(200).await;
    stage.roku.set_push_url(&receiver.url);
    let (daily, _) = stage.roku.buy(crate::stage::ANN, "daily", false).await.unwrap();
    stage.roku.break_pushes(PushFault::Lost);
    stage.roku.renew(&daily.purchase_id).await.unwrap();
    stage.roku.mend_pushes().await;
    stage.roku.renew(&daily.purchase_id).await.unwrap();
    stage.roku.cancel(&daily.purchase_id).await.unwrap();
    let heard = receiver.heard();
    (stage, receiver, heard)
}

fn keys(claims: &[Value]) -> Vec<&Value> {
    claims.iter().map(|claims| &claims["x-Roku-message-key"]).collect()
}

fn window(from: Timestamp, to: Timestamp) -> Value {
    json!({ "from": from, "to": to })
}

#[tokio::test]
async fn a_window_comes_again_with_what_was_lost_under_the_same_keys() {
    let (stage, mut receiver, before) = three_days().await;
    assert_eq!(before.len(), 3);
    let all = window(later(stage.now(), -2), stage.now());
    let (status, answer) = stage.post("/pushes/replay", all).await;
    assert_eq!((status, answer["pushes"].as_array().unwrap().len()), (200, 4));
    let again = receiver.heard();
    let messages: Vec<_> = again.iter().map(message).collect();
    assert_eq!(types(&messages), ["Sale", "Sale", "Sale", "Cancellation"]);
    let lost = again[1].clone();
    assert!(!keys(&before).contains(&&lost["x-Roku-message-key"]));
    let others = [&again[..1], &again[2..]].concat();
    assert_eq!(keys(&others), keys(&before));

    // Only what was pushed in the window; what was replayed was not.
    let first = window(later(stage.now(), -3), later(stage.now(), -2));
    stage.post("/pushes/replay", first).await;
    assert_eq!(keys(&receiver.heard()), keys(&before[..1]));
}

#[tokio::test]
async fn a_replay_can_have_new_keys() {
    let (stage, mut receiver, before) = three_days().await;
    let mut all = window(later(stage.now(), -2), stage.now());
    all["newKeys"] = json!(true);
    stage.post("/pushes/replay", all).await;
    let again = receiver.heard();
    assert!(keys(&again).iter().all(|key| !keys(&before).contains(key)));
    assert_eq!(message(&again[0]), message(&before[0]));
}

#[tokio::test]
async fn a_window_is_at_most_fourteen_days_of_the_last_ninety() {
    let (stage, _receiver, _) = three_days().await;
    let now = stage.now();
    for (from, to, why) in [
        (-15, 0, "the window must be at most 14 days long".to_owned()),
        (0, -1, "the window ends before it begins".to_owned()),
        (-91, -80, format!("the window must begin at most 90 days before now, {now}")),
    ] {
        let refused = stage.post("/pushes/replay", window(later(now, from), later(now, to))).await;
        assert_eq!(refused, (409, json!({ "message": why })));
    }
    for (from, to) in [(-14, 0), (-90, -76)] {
        let (from, to) = (later(now, from), later(now, to));
        assert!(stage.roku.replay(from, to, MessageKeys::Same).await.is_ok());
    }
    assert_eq!(stage.post("/pushes/replay", json!({ "from": now })).await.0, 400);
}
