//! Moves between plans, and a second one before the first has come into force.

use roku_simulator::Refused;
use serde_json::{Value, json};

use crate::stage::{ANN, Stage, dollars, later, moment, moment_of};

const TERM_END: &str = "2022-08-11T19:50:18Z";

/// The type and the chain of each push.
fn about(pushes: &[Value]) -> Vec<(&str, &str)> {
    pushes
        .iter()
        .map(|push| {
            let kind = push["transactionType"].as_str().unwrap();
            (kind, push["originalTransactionId"].as_str().unwrap())
        })
        .collect()
}

fn pending() -> (bool, bool, String, bool) {
    (true, false, "PendingActive".to_owned(), true)
}

/// Replaced or dropped: over, and dated ahead all the same.
fn gone() -> (bool, bool, String, bool) {
    (false, true, "Inactive".to_owned(), true)
}

fn current() -> (bool, bool, String, bool) {
    (true, false, "Active".to_owned(), true)
}

#[tokio::test]
async fn an_upgrade_credits_the_rest_of_the_old_term() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.pass_days(10).await;
    let (order, _) = stage.roku.upgrade(ANN, "premium").await.unwrap();
    let pushes = stage.heard();
    let premium = order.purchase_id.as_str();
    assert_eq!(about(&pushes), [("UpgradeSale", premium), ("UpgradeCancellation", basic.as_str())]);
    // 21 of 31 days of $7.99.
    let expected = [dollars(1199), dollars(658), dollars(541)];
    let sale = &pushes[0];
    assert_eq!([&sale["price"], &sale["total"], &sale["creditsApplied"]], expected.each_ref());
    let answer = stage.validate(premium).await;
    let found = [&answer["amount"], &answer["total"], &answer["creditsApplied"]];
    assert_eq!(found, expected.each_ref());
    assert_eq!(answer["purchaseType"], "UPGRADE");
    assert_eq!(answer["cancelledTransactionIds"], json!([basic]));
    assert_eq!(stage.standing(&basic).await, gone());
}

#[tokio::test]
async fn a_second_upgrade_is_credited_with_all_that_the_first_term_was_given_for() {
    let (mut stage, _) = Stage::bought("basic").await;
    stage.pass_days(10).await;
    stage.roku.upgrade(ANN, "premium").await.unwrap();
    stage.heard();
    stage.roku.upgrade(ANN, "gold").await.unwrap();
    let pushes = stage.heard();
    let sale = &pushes[0];
    // The whole of Premium, of which $5.41 were paid with the rest of Basic.
    assert_eq!([&sale["total"], &sale["creditsApplied"]], [&dollars(800), &dollars(1199)]);
}

#[tokio::test]
async fn what_was_refunded_is_not_credited_again() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.refund(&basic, &roku_simulator::Refund::default()).await.unwrap();
    stage.heard();
    stage.roku.upgrade(ANN, "premium").await.unwrap();
    let pushes = stage.heard();
    assert_eq!(pushes[0]["total"], dollars(1199));
    assert_eq!(pushes[0]["creditsApplied"], Value::Null);
}

#[tokio::test]
async fn what_a_credit_does_not_use_up_pays_the_next_charge() {
    let (mut stage, _) = Stage::bought("gold").await;
    let (order, _) = stage.roku.upgrade(ANN, "basic").await.unwrap();
    let pushes = stage.heard();
    assert_eq!(pushes[0]["total"], dollars(0));
    stage.roku.renew(&order.purchase_id).await.unwrap();
    stage.roku.renew(&order.purchase_id).await.unwrap();
    let totals: Vec<_> = stage.heard().iter().map(|sale| sale["total"].clone()).collect();
    // Three months of $7.99 less the $19.99 that were paid.
    assert_eq!(totals, [dollars(0), dollars(398)]);
}

