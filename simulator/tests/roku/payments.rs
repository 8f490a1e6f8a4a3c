//! The book of all money that moved.

use roku_simulator::{Payment, PaymentKind as Kind, Refund};
use rust_decimal::Decimal;
use serde_json::json;

use crate::stage::{ANN, Stage};

/// Each as `kind product total, credits besides`.
fn shown(payments: &[Payment]) -> Vec<String> {
    let show = |one: &Payment| {
        let Payment { kind, product, total, credits_applied, .. } = one;
        let credits = Some(credits_applied).filter(|credits| !credits.is_zero());
        let credits = credits.map_or(String::new(), |credits| format!(", {credits} in credits"));
        format!("{kind:?} {product} {total:.2}{credits}")
    };
    payments.iter().map(show).collect()
}

#[tokio::test]
async fn every_charge_is_booked_once_with_what_it_was_for() {
    // Given a month of Basic, halfway through it Premium, and then Basic again
    let (mut stage, _) = Stage::bought("basic").await;
    stage.pass_days(31).await;
    let (premium, _) = stage.roku.upgrade(ANN, "premium").await.unwrap();
    stage.roku.downgrade(ANN, "basic").await.unwrap();
    stage.pass_days(31).await;

    // Then the order of Basic charged nothing, and its first term did
    let payments = stage.roku.payments();
    let expected = [
        "Purchase basic 7.99",
        "Renewal basic 7.99",
        "Upgrade premium 4.00, 7.99 in credits",
        "Renewal basic 7.99",
    ];
    assert_eq!(shown(&payments), expected);
    assert!(payments.iter().all(|one| one.kind.is_charge() && one.customer == ANN));
    let upgrade = &payments[2];
    assert_eq!(upgrade.transaction, premium.purchase_id);
    assert_eq!(upgrade.charge.as_ref(), Some(&premium.purchase_id));
    assert_ne!(payments[3].purchase.as_ref(), Some(&payments[3].transaction));
    assert_eq!(payments[3].charge.as_ref(), Some(&payments[3].transaction));
}

#[tokio::test]
async fn a_trial_moves_no_money_before_it_is_paid_for() {
    let mut stage = Stage::begin().await;
    let (trial, _) = stage.roku.buy(ANN, "basic", true).await.unwrap();
    assert_eq!(stage.roku.payments(), []);
    stage.pass_days(31).await;
    let payments = stage.roku.payments();
    assert_eq!(shown(&payments), ["Renewal basic 7.99"]);
    assert_eq!(payments[0].purchase.as_ref(), Some(&trial.purchase_id));
}

#[tokio::test]
async fn what_was_unpaid_is_booked_when_it_is_paid() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.fail_payments(&basic).unwrap();
    stage.pass_days(32).await;
    assert_eq!(shown(&stage.roku.payments()), ["Purchase basic 7.99"]);
    stage.roku.mend_payments(&basic).await.unwrap();
    let payments = stage.roku.payments();
    assert_eq!(shown(&payments[1..]), ["Recovery basic 7.99"]);
    assert_eq!(payments[1].at, stage.now());
}

#[tokio::test]
async fn what_goes_back_is_negative_and_names_the_charge() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.renew(&basic).await.unwrap();
    let renewal = stage.heard_one()["transactionId"].as_str().unwrap().to_owned();
    let part = Refund { amount: Some(Decimal::ONE), ..Refund::default() };
    stage.roku.refund(&renewal, &part).await.unwrap();
    stage.roku.charge_back(&basic).await.unwrap();
    stage.roku.reverse_chargeback(&basic).await.unwrap();
    stage.roku.second_chargeback(&basic).await.unwrap();
    stage.roku.credit(ANN, Decimal::TWO, "sorry").await.unwrap();
    let pushes = stage.heard();

    let moved = &stage.roku.payments()[2..];
    let expected = [
        "Refund basic -1.00",
        "Chargeback basic -7.99",
        "ChargebackReversed basic 7.99",
        "SecondChargeback basic -7.99",
        "Credit basic 2.00",
    ];
    assert_eq!(shown(moved), expected);
    let charges: Vec<_> = moved.iter().map(|one| one.charge.as_deref()).collect();
    assert_eq!(charges, [Some(&*renewal), Some(&*basic), Some(&*basic), Some(&*basic), None]);
    let chains: Vec<_> = moved.iter().map(|one| one.purchase.as_deref()).collect();
    assert_eq!(chains, [Some(&*basic), Some(&*basic), Some(&*basic), Some(&*basic), None]);
    // Each is told under the id that it is booked under.
    let told = pushes.iter().map(|push| push["transactionId"].as_str().unwrap());
    assert!(told.eq(moved.iter().map(|one| one.transaction.as_str())));
    assert!(moved.iter().all(|one| !one.kind.is_charge()));
}

#[tokio::test]
async fn what_was_refused_is_not_booked() {
    let (stage, basic) = Stage::bought("basic").await;
    let before = stage.roku.payments();
    let too_much = Refund { amount: Some(Decimal::TEN), ..Refund::default() };
    stage.roku.refund(&basic, &too_much).await.unwrap_err();
    stage.roku.reverse_chargeback(&basic).await.unwrap_err();
    stage.roku.credit("nobody", Decimal::ONE, "").await.unwrap_err();
    assert_eq!(stage.roku.payments(), before);
}

#[tokio::test]
async fn the_book_is_read_over_http() {
    let (stage, basic) = Stage::bought("basic").await;
    let expected = json!([{
        "kind": "purchase",
        "transaction": basic,
        "charge": basic,
        "purchase": basic,
        "customer": ANN,
        "product": "basic",
        "at": stage.now(),
        "total": "7.99",
        "tax": "0",
        "creditsApplied": "0",
        "currency": "usd",
    }]);
    assert_eq!(stage.get("/payments").await, expected);
    let kinds = [Kind::Purchase, Kind::ChargebackReversed].map(|kind| json!(kind));
    assert_eq!(kinds, [json!("purchase"), json!("chargeback-reversed")]);
}
