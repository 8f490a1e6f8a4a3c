//! What Roku did not tell, or did not answer, is asked again: receipts, renewals, recoveries, plan
//! changes. The schedule and the queue's worker run when a test lets them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use roku_simulator::{PushFault, Simulator, WebServiceFault};
use serde_json::json;
use usher::config::{Config, QueueUrls};
use usher::domain::id::{PurchaseId, RokuCustomerId};
use usher::store::histories::Histories;
use usher_cli::background::Background;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER, days, push};
use usher_tests::wire::{Fault, Wire};
use usher_tests::{Usher, gateway};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A stack whose clock moves only when it is moved, and its Roku.
async fn standing_still() -> (Usher, Arc<Simulator>) {
    let noon = "2026-01-01T12:00:00Z".parse().unwrap();
    let usher = Usher::with(|options| options.begins_at = Some(noon)).await;
    let roku = usher.stack.simulator.clone().unwrap();
    (usher, roku)
}

/// Ann buys Basic and shows the receipt.
async fn with_basic() -> (Usher, Arc<Simulator>, String) {
    let (usher, roku) = standing_still().await;
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    (usher, roku, order.purchase_id)
}

async fn pass(usher: &Usher, roku: &Arc<Simulator>, span: SignedDuration) {
    roku.move_clock(roku.clock().now() + span).await;
    usher.tick().await;
}

fn questions(roku: &Simulator) -> u64 {
    roku.requests().calls.get("validate-transaction").copied().unwrap_or_default()
}

async fn end_of_term(usher: &Usher) -> Timestamp {
    let end = usher.access(ANN, BASIC).await["expiresAt"].as_i64().unwrap();
    Timestamp::from_second(end).unwrap()
}

#[tokio::test]
async fn a_receipt_is_granted_within_a_minute_of_rokus_return_whatever_was_wrong() {
    for fault in [
        WebServiceFault::Down,
        WebServiceFault::TooManyRequests,
        WebServiceFault::BrokenJson,
        WebServiceFault::WrongKey,
    ] {
        let (usher, roku) = standing_still().await;
        let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
        roku.break_web_services(fault);
        assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
        for _ in 0..5 {
            pass(&usher, &roku, SignedDuration::from_secs(2)).await;
        }
        let status = usher.receipt_status(&order.purchase_id).await.json();
        assert_eq!(status["status"], "processing", "{fault:?}");
        roku.mend_web_services();
        pass(&usher, &roku, A_MINUTE).await;
        assert!(usher.may_watch(ANN, BASIC).await, "{fault:?}");
        assert!(questions(&roku) <= 8, "{fault:?}: pauses grow");
        let after = questions(&roku);
        pass(&usher, &roku, SignedDuration::from_hours(9)).await;
        assert_eq!(questions(&roku), after, "{fault:?}: it was asked about for the last time");
    }
}

