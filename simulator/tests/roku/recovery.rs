//! Payments that fail, and every way that this can end.

use roku_simulator::{Account, Refused};
use serde_json::json;

use crate::stage::{ANN, Stage, account, dollars, later, millisecond, moment, moment_of};

const TERM_END: &str = "2022-08-11T19:50:18Z";

/// Ann's payment for the second month of Basic has failed, and days have passed since.
async fn unpaid_for(days: i64) -> (Stage, String) {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.fail_payments(&basic).unwrap();
    stage.roku.move_clock(later(moment(TERM_END), days)).await;
    stage.heard();
    (stage, basic)
}

fn active(is_entitled: bool) -> (bool, bool, String, bool) {
    (is_entitled, false, "Active".to_owned(), false)
}

fn ended() -> (bool, bool, String, bool) {
    (false, true, "Inactive".to_owned(), false)
}

#[tokio::test]
async fn a_payment_that_is_never_mended_goes_through_grace_and_hold_to_the_end() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.fail_payments(&basic).unwrap();
    assert_eq!(stage.heard_types(), [""; 0]);
    let current = (true, false, "Active".to_owned(), true);
    for (day, pushed, standing) in [
        (-1, None, current),
        (0, Some("GraceInitiated"), active(true)),
        (2, None, active(true)),
        (3, Some("OnHoldInitiated"), active(false)),
        (59, None, active(false)),
        (60, Some("Cancellation"), ended()),
        (400, None, ended()),
    ] {
        stage.roku.move_clock(later(moment(TERM_END), day)).await;
        let pushes = stage.heard();
        let found = pushes.iter().map(|push| push["transactionType"].as_str().unwrap());
        assert_eq!(found.collect::<Vec<_>>(), Vec::from_iter(pushed), "day {day}");
        assert_eq!(stage.standing(&basic).await, standing, "day {day}");
        for push in &pushes {
            assert_eq!(moment_of(push, "expirationDate"), moment(TERM_END), "{push:#}");
            let seconds = moment_of(push, "eventDate").duration_since(stage.now()).as_secs();
            assert!((1..=5).contains(&seconds), "{push:#}");
        }
    }
}

#[tokio::test]
async fn grace_is_as_long_as_the_publisher_set_it() {
    for (grace_days, lasts) in [(0, None), (10, Some(10)), (16, Some(16)), (255, Some(60))] {
        let account = Account { grace_days, ..account() };
        let (mut stage, basic) = Stage::begin_with(account).await.with("basic").await;
        stage.roku.fail_payments(&basic).unwrap();
        stage.roku.move_clock(moment(TERM_END)).await;
        let Some(days) = lasts else {
            assert_eq!(stage.heard_types(), ["OnHoldInitiated"]);
            assert_eq!(stage.standing(&basic).await, active(false));
            continue;
        };
        assert_eq!(stage.heard_types(), ["GraceInitiated"]);
        stage.roku.move_clock(later(moment(TERM_END), days - 1)).await;
        assert_eq!(stage.heard_types(), [""; 0]);
        stage.roku.move_clock(later(moment(TERM_END), 60)).await;
        assert_eq!(stage.heard_types(), ["OnHoldInitiated", "Cancellation"]);
    }
}

#[tokio::test]
async fn a_trial_whose_first_charge_fails_goes_straight_on_hold() {
    let mut stage = Stage::begin().await;
    let (order, _) = stage.roku.buy(ANN, "basic", true).await.unwrap();
    stage.roku.fail_payments(&order.purchase_id).unwrap();
    stage.heard();
    assert_eq!(stage.pass_days(31).await, ["OnHoldInitiated"]);
    assert_eq!(stage.standing(&order.purchase_id).await, active(false));
    stage.roku.mend_payments(&order.purchase_id).await.unwrap();
    assert_eq!(stage.heard_types(), ["OnHoldRecovered"]);
    // The trial is over: the next failure is that of a paid term.
    stage.roku.fail_payments(&order.purchase_id).unwrap();
    assert_eq!(stage.pass_days(31).await, ["GraceInitiated"]);
}

#[tokio::test]
async fn paid_in_grace_the_billing_date_stays() {
    let (mut stage, basic) = unpaid_for(2).await;
    stage.roku.mend_payments(&basic).await.unwrap();
    let recovered = stage.heard_one();
    assert_eq!(recovered["transactionType"], "GraceRecovered");
    assert_eq!(moment_of(&recovered, "eventDate"), stage.now());
    assert_eq!(moment_of(&recovered, "expirationDate"), moment("2022-09-11T19:50:18Z"));
    let answer = stage.validate(&basic).await;
    assert_eq!(answer["transactionId"], recovered["transactionId"]);
    assert_eq!(millisecond(&answer["purchaseDate"]), stage.now().as_millisecond());
    assert_eq!((&answer["total"], &answer["isEntitled"]), (&dollars(799), &json!(true)));
    // The new transaction leads to the same chain.
    let by_charge = stage.validate(recovered["transactionId"].as_str().unwrap()).await;
    assert_eq!(by_charge["OriginalTransactionId"], basic.as_str());
    stage.roku.renew(&basic).await.unwrap();
    assert_eq!(stage.now(), moment("2022-09-11T19:50:18Z"));
    assert_eq!(stage.heard_types(), ["Sale"]);
}

