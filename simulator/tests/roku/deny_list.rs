//! A receiver that does not acknowledge is given up.

use std::time::Duration;

use roku_simulator::Simulator;
use serde_json::json;

use crate::receiver::Receiver;
use crate::stage::{Stage, account, later};

async fn failing() -> (Stage, Receiver) {
    let stage = Stage::begin().await;
    let receiver = Receiver::answering(500).await;
    stage.roku.set_push_url(&receiver.url);
    (stage, receiver)
}

async fn push(stage: &Stage, times: usize) {
    for _ in 0..times {
        stage.roku.push_text("hello").await;
    }
}

#[tokio::test]
async fn a_hundred_pushes_without_an_acknowledgement_are_too_many() {
    let (stage, mut receiver) = failing().await;
    push(&stage, 99).await;
    let expected = json!({ "url": receiver.url, "denied": false, "unacknowledged": 99 });
    assert_eq!(stage.get("/push-url").await, expected);
    push(&stage, 1).await;
    let expected = json!({ "url": receiver.url, "denied": true, "unacknowledged": 100 });
    assert_eq!(stage.get("/push-url").await, expected);

    // Nothing is delivered, not even to a receiver that works again.
    receiver.answer(200);
    receiver.heard();
    assert!(stage.roku.push_text("unheard").await.is_empty());
    assert!(receiver.heard().is_empty());

    let expected = json!({ "url": receiver.url, "denied": false, "unacknowledged": 0 });
    assert_eq!(stage.post("/push-url/allow", "").await, (200, expected));
    assert_eq!(stage.roku.push_text("heard").await[0].status, Some(200));
}

#[tokio::test]
async fn ten_days_by_the_simulators_clock_are_forgotten() {
    let (stage, _receiver) = failing().await;
    push(&stage, 99).await;
    stage.roku.move_clock(later(stage.now(), 11)).await;
    assert_eq!(stage.roku.push_url().unacknowledged, 0);
    push(&stage, 99).await;
    assert!(!stage.roku.push_url().denied);
}

#[tokio::test]
async fn a_later_attempt_that_is_acknowledged_counts() {
    let roku = Simulator::new(account());
    let mut receiver = Receiver::answering(500).await;
    roku.set_push_url(&receiver.url);
    roku.push_text("hello").await;
    assert_eq!(roku.push_url().unacknowledged, 1);
    receiver.next().await;
    receiver.answer(200);
    receiver.next().await;
    let counted = async {
        while roku.push_url().unacknowledged > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap();
}
