//! Money that goes back, and that no cent is made or lost on the way.

use roku_simulator::{Refund, Refused};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::stage::{ANN, Stage, dollars, moment_of};

fn part(cents: i64) -> Refund {
    Refund { amount: Some(Decimal::new(cents, 2)), ..Refund::default() }
}

fn at_most(cents: i64) -> Refused {
    Refused::Amount { at_most: Decimal::new(cents, 2) }
}

/// `price`, `total` and `tax` of a push.
fn amounts(push: &Value) -> [&Value; 3] {
    [&push["price"], &push["total"], &push["tax"]]
}

#[tokio::test]
async fn a_refund_gives_the_whole_price_back_and_takes_nothing_away() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let refund = Refund { partner_reference_id: "1657569338".to_owned(), ..Refund::default() };
    stage.roku.refund(&basic, &refund).await.unwrap();
    let push = stage.heard_one();
    assert_eq!(push["transactionType"], "Refund");
    assert_eq!(amounts(&push), [&dollars(-799), &dollars(-799), &json!(0.0)]);
    assert_eq!(push["partnerReferenceId"], "1657569338");
    assert_eq!(push["originalTransactionId"], basic.as_str());
    assert_eq!(stage.standing(&basic).await, (true, false, "Active".to_owned(), true));
    assert_eq!(stage.pass_days(31).await, ["Sale"]);
}

#[tokio::test]
async fn partial_refunds_add_up_to_the_price_and_no_further() {
    let (mut stage, basic) = Stage::bought("basic").await;
    for cents in [1, 400] {
        stage.roku.refund(&basic, &part(cents)).await.unwrap();
        assert_eq!(stage.heard_one()["total"], dollars(-cents));
    }
    assert_eq!(stage.roku.refund(&basic, &part(399)).await, Err(at_most(398)));
    stage.roku.refund(&basic, &Refund::default()).await.unwrap();
    assert_eq!(stage.heard_one()["total"], dollars(-398));
    let nothing = Err(Refused::NothingPaid(basic.clone()));
    assert_eq!(stage.roku.refund(&basic, &Refund::default()).await, nothing);
    assert_eq!(stage.roku.refund(&basic, &part(1)).await, nothing);
    assert_eq!(stage.roku.charge_back(&basic).await, nothing);
}

#[tokio::test]
async fn a_refund_is_of_one_charge() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.renew(&basic).await.unwrap();
    let renewal = stage.heard_one()["transactionId"].as_str().unwrap().to_owned();
    for charge in [&basic, &renewal] {
        stage.roku.refund(charge, &part(799)).await.unwrap();
        assert_eq!(stage.heard_one()["originalTransactionId"], basic.as_str());
    }
}

#[tokio::test]
async fn what_is_no_money_is_not_refunded_or_credited() {
    let (stage, basic) = Stage::bought("basic").await;
    for amount in ["0", "-1", "0.001", "8"].map(|amount| amount.parse().unwrap()) {
        let refund = Refund { amount: Some(amount), ..Refund::default() };
        assert_eq!(stage.roku.refund(&basic, &refund).await, Err(at_most(799)), "{amount}");
    }
    for amount in ["0", "-1", "0.001", "1000.01"].map(|amount| amount.parse().unwrap()) {
        let refused = stage.roku.credit(ANN, amount, "").await;
        assert_eq!(refused, Err(at_most(100_000)), "{amount}");
    }
    let unknown = Err(Refused::UnknownCustomer("nobody".to_owned()));
    assert_eq!(stage.roku.credit("nobody", Decimal::ONE, "").await, unknown);
    let unknown = Err(Refused::UnknownTransaction("0".to_owned()));
    assert_eq!(stage.roku.refund("0", &Refund::default()).await, unknown);
}

