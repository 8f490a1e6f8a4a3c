//! The life of one subscription, as devices, time and Roku cause it.

use jiff::SignedDuration;
use roku_simulator::Simulator;
use serde_json::json;
use std::sync::Arc;
use usher_tests::Usher;

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
const ROKU_CUSTOMER: &str = "2df58f54b4f7540ca3aa31ce8bec1fe7";

fn roku(usher: &Usher) -> Arc<Simulator> {
    usher.stack.simulator.clone().unwrap()
}

async fn pass_days(usher: &Usher, days: i64) {
    let roku = roku(usher);
    let to = roku.clock().now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    roku.move_clock(to).await;
}

/// Ann has bought Basic and shown the receipt.
async fn subscribed() -> (Usher, String) {
    let usher = Usher::start().await;
    let (order, pushes) = roku(&usher).buy(ROKU_CUSTOMER, "S123456789-US", false).await.unwrap();
    assert!(pushes.iter().all(|push| push.is_acknowledged()), "{pushes:?}");
    let receipt = usher.receipt(ANN, BASIC, &order.purchase_id).await;
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    (usher, order.purchase_id)
}

#[tokio::test]
async fn a_purchase_becomes_access() {
    let (usher, purchase) = subscribed().await;
    let access = usher.access(ANN, BASIC).await;
    assert_eq!(access["accessGranted"], true);
    assert_eq!(access["grantType"], "direct-purchase");
    assert_eq!(access["purchasedDirectly"], true);
    assert!(access["expiresAt"].as_i64().unwrap() > roku(&usher).clock().now().as_second());
    assert!(!usher.may_watch(ANN, PREMIUM).await);
    assert_eq!(usher.tags(ANN).await, json!(["basic"]));
    assert_eq!(usher.receipt_status(&purchase).await.json()["status"], "granted");
}

#[tokio::test]
async fn a_receipt_opens_access_before_any_push_has_come() {
    let usher = Usher::start().await;
    roku(&usher).set_push_url("http://127.0.0.1:9/nobody-listens");
    let (order, _) = roku(&usher).buy(ROKU_CUSTOMER, "S123456789-US", false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn a_push_alone_opens_nothing_to_anyone() {
    let (usher, _) = subscribed().await;
    roku(&usher).buy("another-roku-account", "S223456789-US", false).await.unwrap();
    assert!(!usher.may_watch(ANN, PREMIUM).await);
}

#[tokio::test]
async fn a_renewal_extends_the_term() {
    let (usher, purchase) = subscribed().await;
    let before = usher.access(ANN, BASIC).await["expiresAt"].as_i64().unwrap();
    roku(&usher).renew(&purchase).await.unwrap();
    let after = usher.access(ANN, BASIC).await;
    assert_eq!(after["accessGranted"], true);
    assert!(after["expiresAt"].as_i64().unwrap() > before + 27 * 24 * 3600, "{after}");
}

#[tokio::test]
async fn a_trial_is_access_and_is_renewed_at_the_full_price() {
    let usher = Usher::start().await;
    let (order, _) = roku(&usher).buy(ROKU_CUSTOMER, "S123456789-US", true).await.unwrap();
    assert_eq!(order.total, "$0.00");
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    roku(&usher).renew(&order.purchase_id).await.unwrap();
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn an_upgrade_opens_the_new_plan_and_closes_the_old_at_once() {
    let (usher, _) = subscribed().await;
    pass_days(&usher, 15).await;
    let (order, pushes) = roku(&usher).upgrade(ROKU_CUSTOMER, "S223456789-US").await.unwrap();
    assert_eq!(pushes.len(), 2, "{pushes:?}");
    assert_ne!(order.total, "$11.99", "the rest of the old term is credited");
    assert!(usher.may_watch(ANN, PREMIUM).await);
    assert!(!usher.may_watch(ANN, BASIC).await);
    assert_eq!(usher.tags(ANN).await, json!(["basic", "premium"]));
}

#[tokio::test]
async fn a_downgrade_waits_for_the_end_of_the_term() {
    let (usher, _) = subscribed().await;
    roku(&usher).upgrade(ROKU_CUSTOMER, "S223456789-US").await.unwrap();
    pass_days(&usher, 5).await;
    let (order, _) = roku(&usher).downgrade(ROKU_CUSTOMER, "S123456789-US").await.unwrap();
    // The app shows the new order's receipt; it is accepted and opens nothing yet.
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    assert_eq!(usher.receipt_status(&order.purchase_id).await.json()["status"], "granted");
    assert!(usher.may_watch(ANN, PREMIUM).await);
    assert!(!usher.may_watch(ANN, BASIC).await);

    roku(&usher).renew(&order.purchase_id).await.unwrap();
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(!usher.may_watch(ANN, PREMIUM).await);
}

#[tokio::test]
async fn a_downgrade_is_in_force_on_its_day_before_its_first_charge_is_heard_of() {
    let (usher, _) = subscribed().await;
    roku(&usher).upgrade(ROKU_CUSTOMER, "S223456789-US").await.unwrap();
    let (order, _) = roku(&usher).downgrade(ROKU_CUSTOMER, "S123456789-US").await.unwrap();
    roku(&usher).set_push_url("http://127.0.0.1:9/nobody-listens");
    roku(&usher).renew(&order.purchase_id).await.unwrap();
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(!usher.may_watch(ANN, PREMIUM).await);
}

#[tokio::test]
async fn a_cancellation_leaves_access_to_the_end_of_the_term_and_none_after() {
    let (usher, purchase) = subscribed().await;
    roku(&usher).cancel(&purchase).await.unwrap();
    pass_days(&usher, 27).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    pass_days(&usher, 5).await;
    assert!(!usher.may_watch(ANN, BASIC).await);
    assert_eq!(usher.tags(ANN).await, json!([]));
}

#[tokio::test]
async fn a_late_renewal_keeps_access_for_the_leeway_and_no_longer() {
    let (usher, _) = subscribed().await;
    roku(&usher).set_push_url("http://127.0.0.1:9/nobody-listens");
    let end = usher.access(ANN, BASIC).await["expiresAt"].as_i64().unwrap();
    let after = |hours: i64| jiff::Timestamp::from_second(end + hours * 3600).unwrap();
    roku(&usher).move_clock(after(5)).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    roku(&usher).move_clock(after(7)).await;
    assert!(!usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn one_customer_may_have_two_roku_accounts() {
    let (usher, _) = subscribed().await;
    let (order, _) = roku(&usher).buy("second-account", "S323456789-US", false).await.unwrap();
    usher.receipt(ANN, "S323456789_US", &order.purchase_id).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(usher.may_watch(ANN, "S323456789_US").await);
    assert_eq!(usher.tags(ANN).await, json!(["basic", "premium"]));
}