#[tokio::test]
async fn an_answer_in_xml_is_an_answer() {
    let (usher, roku) = standing_still().await;
    roku.break_web_services(WebServiceFault::Xml);
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn a_receipt_that_did_not_reach_the_queue_is_found_by_the_schedule() {
    let (mut usher, roku) = standing_still().await;
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    let receipts = "http://127.0.0.1/000000000000/no-such-queue".to_owned();
    let queues = QueueUrls { receipts, ..QueueUrls::default() };
    usher.gateway = gateway::start(&Config { queues, ..usher.stack.config.clone() }).await;
    roku.break_web_services(WebServiceFault::Down);
    assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
    roku.mend_web_services();
    usher.tick().await;
    assert!(!usher.may_watch(ANN, BASIC).await, "it may still be worked on");
    pass(&usher, &roku, SignedDuration::from_secs(30)).await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn a_receipt_of_a_function_that_died_is_found_by_the_schedule() {
    let (mut usher, roku) = standing_still().await;
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    let (wire, gateway) = Wire::in_front_of(&usher.stack).await;
    usher.gateway = gateway;
    // Who it is and the customer it registers take some calls; then the receipt is kept.
    let kept = |wire: &Wire| {
        let seen = wire.seen();
        seen.iter().position(|call| {
            call.request["Item"]["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("RECEIPT"))
        })
    };
    wire.mend();
    usher.receipt(ANN, BASIC, "other").await;
    let calls = kept(&wire).unwrap() + 1;
    wire.arm(calls, Fault::LostOnTheWay);
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    wire.mend();
    assert!(!usher.may_watch(ANN, BASIC).await);
    pass(&usher, &roku, SignedDuration::from_secs(30)).await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn a_renewal_that_was_not_told_is_asked_about_when_the_term_ends() {
    let (usher, roku, _) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.break_pushes(PushFault::Lost);
    roku.move_clock(end + A_MINUTE).await;
    assert_eq!(usher.access(ANN, BASIC).await["grantType"], "renewal-leeway");
    usher.tick().await;
    assert_eq!(usher.access(ANN, BASIC).await["grantType"], "direct-purchase");
    assert!(end_of_term(&usher).await > end);

    let asked = questions(&roku);
    pass(&usher, &roku, SignedDuration::from_hours(24)).await;
    assert_eq!(questions(&roku), asked, "nothing is due before the next term ends");
}

#[tokio::test]
async fn a_renewal_that_was_told_is_not_asked_about() {
    let (usher, roku, purchase) = with_basic().await;
    let asked = questions(&roku);
    for _ in 0..3 {
        roku.renew(&purchase).await.unwrap();
        pass(&usher, &roku, A_MINUTE).await;
    }
    assert_eq!(questions(&roku), asked);
}

#[tokio::test]
async fn a_recovery_that_was_not_told_is_found_within_a_day() {
    let (usher, roku, purchase) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.fail_payments(&purchase).unwrap();
    roku.move_clock(days(end, 10)).await; // three days of grace, then on hold
    assert!(!usher.may_watch(ANN, BASIC).await);
    usher.tick().await;
    assert!(!usher.may_watch(ANN, BASIC).await, "on hold");

    roku.break_pushes(PushFault::Lost);
    roku.mend_payments(&purchase).await.unwrap();
    for _ in 0..24 {
        pass(&usher, &roku, SignedDuration::from_hours(1)).await;
    }
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn nothing_is_cancelled_at_roku_because_it_is_not_entitled() {
    let (usher, roku, purchase) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.fail_payments(&purchase).unwrap();
    for day in 0..30 {
        roku.move_clock(days(end, day)).await;
        usher.tick().await;
    }
    let calls = roku.requests().calls;
    assert!(calls["validate-transaction"] >= 20, "it was asked about every night: {calls:?}");
    assert_eq!(calls.len(), 1, "and nothing else was done: {calls:?}");
    roku.mend_payments(&purchase).await.unwrap();
    assert!(usher.may_watch(ANN, BASIC).await, "what was on hold is still alive");
}

#[tokio::test]
async fn who_took_a_cancellation_back_is_not_locked_out_by_a_lost_push() {
    let (usher, roku, purchase) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.cancel(&purchase).await.unwrap();
    roku.break_pushes(PushFault::Lost);
    roku.resubscribe(&purchase).await.unwrap();
    for minutes in [-12 * 60, -1, 0, 1, 60] {
        roku.move_clock(end + A_MINUTE * minutes).await;
        // The schedule runs before the end, and then only when all is over.
        if !(-1..=1).contains(&minutes) {
            usher.tick().await;
        }
        assert!(usher.may_watch(ANN, BASIC).await, "{minutes} minutes after the end");
    }
    assert!(end_of_term(&usher).await > end);
}

#[tokio::test]
async fn a_cancellation_is_over_after_two_questions() {
    let (usher, roku, purchase) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.cancel(&purchase).await.unwrap();
    let asked = questions(&roku);
    for hour in -30..30 {
        roku.move_clock(end + SignedDuration::from_hours(hour)).await;
        usher.tick().await;
    }
    assert!(!usher.may_watch(ANN, BASIC).await);
    assert_eq!(questions(&roku) - asked, 2);
}

#[tokio::test]
async fn the_other_half_of_an_upgrade_that_was_lost_is_asked_for() {
    let (usher, roku, old) = with_basic().await;
    pass(&usher, &roku, SignedDuration::from_hours(100)).await;
    roku.break_pushes(PushFault::Lost);
    let (order, _) = roku.upgrade(ROKU_CUSTOMER, PREMIUM_PRODUCT).await.unwrap();
    let now = roku.clock().now();
    let half = push("UpgradeSale", &order.purchase_id, PREMIUM_PRODUCT)
        .with("transactionId", order.purchase_id.as_str())
        .at(now, days(now, 30));
    assert_eq!(usher.push(&half.message()).await.status, 200);
    pass(&usher, &roku, A_MINUTE).await;
    assert!(state_of(&usher, &old).await.starts_with("current"), "the other half may come yet");
    pass(&usher, &roku, SignedDuration::from_mins(10)).await;
    assert!(state_of(&usher, &old).await.starts_with("replaced"));
    assert!(usher.may_watch(ANN, PREMIUM).await);
}

async fn state_of(usher: &Usher, purchase: &str) -> String {
    let histories = Histories::new(&usher.stack.config.table);
    let roku_customer = RokuCustomerId::parse(ROKU_CUSTOMER).unwrap();
    let history = histories.of_roku_customer(&usher.stack.publisher.id, &roku_customer).await;
    let account = history.unwrap().unwrap().account;
    account.purchases[&PurchaseId::parse(purchase).unwrap()].state.to_string()
}

#[tokio::test]
async fn two_runs_of_the_schedule_at_once_ask_twice_at_most() {
    let (usher, roku, _) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.break_pushes(PushFault::Lost);
    roku.move_clock(end + A_MINUTE).await;
    let asked = questions(&roku);
    let other = Background::new(&usher.stack.config).unwrap();
    tokio::join!(usher.tick(), other.tick(), usher.tick());
    assert!(questions(&roku) - asked <= 2, "the workers may meet, and no more");
    assert_eq!(usher.access(ANN, BASIC).await["grantType"], "direct-purchase");
    let asked = questions(&roku);
    pass(&usher, &roku, SignedDuration::from_hours(9)).await;
    assert_eq!(questions(&roku), asked);
}

/// A renewal that was not told, with the schedule and a worker who reach the table over a wire.
async fn renewed_unheard() -> (Usher, Arc<Simulator>, Arc<Wire>) {
    let (usher, roku, _) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.break_pushes(PushFault::Lost);
    roku.move_clock(end + A_MINUTE).await;
    let (wire, _) = Wire::in_front_of(&usher.stack).await;
    (usher, roku, wire)
}

async fn tick_over(wire: &Wire, usher: &Usher) {
    let config = wire.config(&usher.stack).await;
    Background::new(&config).unwrap().tick().await;
}

#[tokio::test]
async fn a_schedule_and_a_worker_that_die_at_any_call_lose_nothing() {
    let (usher, _, wire) = renewed_unheard().await;
    tick_over(&wire, &usher).await;
    let all = wire.seen();
    // One part of the index is like the other.
    let calls = all.iter().enumerate().filter(|(_, call)| call.request["IndexName"] != "due");
    let calls: Vec<usize> = calls.map(|(place, _)| place).collect();
    assert!(calls.len() > 8, "{calls:?}");
    for (call, fault) in
        calls.into_iter().flat_map(|call| [(call, Fault::LostOnTheWay), (call, Fault::AnswerLost)])
    {
        let (usher, roku, wire) = renewed_unheard().await;
        wire.arm(call, fault);
        tick_over(&wire, &usher).await;
        wire.mend();
        // The queue's pause, and the hours after which the index takes what the queue has lost.
        for pause in [SignedDuration::from_secs(10), SignedDuration::from_hours(5)] {
            pass(&usher, &roku, pause).await;
            assert!(usher.may_watch(ANN, BASIC).await, "{fault:?} at call {call}");
        }
        pass(&usher, &roku, SignedDuration::from_hours(2)).await;
        let grant = usher.access(ANN, BASIC).await["grantType"].clone();
        assert_eq!(grant, "direct-purchase", "{fault:?} at call {call}");
    }
}

#[tokio::test]
async fn a_purchase_that_roku_does_not_know_is_asked_about_daily_and_not_for_ever() {
    let (usher, roku, purchase) = with_basic().await;
    let end = end_of_term(&usher).await;
    roku.script_answer(&purchase, json!({ "status": 1, "errorMessage": "no such transaction" }));
    roku.break_pushes(PushFault::Lost);
    let asked = questions(&roku);
    for day in 0..80 {
        roku.move_clock(days(end, day) + A_MINUTE).await;
        usher.tick().await;
        usher.tick().await;
    }
    let asked = questions(&roku) - asked;
    assert!((55..=62).contains(&asked), "{asked}");
}

#[tokio::test]
async fn showing_a_receipt_while_roku_is_gone_does_not_hold_the_caller_up_for_long() {
    let (usher, roku) = standing_still().await;
    roku.break_web_services(WebServiceFault::Down);
    let mut statuses = Vec::new();
    for purchase in ["a", "b", "c", "d", "e"] {
        statuses.push(usher.receipt(ANN, BASIC, purchase).await.status);
    }
    assert_eq!(statuses, [200; 5]);
    assert_eq!(questions(&roku), 2, "two failures in a row are enough");
    assert_eq!(usher.receipt_status("e").await.json()["status"], "processing");
}
