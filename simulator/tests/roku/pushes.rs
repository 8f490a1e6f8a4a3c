//! Every type of push has exactly the fields of Roku's sample of it, and ids that behave as there.

use roku_simulator::Refund;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::samples::{fields, fields_of};
use crate::stage::{ANN, Stage, moment_of, types};

const EVERY_TYPE: [&str; 18] = [
    "CancellationOfferEnded",
    "CancellationOfferInitiated",
    "Cancellation",
    "ChargebackReversed",
    "Chargeback",
    "Credit",
    "DowngradeCancellation",
    "DowngradeSale",
    "GraceInitiated",
    "GraceRecovered",
    "OnHoldInitiated",
    "OnHoldRecovered",
    "Refund",
    "Resubscribe",
    "Sale",
    "SecondChargeback",
    "UpgradeCancellation",
    "UpgradeSale",
];

/// A life in which everything happens that Roku would push.
async fn everything() -> Vec<Value> {
    let mut stage = Stage::begin().await;
    let roku = stage.roku.clone();
    let (basic, _) = roku.buy(ANN, "basic", false).await.unwrap();
    let basic = basic.purchase_id;
    let mut pushes = Vec::new();
    roku.fail_payments(&basic).unwrap();
    pushes.extend(heard_after_days(&mut stage, 32).await);
    roku.mend_payments(&basic).await.unwrap();
    roku.fail_payments(&basic).unwrap();
    pushes.extend(heard_after_days(&mut stage, 40).await);
    roku.mend_payments(&basic).await.unwrap();
    pushes.extend(heard_after_days(&mut stage, 31).await);
    roku.cancel(&basic).await.unwrap();
    roku.resubscribe(&basic).await.unwrap();
    roku.cancel(&basic).await.unwrap();
    roku.accept_offer(&basic).await.unwrap();
    pushes.extend(heard_after_days(&mut stage, 65).await);
    roku.refund(&basic, &Refund::default()).await.unwrap();
    roku.upgrade(ANN, "premium").await.unwrap();
    let (gold, _) = roku.upgrade_to_trial(ANN, "gold").await.unwrap();
    pushes.extend(heard_after_days(&mut stage, 40).await);
    let renewal = pushes.last().unwrap()["transactionId"].as_str().unwrap().to_owned();
    roku.charge_back(&renewal).await.unwrap();
    roku.reverse_chargeback(&renewal).await.unwrap();
    roku.second_chargeback(&renewal).await.unwrap();
    roku.downgrade(ANN, "basic").await.unwrap();
    roku.credit(ANN, Decimal::ONE, "thanks").await.unwrap();
    pushes.extend(stage.heard());
    assert!(pushes.iter().any(|push| push["originalTransactionId"] == gold.purchase_id.as_str()));
    pushes
}

async fn heard_after_days(stage: &mut Stage, days: i64) -> Vec<Value> {
    let mut pushes = stage.heard();
    stage.roku.move_clock(crate::stage::later(stage.now(), days)).await;
    pushes.extend(stage.heard());
    pushes
}

/// What the sample is called whose fields a push should have.
fn sample_of(push: &Value) -> String {
    let kind = push["transactionType"].as_str().unwrap();
    match kind {
        "Sale" if push["transactionId"] == push["originalTransactionId"] => "new Sale".to_owned(),
        "UpgradeSale" if push["isFreeTrial"] == false => "paid UpgradeSale".to_owned(),
        _ => kind.to_owned(),
    }
}

#[tokio::test]
async fn every_type_has_exactly_the_fields_of_its_sample() {
    let pushes = everything().await;
    for push in &pushes {
        let mut found = fields_of(push);
        // Only where a credit was used.
        if push["transactionType"] == "Sale" || push["transactionType"] == "UpgradeSale" {
            found.remove("creditsApplied");
        }
        assert_eq!(found, fields(&sample_of(push)), "{push:#}");
    }
    let mut heard = types(&pushes);
    heard.sort();
    heard.dedup();
    let mut all = EVERY_TYPE.map(str::to_owned).to_vec();
    all.sort();
    assert_eq!(heard, all);
}

#[tokio::test]
async fn a_first_purchase_has_the_fields_of_its_sample_too() {
    let mut stage = Stage::begin().await;
    stage.roku.buy(ANN, "basic", false).await.unwrap();
    assert_eq!(fields_of(&stage.heard_one()), fields("new Sale"));
    // What is bought once has no term (`roku-pay.md` §2.1).
    stage.roku.buy(ANN, "film", false).await.unwrap();
    let mut without_term = fields("new Sale");
    without_term.remove("expirationDate");
    assert_eq!(fields_of(&stage.heard_one()), without_term);
}

#[tokio::test]
async fn ids_behave_as_in_the_samples() {
    let pushes = everything().await;
    let mut seen = std::collections::HashSet::new();
    for push in &pushes {
        let kind = push["transactionType"].as_str().unwrap();
        let transaction = push["transactionId"].as_str().unwrap();
        let is_original = push["originalTransactionId"] == transaction;
        let is_first = push["comments"] == "New order processed.";
        match kind {
            // It names the charge before it, here at first the original, as in the sample.
            "GraceInitiated" => assert!(seen.contains(transaction), "{push:#}"),
            "Credit" => assert_eq!(transaction, "579743"),
            _ => assert_eq!(is_original, is_first, "{push:#}"),
        }
        let is_new = seen.insert(transaction.to_owned());
        assert_eq!(is_new, kind != "GraceInitiated", "{push:#}");
        let is_hyphenated = transaction.contains('-');
        assert_eq!(is_hyphenated, kind.starts_with("CancellationOffer"), "{push:#}");
        assert_eq!(push["responseKey"].as_str().unwrap().len(), 32);
    }
}

#[tokio::test]
async fn only_the_sale_that_begins_a_trial_says_that_it_does() {
    let mut trials = Vec::new();
    for push in everything().await {
        if push["isFreeTrial"] == true {
            trials.push(push["transactionType"].clone());
        }
    }
    assert_eq!(trials, [json!("UpgradeSale")]);

    let mut stage = Stage::begin().await;
    let (order, _) = stage.roku.buy(ANN, "basic", true).await.unwrap();
    let sale = stage.heard_one();
    assert_eq!((&sale["isFreeTrial"], &sale["total"]), (&json!(true), &json!(0.0)));
    stage.roku.cancel(&order.purchase_id).await.unwrap();
    assert_eq!(stage.heard_one()["isFreeTrial"], false);
}

#[tokio::test]
async fn what_happens_to_a_purchase_is_dated_in_the_order_in_which_it_happened() {
    let pushes = everything().await;
    let mut newest = std::collections::HashMap::new();
    for push in pushes.iter().filter(|push| push["transactionType"] != "Credit") {
        let at = moment_of(push, "eventDate");
        let before = newest.insert(push["originalTransactionId"].clone(), at);
        assert!(before.is_none_or(|before| before < at), "{push:#}");
    }
}