#[tokio::test]
async fn an_unauthorized_purchase_is_cancelled_now() {
    let (mut stage, premium) = Stage::bought("premium").await;
    let (lower, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    stage.heard();
    stage.pass_days(10).await;
    let refund = Refund { unauthorized: true, ..Refund::default() };
    stage.roku.refund(&premium, &refund).await.unwrap();
    let pushes = stage.heard();
    assert_eq!(pushes[0]["transactionType"], "Refund");
    assert_eq!(pushes[1]["transactionType"], "Cancellation");
    assert_eq!(pushes[1]["originalTransactionId"], premium.as_str());
    assert_eq!(moment_of(&pushes[1], "expirationDate"), stage.now());
    assert_eq!(stage.standing(&premium).await, (false, true, "Inactive".to_owned(), false));
    // What was to follow it does not either.
    assert_eq!(pushes[2]["transactionType"], "Cancellation");
    assert_eq!(pushes[2]["originalTransactionId"], lower.purchase_id.as_str());
    assert_eq!(stage.validate(&lower.purchase_id).await["isEntitled"], false);
    assert_eq!(stage.pass_days(100).await, [""; 0]);
}

#[tokio::test]
async fn an_unauthorized_film_is_taken_back_too() {
    let (mut stage, film) = Stage::bought("film").await;
    let refund = Refund { unauthorized: true, ..Refund::default() };
    stage.roku.refund(&film, &refund).await.unwrap();
    assert_eq!(stage.heard_types(), ["Refund", "Cancellation"]);
    assert_eq!(stage.standing(&film).await, (false, true, "Inactive".to_owned(), false));
}

#[tokio::test]
async fn a_credit_pays_the_next_charges_before_cash_does() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.credit(ANN, Decimal::new(1000, 2), "2d6ab759").await.unwrap();
    stage.roku.credit(ANN, Decimal::ONE, "").await.unwrap();
    let credits = stage.heard();
    assert_eq!([&credits[0]["price"], &credits[0]["total"]], [&dollars(1000); 2]);
    assert_eq!(credits[0]["partnerReferenceId"], "2d6ab759");
    assert_eq!(credits[0]["productCode"], "basic");
    let ids = credits.iter().map(|credit| credit["transactionId"].as_str().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), ["579743", "579744"]);

    let mut charged = Vec::new();
    for _ in 0..3 {
        stage.roku.renew(&basic).await.unwrap();
        let sale = stage.heard_one();
        let answer = stage.validate(&basic).await;
        assert_eq!(answer["total"], sale["total"]);
        assert_eq!(answer["creditsApplied"], sale["creditsApplied"]);
        charged.push((sale["total"].clone(), sale["creditsApplied"].clone()));
    }
    let expected = [(0, Some(799)), (498, Some(301)), (799, None)];
    let expected =
        expected.map(|(cash, credits)| (dollars(cash), credits.map_or(Value::Null, dollars)));
    assert_eq!(charged, expected);
}

#[tokio::test]
async fn a_credit_names_the_newest_product_that_the_customer_still_has() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let (film, _) = stage.roku.buy(ANN, "film", false).await.unwrap();
    let unauthorized = Refund { unauthorized: true, ..Refund::default() };
    for (purchase, named) in [(&film.purchase_id, "basic"), (&basic, "film")] {
        stage.roku.refund(purchase, &unauthorized).await.unwrap();
        stage.heard();
        stage.roku.credit(ANN, Decimal::ONE, "").await.unwrap();
        assert_eq!(stage.heard_one()["productCode"], named);
    }
}

#[tokio::test]
async fn only_cash_is_refunded() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.credit(ANN, Decimal::new(500, 2), "").await.unwrap();
    stage.roku.renew(&basic).await.unwrap();
    let renewal = stage.heard()[1]["transactionId"].as_str().unwrap().to_owned();
    stage.roku.refund(&renewal, &Refund::default()).await.unwrap();
    assert_eq!(stage.heard_one()["total"], dollars(-299));
}

#[tokio::test]
async fn a_chargeback_is_opened_reversed_and_opened_again() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.refund(&basic, &part(100)).await.unwrap();
    stage.heard();
    let wrong_stage = || Err(Refused::NoChargeback(basic.clone()));
    assert_eq!(stage.roku.reverse_chargeback(&basic).await, wrong_stage());

    stage.roku.charge_back(&basic).await.unwrap();
    let push = stage.heard_one();
    assert_eq!(amounts(&push), [&dollars(-699), &dollars(-699), &json!(0.0)]);
    assert_eq!(push["partnerReferenceId"], "");
    assert_eq!(stage.roku.charge_back(&basic).await, wrong_stage());
    assert_eq!(stage.roku.second_chargeback(&basic).await, wrong_stage());
    let nothing = Err(Refused::NothingPaid(basic.clone()));
    assert_eq!(stage.roku.refund(&basic, &Refund::default()).await, nothing);

    stage.roku.reverse_chargeback(&basic).await.unwrap();
    let push = stage.heard_one();
    assert_eq!(push["transactionType"], "ChargebackReversed");
    assert_eq!(amounts(&push), [&dollars(699), &dollars(699), &json!(0.0)]);

    stage.roku.refund(&basic, &part(99)).await.unwrap();
    stage.heard();
    stage.roku.second_chargeback(&basic).await.unwrap();
    let push = stage.heard_one();
    assert_eq!(push["transactionType"], "SecondChargeback");
    assert_eq!(amounts(&push), [&dollars(-600), &dollars(-600), &json!(0.0)]);
    assert_eq!(stage.roku.reverse_chargeback(&basic).await, wrong_stage());
    // None of it touches the plan.
    assert_eq!(stage.standing(&basic).await, (true, false, "Active".to_owned(), true));
}
