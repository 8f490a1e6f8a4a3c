//! The store fails at every call in turn; then the sender sends again. Nothing is lost, nothing is
//! there twice.

use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER, days, push};
use usher_tests::wire::{Fault, Wire, usher_behind_a_wire};
use usher_tests::{Answer, Usher};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
/// More than any request makes.
const MOST_CALLS: usize = 12;

async fn bought(usher: &Usher) -> String {
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    order.purchase_id
}

/// Everything is in memory that a warm function has there.
async fn warm(usher: &Usher) {
    let now = usher.stack.config.clock.now();
    let other = push("Sale", "other", BASIC_PRODUCT).with("customerId", "other");
    let answer = usher.push(&other.at(now, now).message()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_push_survives_a_store_that_fails_at_any_call() {
    for fault in [Fault::LostOnTheWay, Fault::AnswerLost] {
        for call in 0..MOST_CALLS {
            let (usher, wire) = usher_behind_a_wire().await;
            let purchase = bought(&usher).await;
            usher.receipt(ANN, BASIC, &purchase).await;
            warm(&usher).await;
            let now = usher.stack.config.clock.now();
            let later = days(now, 1);
            let up = push("UpgradeSale", "up", "S223456789-US").at(later, days(now, 30)).message();
            let end = push("UpgradeCancellation", &purchase, BASIC_PRODUCT)
                .at(later, days(now, 30))
                .message();
            let (up, end) = (usher.sign("up", &up), usher.sign("end", &end));

            wire.arm(call, fault);
            let answer = usher.deliver(&up).await;
            let calls = wire.seen().len();
            wire.mend();
            if call >= calls {
                assert_eq!(answer.status, 200, "nothing failed: {}", answer.body);
                break;
            }
            // Another push comes first, then Roku sends the failed one again.
            assert_eq!(usher.deliver(&end).await.status, 200);
            if answer.status != 200 {
                assert_eq!(answer.status, 503, "{}", answer.body);
                assert_eq!(usher.deliver(&up).await.status, 200);
            }
            let held = (usher.may_watch(ANN, PREMIUM).await, usher.may_watch(ANN, BASIC).await);
            assert_eq!(held, (true, false), "{fault:?} at call {call}");
        }
    }
}

#[tokio::test]
async fn a_conflict_with_another_function_is_nobodys_failure() {
    for call in 0..MOST_CALLS {
        let (usher, wire) = usher_behind_a_wire().await;
        let purchase = bought(&usher).await;
        warm(&usher).await;
        let now = usher.stack.config.clock.now();
        let later = days(now, 1);
        let up = push("UpgradeSale", "up", "S223456789-US").at(later, days(now, 30)).message();

        wire.arm(call, Fault::Conflict);
        assert_eq!(usher.receipt(ANN, BASIC, &purchase).await.status, 200, "at call {call}");
        wire.arm(call, Fault::Conflict);
        assert_eq!(usher.push(&up).await.status, 200, "at call {call}");
        wire.mend();
        let held = (usher.may_watch(ANN, PREMIUM).await, usher.may_watch(ANN, BASIC).await);
        assert_eq!(held, (true, false), "at call {call}");
    }
}

#[tokio::test]
async fn a_push_that_was_kept_and_not_folded_in_is_folded_in_with_the_next() {
    let (usher, wire) = usher_behind_a_wire().await;
    let purchase = bought(&usher).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    warm(&usher).await;
    let now = usher.stack.config.clock.now();
    let up = push("UpgradeSale", "up", "S223456789-US").at(days(now, 1), days(now, 30)).message();

    // Keeping takes two calls; the process dies before it folds, and Roku never sends again.
    wire.arm(2, Fault::LostOnTheWay);
    assert_eq!(usher.deliver(&usher.sign("up", &up)).await.status, 503);
    wire.mend();
    assert!(!usher.may_watch(ANN, PREMIUM).await, "not folded in yet");
    let next = push("Credit", "none", BASIC_PRODUCT).at(days(now, 2), days(now, 2)).message();
    assert_eq!(usher.push(&next).await.status, 200);
    assert!(usher.may_watch(ANN, PREMIUM).await);
}

#[tokio::test]
async fn a_receipt_survives_a_store_that_fails_at_any_call() {
    for fault in [Fault::LostOnTheWay, Fault::AnswerLost] {
        for call in 0..MOST_CALLS + 4 {
            let (usher, wire) = usher_behind_a_wire().await;
            let purchase = bought(&usher).await;
            let answer = fail_at(&usher, &wire, call, fault, &purchase).await;
            let calls = wire.seen().len();
            wire.mend();
            if call >= calls {
                assert_eq!(answer.status, 200, "nothing failed: {}", answer.body);
                break;
            }
            assert!(matches!(answer.status, 200 | 503), "{}", answer.body);
            assert_eq!(usher.receipt(ANN, BASIC, &purchase).await.status, 200);
            assert!(usher.may_watch(ANN, BASIC).await, "{fault:?} at call {call}");
            assert_eq!(usher.receipt_status(&purchase).await.json()["status"], "granted");
        }
    }
}

async fn fail_at(usher: &Usher, wire: &Wire, call: usize, fault: Fault, purchase: &str) -> Answer {
    wire.arm(call, fault);
    usher.receipt(ANN, BASIC, purchase).await
}

#[tokio::test]
async fn while_the_store_is_down_every_caller_is_told_in_its_own_words() {
    let (usher, wire) = usher_behind_a_wire().await;
    let purchase = bought(&usher).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    let token = usher.customer_token(ANN).await;
    let now = usher.stack.config.clock.now();
    let jws = usher.sign("key", &push("Sale", "s", BASIC_PRODUCT).at(now, now).message());
    wire.arm(0, Fault::LostOnTheWay);
    insta::assert_snapshot!("push_while_the_store_is_down", usher.deliver(&jws).await.shown());
    let receipt = usher.receipt("new@example.com", BASIC, "abc").await;
    insta::assert_snapshot!("receipt_while_the_store_is_down", receipt.shown());
    let params = serde_json::json!({ "customerToken": token, "offerId": BASIC });
    let access = usher.rpc("getAccessStatus", params).await;
    insta::assert_snapshot!("access_while_the_store_is_down", format!("{access:#}"));
}