#[tokio::test]
async fn a_downgrade_waits_for_the_end_of_the_term_and_is_charged_then() {
    let (mut stage, premium) = Stage::bought("premium").await;
    let (order, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    let basic = order.purchase_id.as_str();
    let pushes = stage.heard();
    assert_eq!(
        about(&pushes),
        [("DowngradeSale", basic), ("DowngradeCancellation", premium.as_str())]
    );
    for push in &pushes {
        assert_eq!(moment_of(push, "expirationDate"), moment(TERM_END));
    }
    assert_eq!(stage.standing(basic).await, pending());
    assert_eq!(stage.standing(&premium).await, (true, true, "Active".to_owned(), true));

    stage.roku.renew(basic).await.unwrap();
    let sale = stage.heard_one();
    assert_eq!((&sale["transactionType"], &sale["total"]), (&json!("Sale"), &dollars(799)));
    assert_ne!(sale["transactionId"], basic);
    assert_eq!(stage.standing(basic).await, current());
    assert_eq!(stage.standing(&premium).await, (false, true, "Inactive".to_owned(), false));
}

#[tokio::test]
async fn an_upgrade_drops_the_downgrade_that_waits() {
    let (mut stage, premium) = Stage::bought("premium").await;
    let (lower, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    stage.pass_days(10).await;
    let (higher, _) = stage.roku.upgrade(ANN, "gold").await.unwrap();
    let pushes = stage.heard();
    let (lower, higher) = (lower.purchase_id.as_str(), higher.purchase_id.as_str());
    let expected = [
        ("UpgradeSale", higher),
        ("UpgradeCancellation", premium.as_str()),
        ("UpgradeCancellation", lower),
    ];
    assert_eq!(about(&pushes), expected);
    // 21 of 31 days of $11.99.
    assert_eq!(pushes[0]["creditsApplied"], dollars(812));
    assert_eq!(stage.standing(&premium).await, gone());
    assert_eq!(stage.standing(lower).await, gone());
    assert_eq!(stage.validate(higher).await["cancelledTransactionIds"], json!([premium]));
    // On the day on which the downgrade would have begun, only the renewal that is due then.
    stage.roku.move_clock(later(moment(TERM_END), 20)).await;
    let pushes = stage.heard();
    assert_eq!(about(&pushes), [("Sale", higher)]);
}

#[tokio::test]
async fn a_second_downgrade_takes_the_place_of_the_first() {
    let (mut stage, gold) = Stage::bought("gold").await;
    let (first, _) = stage.roku.downgrade(ANN, "premium").await.unwrap();
    stage.heard();
    let (second, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    let pushes = stage.heard();
    let (first, second) = (first.purchase_id.as_str(), second.purchase_id.as_str());
    assert_eq!(about(&pushes), [("DowngradeSale", second), ("DowngradeCancellation", first)]);
    assert_eq!(stage.standing(first).await, gone());
    assert_eq!(stage.standing(second).await, pending());
    assert_eq!(stage.standing(&gold).await, (true, true, "Active".to_owned(), true));
    assert_eq!(stage.validate(second).await["cancelledTransactionIds"], json!([gold]));
    stage.roku.renew(second).await.unwrap();
    let pushes = stage.heard();
    assert_eq!(about(&pushes), [("Sale", second)]);
}

#[tokio::test]
async fn an_upgrade_in_grace_is_credited_with_nothing() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.fail_payments(&basic).unwrap();
    stage.pass_days(32).await;
    let (order, _) = stage.roku.upgrade(ANN, "premium").await.unwrap();
    let pushes = stage.heard();
    assert_eq!(pushes[0]["total"], dollars(1199));
    assert_eq!(pushes[0]["creditsApplied"], Value::Null);
    assert_eq!(stage.standing(&basic).await, (false, true, "Inactive".to_owned(), false));
    // The payment that opened the new plan works; the old one is not asked for any more.
    assert_eq!(stage.pass_days(62).await, ["Sale"; 2]);
    assert_eq!(stage.standing(&order.purchase_id).await, current());
}

#[tokio::test]
async fn a_downgrade_that_waits_can_be_cancelled_and_taken_up_again() {
    let (mut stage, premium) = Stage::bought("premium").await;
    let (order, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    let basic = order.purchase_id;
    stage.heard();
    stage.roku.cancel(&basic).await.unwrap();
    assert_eq!(stage.heard_types(), ["Cancellation"]);
    assert_eq!(stage.standing(&basic).await, (false, true, "PendingActive".to_owned(), true));
    stage.roku.resubscribe(&basic).await.unwrap();
    assert_eq!(stage.standing(&basic).await, pending());
    let subscribed = Err(Refused::AlreadySubscribed("premium".to_owned()));
    assert_eq!(stage.roku.resubscribe(&premium).await, subscribed);

    stage.roku.cancel(&basic).await.unwrap();
    stage.roku.resubscribe(&premium).await.unwrap();
    stage.heard();
    stage.roku.renew(&premium).await.unwrap();
    let pushes = stage.heard();
    assert_eq!(about(&pushes), [("Sale", premium.as_str())]);
    assert_eq!(stage.standing(&basic).await, (false, true, "Inactive".to_owned(), false));
}

#[tokio::test]
async fn a_device_is_refused_what_roku_refuses() {
    let stage = Stage::begin().await;
    let no_plan = || Err(Refused::NoPlan("premium".to_owned()));
    assert_eq!(stage.roku.upgrade(ANN, "premium").await, no_plan());
    assert_eq!(stage.roku.upgrade_to_trial(ANN, "premium").await, no_plan());
    assert_eq!(stage.roku.downgrade(ANN, "premium").await, no_plan());
    let (order, _) = stage.roku.buy(ANN, "basic", false).await.unwrap();
    let again = stage.roku.buy(ANN, "premium", false).await;
    assert_eq!(again, Err(Refused::AlreadySubscribed("premium".to_owned())));
    let unknown = Err(Refused::UnknownProduct("silver".to_owned()));
    assert_eq!(stage.roku.buy(ANN, "silver", false).await, unknown);
    assert_eq!(stage.roku.upgrade_to_trial(ANN, "silver").await, unknown);
    // Who has cancelled buys anew.
    stage.roku.cancel(&order.purchase_id).await.unwrap();
    assert_eq!(stage.roku.upgrade(ANN, "premium").await, no_plan());
    stage.roku.buy(ANN, "premium", false).await.unwrap();
}
