//! A Roku that is not our simulator, healthy and on a bad day.

use serde_json::json;
use std::sync::Arc;
use usher_tests::Usher;
use usher_tests::foreign_roku::{ForeignRoku, Script};
use usher_tests::samples::{self, BASIC_PRODUCT, days, push};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

async fn usher_at(roku: &Arc<ForeignRoku>) -> Usher {
    Usher::with(|options| {
        options.roku = Some(roku.base());
        options.roku_keys = Some(roku.keys());
        options.roku_api_key = ForeignRoku::API_KEY.into();
    })
    .await
}

#[tokio::test]
async fn its_pushes_and_its_answers_are_believed() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    assert!(usher.stack.simulator.is_none());
    roku.knows("First-1", BASIC_PRODUCT, json!({}));
    assert_eq!(usher.receipt(ANN, BASIC, "First-1").await.status, 200);
    assert!(usher.may_watch(ANN, BASIC).await);

    let now = usher.stack.config.clock.now();
    let end = push("UpgradeCancellation", "first1", BASIC_PRODUCT).at(now, days(now, 9));
    let answer = usher.deliver(&roku.sign(&end.message())).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!usher.may_watch(ANN, BASIC).await);
    assert_eq!(roku.key_requests(), 1, "the key set is fetched once");
}

#[tokio::test]
async fn unknown_keys_do_not_make_us_ask_again_and_again() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    let sale = push("Sale", "a", BASIC_PRODUCT).message();
    let stranger = roku_simulator::SigningKey::generate();
    for _ in 0..5 {
        assert_eq!(usher.deliver(&stranger.sign(&roku.claims(&sale))).await.status, 401);
    }
    assert_eq!(usher.deliver(&roku.sign(&sale)).await.status, 200);
    assert_eq!(roku.key_requests(), 1);
}

#[tokio::test]
async fn while_its_keys_are_out_of_reach_it_is_asked_to_send_again() {
    let roku = ForeignRoku::start().await;
    let usher = Usher::with(|options| {
        options.roku_keys = Some("http://127.0.0.1:9/keys.json".to_owned());
    })
    .await;
    let sale = push("Sale", "a", BASIC_PRODUCT).message();
    assert_eq!(usher.deliver(&roku.sign(&sale)).await.status, 503);
}

#[tokio::test]
async fn answers_that_are_none_leave_the_receipt_waiting() {
    let roku = ForeignRoku::start().await;
    let usher = Arc::new(usher_at(&roku).await);
    let scripts = [
        ("throttled", Script::Says(429, String::new())),
        ("down", Script::Says(503, "<html>".to_owned())),
        ("cut", Script::Says(200, r#"{"status":0,"transac"#.to_owned())),
        ("empty", Script::Says(200, String::new())),
        ("huge", Script::Says(200, "x".repeat(100 * 1024))),
        ("nameless", Script::Says(200, json!({ "status": 0 }).to_string())),
        ("redirect", Script::Says(302, String::new())),
        ("silent", Script::Silence),
    ];
    let transactions = scripts.clone().map(|(transaction, _)| transaction);
    let mut receipts = tokio::task::JoinSet::new();
    for (transaction, script) in scripts {
        roku.answer(transaction, script);
        let usher = Arc::clone(&usher);
        receipts.spawn(async move {
            let answer = usher.receipt(ANN, BASIC, transaction).await;
            let status = usher.receipt_status(transaction).await.json();
            (transaction, answer.status, status["status"].clone())
        });
    }
    for (transaction, answered, status) in receipts.join_all().await {
        assert_eq!((answered, status), (200, json!("processing")), "{transaction}");
    }
    assert!(!usher.may_watch(ANN, BASIC).await);
    // The queue asks on: when Roku is back, nobody has to show a receipt again.
    for transaction in transactions {
        roku.knows(transaction, BASIC_PRODUCT, json!({}));
    }
    usher.tick().await;
    assert!(usher.may_watch(ANN, BASIC).await);
    for transaction in transactions {
        let status = usher.receipt_status(transaction).await.json();
        assert_eq!(status["status"], "granted", "{transaction}");
    }
}

#[tokio::test]
async fn a_receipt_that_was_granted_is_not_asked_about_again() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    roku.knows("a", BASIC_PRODUCT, json!({}));
    for _ in 0..3 {
        usher.receipt(ANN, BASIC, "a").await;
    }
    assert_eq!(roku.questions(), 1);
}

#[tokio::test]
async fn a_receipt_that_was_granted_is_asked_about_again_when_it_no_longer_gives_access() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    let yesterday = days(usher.stack.config.clock.now(), -1).as_millisecond();
    let over = json!({ "expirationDate": format!("/Date({yesterday}+0000)/"), "cancelled": true });
    roku.knows("a", BASIC_PRODUCT, over);
    usher.receipt(ANN, BASIC, "a").await;
    assert_eq!(usher.receipt_status("a").await.json()["status"], "granted");
    assert!(!usher.may_watch(ANN, BASIC).await);
    // Renewed, and every push about it was lost.
    roku.knows("a", BASIC_PRODUCT, json!({}));
    usher.receipt(ANN, BASIC, "a").await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn a_receipt_for_another_offer_than_was_granted_waits_for_roku_too() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    roku.knows("a", BASIC_PRODUCT, json!({}));
    usher.receipt(ANN, BASIC, "a").await;
    roku.answer("a", Script::Says(404, String::new()));
    assert_eq!(usher.receipt(ANN, "S223456789_US", "a").await.status, 200);
    assert_eq!(usher.receipt_status("a").await.json()["status"], "processing");
    assert!(usher.may_watch(ANN, BASIC).await, "what was granted stays");
}

