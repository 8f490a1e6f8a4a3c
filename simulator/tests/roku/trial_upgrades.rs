//! Upgrades that begin with a trial, and what becomes of the plan that was left for it.

use serde_json::Value;

use crate::stage::{ANN, Stage, dollars, later, moment};

const TRIAL_END: &str = "2022-08-21T19:50:18Z";

type Standing = (bool, bool, String, bool);

fn suspended() -> Standing {
    (true, true, "PendingInactive".to_owned(), true)
}

fn reinstated() -> Standing {
    (true, true, "Active".to_owned(), true)
}

fn over(is_ahead: bool) -> Standing {
    (false, true, "Inactive".to_owned(), is_ahead)
}

/// Ten days into a month of a plan, Ann is in the trial of a higher one.
async fn in_trial(lower: &str, higher: &str) -> (Stage, String, String, Vec<Value>) {
    let (mut stage, old) = Stage::bought(lower).await;
    stage.pass_days(10).await;
    let (order, _) = stage.roku.upgrade_to_trial(ANN, higher).await.unwrap();
    assert_eq!(order.total, "$0.00");
    let pushes = stage.heard();
    (stage, old, order.purchase_id, pushes)
}

#[tokio::test]
async fn the_old_plan_is_suspended_for_the_trial() {
    let (stage, basic, premium, pushes) = in_trial("basic", "premium").await;
    assert_eq!(pushes[0]["transactionType"], "UpgradeSale");
    assert_eq!(pushes[0]["isFreeTrial"], true);
    assert_eq!(pushes[0]["price"], Value::Null);
    assert_eq!(pushes[1]["transactionType"], "UpgradeCancellation");
    assert_eq!(pushes[1]["originalTransactionId"], basic.as_str());
    assert_eq!(stage.standing(&basic).await, suspended());
    assert_eq!(stage.standing(&premium).await, (true, false, "Active".to_owned(), true));
    let answer = stage.validate(&premium).await;
    assert_eq!([&answer["amount"], &answer["total"]], [&dollars(1199), &dollars(0)]);
    assert_eq!(
        (&answer["purchaseType"], &answer["creditsApplied"]),
        (&"UPGRADE".into(), &Value::Null)
    );
}

#[tokio::test]
async fn the_first_charge_ends_the_old_plan_and_takes_its_rest() {
    let (mut stage, basic, premium, _) = in_trial("basic", "premium").await;
    // The old term runs out first.
    assert_eq!(stage.pass_days(22).await, [""; 0]);
    assert_eq!(stage.standing(&basic).await, over(false));
    stage.roku.renew(&premium).await.unwrap();
    assert_eq!(stage.now(), moment(TRIAL_END));
    let sale = stage.heard_one();
    // 21 of 31 days of $7.99.
    assert_eq!([&sale["total"], &sale["creditsApplied"]], [&dollars(658), &dollars(541)]);
    stage.roku.renew(&premium).await.unwrap();
    assert_eq!(stage.heard_one()["total"], dollars(1199));
}

#[tokio::test]
async fn a_paid_plan_that_runs_longer_than_the_trial_ends_with_the_first_charge() {
    let (mut stage, gold) = Stage::bought("gold").await;
    let (daily, _) = stage.roku.upgrade_to_trial(ANN, "daily").await.unwrap();
    assert_eq!(stage.standing(&gold).await, suspended());
    stage.heard();
    stage.roku.renew(&daily.purchase_id).await.unwrap();
    assert_eq!(stage.standing(&gold).await, over(true));
    let sale = stage.heard_one();
    assert_eq!([&sale["total"], &sale["creditsApplied"]], [&dollars(0), &dollars(99)]);
}

#[tokio::test]
async fn who_cancels_the_upgrade_has_the_old_plan_back_to_its_end() {
    let (mut stage, basic, premium, _) = in_trial("basic", "premium").await;
    stage.roku.cancel(&premium).await.unwrap();
    assert_eq!(stage.heard_types(), ["Cancellation"]);
    assert_eq!(stage.standing(&basic).await, reinstated());
    assert_eq!(stage.standing(&premium).await, reinstated());
    assert_eq!(stage.pass_days(100).await, [""; 0]);
    assert_eq!(stage.standing(&basic).await, over(false));
    assert_eq!(stage.standing(&premium).await, over(false));
}