#[tokio::test]
async fn paid_on_hold_the_term_begins_with_the_payment() {
    let (mut stage, basic) = unpaid_for(20).await;
    stage.roku.mend_payments(&basic).await.unwrap();
    let recovered = stage.heard_one();
    assert_eq!(recovered["transactionType"], "OnHoldRecovered");
    assert_eq!(stage.now(), moment("2022-08-31T19:50:18Z"));
    assert_eq!(moment_of(&recovered, "expirationDate"), moment("2022-09-30T19:50:18Z"));
    let current = (true, false, "Active".to_owned(), true);
    assert_eq!(stage.standing(&basic).await, current);
    stage.roku.renew(&basic).await.unwrap();
    // Counted from the payment on the 31st, and not from the shorter month between.
    assert_eq!(moment_of(&stage.heard_one(), "expirationDate"), moment("2022-10-31T19:50:18Z"));
}

#[tokio::test]
async fn mended_before_the_charge_nothing_has_failed() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.fail_payments(&basic).unwrap();
    assert_eq!(stage.roku.mend_payments(&basic).await, Ok(Vec::new()));
    assert_eq!(stage.pass_days(31).await, ["Sale"]);
}

#[tokio::test]
async fn a_term_that_was_paid_late_is_not_over_already() {
    let (mut stage, daily) = Stage::bought("daily").await;
    stage.roku.fail_payments(&daily).unwrap();
    assert_eq!(stage.pass_days(1).await, ["GraceInitiated"]);
    assert_eq!(stage.pass_days(2).await, [""; 0]);
    stage.roku.mend_payments(&daily).await.unwrap();
    let recovered = stage.heard_one();
    assert_eq!(moment_of(&recovered, "expirationDate"), later(stage.now(), 1));
    assert_eq!(stage.pass_days(1).await, ["Sale"]);
}

#[tokio::test]
async fn who_cancels_without_having_paid_loses_it_at_once() {
    for days in [1, 20] {
        let (mut stage, basic) = unpaid_for(days).await;
        stage.roku.cancel(&basic).await.unwrap();
        let cancellation = stage.heard_one();
        assert_eq!(cancellation["transactionType"], "Cancellation");
        assert_eq!(moment_of(&cancellation, "expirationDate"), moment(TERM_END));
        assert_eq!(stage.standing(&basic).await, ended());
        assert_eq!(stage.pass_days(100).await, [""; 0]);
        let ended = Err(Refused::Ended(basic.clone()));
        assert_eq!(stage.roku.mend_payments(&basic).await, ended);
    }
}

#[tokio::test]
async fn a_downgrade_that_cannot_be_charged_is_in_grace_on_its_day() {
    let (mut stage, premium) = Stage::bought("premium").await;
    // The payment method that fails is the customer's, whatever plan it pays for.
    stage.roku.fail_payments(&premium).unwrap();
    let (lower, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    stage.heard();
    assert_eq!(stage.pass_days(31).await, ["GraceInitiated"]);
    assert_eq!(stage.standing(&lower.purchase_id).await, active(true));
    assert_eq!(stage.standing(&premium).await, ended());
}

#[tokio::test]
async fn what_is_unpaid_is_not_changed_or_bought_again() {
    let unpaid = |basic: &str| Refused::Unpaid(basic.to_owned());
    let (stage, basic) = unpaid_for(1).await;
    assert_eq!(stage.roku.downgrade(ANN, "daily").await, Err(unpaid(&basic)));
    assert_eq!(stage.roku.resubscribe(&basic).await, Err(unpaid(&basic)));
    assert_eq!(stage.roku.accept_offer(&basic).await, Err(unpaid(&basic)));
    assert_eq!(stage.roku.renew(&basic).await, Err(Refused::DoesNotRenew(basic.clone())));

    let (stage, basic) = unpaid_for(20).await;
    assert_eq!(stage.roku.upgrade(ANN, "gold").await, Err(unpaid(&basic)));
    let subscribed = Err(Refused::AlreadySubscribed("basic".to_owned()));
    assert_eq!(stage.roku.buy(ANN, "basic", false).await, subscribed);
}

#[tokio::test]
async fn only_what_will_be_charged_can_fail() {
    let (stage, basic) = Stage::bought("basic").await;
    stage.roku.cancel(&basic).await.unwrap();
    let (film, _) = stage.roku.buy(ANN, "film", false).await.unwrap();
    for purchase in [basic, film.purchase_id] {
        let refused = Err(Refused::DoesNotRenew(purchase.clone()));
        assert_eq!(stage.roku.fail_payments(&purchase), refused);
    }
    let unknown = || Err(Refused::UnknownTransaction("0".to_owned()));
    assert_eq!(stage.roku.fail_payments("0"), unknown());
    assert_eq!(stage.roku.mend_payments("0").await.map(drop), unknown());
}
