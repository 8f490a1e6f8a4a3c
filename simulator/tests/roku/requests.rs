//! How often the web services were asked, and how often they answer.

use std::num::NonZeroU32;

use roku_simulator::Account;
use serde_json::json;

use crate::stage::{Stage, account};

#[tokio::test]
async fn more_requests_than_the_limit_in_a_second_are_429() {
    const LIMIT: usize = 2;
    let requests_per_second = NonZeroU32::new(2);
    let stage = Stage::begin_with(Account { requests_per_second, ..account() }).await;
    let asking: Vec<_> = (0..100).map(|_| tokio::spawn(stage.asking("0").send())).collect();
    let mut refused = 0;
    for answer in asking {
        let answer = answer.await.unwrap().unwrap();
        if answer.status() == 429 {
            assert_eq!(answer.text().await.unwrap(), "");
            refused += 1;
        } else {
            assert_eq!(answer.status(), 200);
        }
    }
    assert!(refused > 0, "a hundred requests took less than fifty seconds");
    let requests = stage.roku.requests();
    assert_eq!(requests.total, 100);
    assert!(requests.peak_per_second > LIMIT, "those refused count: {requests:?}");
}

#[test]
fn the_limit_is_rokus_by_default() {
    assert_eq!(Account::default().requests_per_second, NonZeroU32::new(20));
}

#[tokio::test]
async fn every_request_is_counted_by_its_call() {
    let (stage, basic) = Stage::bought("basic").await;
    let nothing = json!({ "total": 0, "calls": {}, "peakPerSecond": 0 });
    assert_eq!(stage.get("/requests").await, nothing);
    stage.validate(&basic).await;
    stage.validate_refund("0").await;
    stage.put("/faults/web-services", json!({ "fault": "down" })).await;
    stage.validate_as_text(&basic).await;
    for call in ["cancel-subscription", "refund-subscription", "issue-service-credit"] {
        stage.call(call, json!({})).await;
    }
    let requests = stage.get("/requests").await;
    assert_eq!(requests["total"], 6);
    let expected = json!({ "validate-transaction": 2, "validate-refund": 1,
        "cancel-subscription": 1, "refund-subscription": 1, "issue-service-credit": 1 });
    assert_eq!(requests["calls"], expected);
    let peak = requests["peakPerSecond"].as_u64().unwrap();
    assert!((1..=6).contains(&peak), "{requests}");
}