#[tokio::test]
async fn a_key_set_without_keys_is_no_key_set() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    roku.publish(&json!({ "keys": [{ "kty": "RSA", "kid": "x", "n": "AQAB", "e": "AA" }] }));
    let sale = push("Sale", "a", BASIC_PRODUCT).message();
    assert_eq!(usher.deliver(&roku.sign(&sale)).await.status, 503, "Roku is to send again");
}

#[tokio::test]
async fn what_is_charged_by_the_period_has_an_end() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    roku.knows("a", BASIC_PRODUCT, json!({}));
    usher.receipt(ANN, BASIC, "a").await;
    assert!(usher.may_watch(ANN, BASIC).await);
    let now = usher.stack.config.clock.now();
    for date in [json!(null), json!("soon"), json!("")] {
        let sale = push("Sale", "b", samples::PREMIUM_PRODUCT).at(now, now);
        let sale = sale.with("expirationDate", date.clone()).message();
        assert_eq!(usher.deliver(&roku.sign(&sale)).await.status, 200);
        assert!(!usher.may_watch(ANN, "S223456789_US").await, "{date}");
    }
}

#[tokio::test]
async fn entitlement_alone_opens_no_downgrade_before_its_day() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    let pending = json!({
        "purchaseStatus": "PendingActive", "purchaseType": "DOWNGRADE", "isEntitled": true,
        "total": 0.0, "cancelledTransactionIds": ["old"],
    });
    roku.knows("lower", BASIC_PRODUCT, pending);
    usher.receipt(ANN, BASIC, "lower").await;
    assert_eq!(usher.receipt_status("lower").await.json()["status"], "granted");
    assert!(!usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn an_answer_that_entitles_to_nothing_opens_nothing() {
    let roku = ForeignRoku::start().await;
    let usher = usher_at(&roku).await;
    roku.knows("over", BASIC_PRODUCT, json!({ "isEntitled": false, "cancelled": true }));
    roku.knows("held", BASIC_PRODUCT, json!({ "isEntitled": false }));
    for transaction in ["over", "held"] {
        usher.receipt(ANN, BASIC, transaction).await;
        let status = usher.receipt_status(transaction).await.json();
        assert_eq!(status["reason"], "not_entitled", "{transaction}");
    }
    assert!(!usher.may_watch(ANN, BASIC).await);
}