#[tokio::test]
async fn who_takes_the_upgrade_up_again_is_where_they_were() {
    let (mut stage, basic, premium, _) = in_trial("basic", "premium").await;
    stage.roku.cancel(&premium).await.unwrap();
    stage.roku.resubscribe(&premium).await.unwrap();
    stage.heard();
    assert_eq!(stage.standing(&basic).await, suspended());
    stage.roku.renew(&premium).await.unwrap();
    assert_eq!(stage.heard_one()["total"], dollars(658));
}

#[tokio::test]
async fn a_trial_that_cannot_be_charged_gives_the_old_plan_back_when_it_is_over() {
    for is_cancelled in [true, false] {
        let (mut stage, yearly) = Stage::bought("yearly").await;
        let (gold, _) = stage.roku.upgrade_to_trial(ANN, "gold").await.unwrap();
        let gold = gold.purchase_id;
        stage.roku.fail_payments(&gold).unwrap();
        stage.heard();
        assert_eq!(stage.pass_days(31).await, ["OnHoldInitiated"]);
        assert_eq!(stage.standing(&gold).await, (false, false, "Active".to_owned(), false));
        assert_eq!(stage.standing(&yearly).await, suspended());
        if is_cancelled {
            stage.roku.cancel(&gold).await.unwrap();
        } else {
            stage.roku.move_clock(later(stage.now(), 60)).await;
        }
        assert_eq!(stage.heard_types(), ["Cancellation"]);
        assert_eq!(stage.standing(&gold).await, over(false));
        assert_eq!(stage.standing(&yearly).await, reinstated());
    }
}

#[tokio::test]
async fn a_paid_upgrade_out_of_a_trial_takes_the_rest_of_the_first_plan() {
    let (mut stage, basic, premium, _) = in_trial("basic", "premium").await;
    stage.roku.upgrade(ANN, "gold").await.unwrap();
    let pushes = stage.heard();
    let sale = &pushes[0];
    assert_eq!([&sale["total"], &sale["creditsApplied"]], [&dollars(1458), &dollars(541)]);
    assert_eq!(pushes[1]["originalTransactionId"], premium.as_str());
    assert_eq!(pushes.len(), 2, "the end of Basic was told before");
    assert_eq!(stage.standing(&basic).await, over(true));
    assert_eq!(stage.standing(&premium).await, over(true));
}

#[tokio::test]
async fn from_trial_to_trial_nothing_is_lost() {
    let (mut stage, yearly) = Stage::bought("yearly").await;
    let (premium, _) = stage.roku.upgrade_to_trial(ANN, "premium").await.unwrap();
    let (gold, _) = stage.roku.upgrade_to_trial(ANN, "gold").await.unwrap();
    stage.heard();
    assert_eq!(stage.standing(&yearly).await, suspended());
    assert_eq!(stage.standing(&premium.purchase_id).await, suspended());
    stage.roku.renew(&gold.purchase_id).await.unwrap();
    let sale = stage.heard_one();
    assert_eq!([&sale["total"], &sale["creditsApplied"]], [&dollars(0), &dollars(1999)]);
    assert_eq!(stage.standing(&yearly).await, over(true));
    assert_eq!(stage.standing(&premium.purchase_id).await, over(false));
}

#[tokio::test]
async fn a_trial_drops_the_downgrade_that_waits() {
    let (mut stage, premium) = Stage::bought("premium").await;
    let (lower, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    stage.heard();
    let (gold, _) = stage.roku.upgrade_to_trial(ANN, "gold").await.unwrap();
    assert_eq!(stage.heard_types(), ["UpgradeSale", "UpgradeCancellation", "UpgradeCancellation"]);
    assert_eq!(stage.standing(&lower.purchase_id).await, over(true));
    stage.roku.cancel(&gold.purchase_id).await.unwrap();
    assert_eq!(stage.standing(&premium).await, reinstated());
    assert_eq!(stage.pass_days(40).await, ["Cancellation"]);
}

#[tokio::test]
async fn an_unpaid_plan_is_not_suspended() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.fail_payments(&basic).unwrap();
    stage.roku.move_clock(later(stage.now(), 32)).await;
    let (premium, _) = stage.roku.upgrade_to_trial(ANN, "premium").await.unwrap();
    assert_eq!(stage.standing(&basic).await, over(false));
    stage.heard();
    // Whose payments fail, fail at the end of the trial too.
    assert_eq!(stage.pass_days(31).await, ["OnHoldInitiated"]);
    stage.roku.cancel(&premium.purchase_id).await.unwrap();
    assert_eq!(stage.standing(&basic).await, over(false));
}
