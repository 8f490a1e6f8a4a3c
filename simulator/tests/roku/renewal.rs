//! Renewals turned off, on again, and kept by an offer.

use std::num::NonZeroU16;

use roku_simulator::Refused;
use serde_json::json;

use crate::stage::{ANN, Stage, dollars, later, moment, moment_of};

const TERM_END: &str = "2022-08-11T19:50:18Z";

#[tokio::test]
async fn a_term_is_renewed_every_month_until_the_customer_cancels() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.move_clock(later(stage.now(), 95)).await;
    let renewals = stage.heard();
    assert_eq!(renewals.len(), 3);
    for sale in renewals {
        assert_eq!(sale["comments"], "Recurring subscription processed");
        assert_ne!(sale["transactionId"], sale["originalTransactionId"]);
    }
    stage.roku.cancel(&basic).await.unwrap();
    assert_eq!(stage.pass_days(95).await, ["Cancellation"]);
    assert_eq!(stage.standing(&basic).await, (false, true, "Inactive".to_owned(), false));
}

#[tokio::test]
async fn a_customer_who_resubscribes_never_cancelled() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.cancel(&basic).await.unwrap();
    assert_eq!(stage.pass_days(10).await, ["Cancellation"]);
    assert_eq!(stage.standing(&basic).await, (true, true, "Active".to_owned(), true));

    stage.roku.resubscribe(&basic).await.unwrap();
    let push = stage.heard_one();
    assert_eq!(push["transactionType"], "Resubscribe");
    assert_eq!([&push["price"], &push["total"], &push["tax"]], [&json!(0.0); 3]);
    assert_eq!(stage.standing(&basic).await, (true, false, "Active".to_owned(), true));
    assert_eq!(stage.pass_days(31).await, ["Sale"]);
}

#[tokio::test]
async fn a_cancellation_is_undone_within_its_term_and_once() {
    let (stage, basic) = Stage::bought("basic").await;
    let not_cancelled = Err(Refused::NotCancelled(basic.clone()));
    assert_eq!(stage.roku.resubscribe(&basic).await, not_cancelled);
    stage.roku.cancel(&basic).await.unwrap();
    let off_already = Err(Refused::DoesNotRenew(basic.clone()));
    assert_eq!(stage.roku.cancel(&basic).await, off_already);

    stage.roku.move_clock(moment(TERM_END)).await;
    let ended = Err(Refused::Ended(basic.clone()));
    assert_eq!(stage.roku.resubscribe(&basic).await, ended);
    assert_eq!(stage.roku.accept_offer(&basic).await, ended);
    let unknown = Err(Refused::UnknownTransaction("0".to_owned()));
    assert_eq!(stage.roku.resubscribe("0").await, unknown);
}

#[tokio::test]
async fn a_cancellation_is_not_undone_beside_another_plan() {
    let (stage, basic) = Stage::bought("basic").await;
    stage.roku.cancel(&basic).await.unwrap();
    stage.roku.buy(ANN, "premium", false).await.unwrap();
    let subscribed = Err(Refused::AlreadySubscribed("basic".to_owned()));
    assert_eq!(stage.roku.resubscribe(&basic).await, subscribed);
    assert_eq!(stage.roku.accept_offer(&basic).await, subscribed);
}

#[tokio::test]
async fn an_offer_undoes_a_cancellation_and_halves_the_next_cycle() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.cancel(&basic).await.unwrap();
    stage.heard();
    stage.roku.accept_offer(&basic).await.unwrap();
    let accepted = stage.heard_one();
    assert_eq!(accepted["transactionType"], "CancellationOfferInitiated");
    assert_eq!(accepted["productName"], "DefaultText");
    assert_eq!(moment_of(&accepted, "expirationDate"), moment(TERM_END));
    assert_eq!(stage.standing(&basic).await, (true, false, "Active".to_owned(), true));

    stage.roku.renew(&basic).await.unwrap();
    let sale = stage.heard_one();
    assert_eq!([&sale["price"], &sale["total"]], [&dollars(400); 2]);
    let answer = stage.validate(&basic).await;
    assert_eq!([&answer["amount"], &answer["total"]], [&dollars(799), &dollars(400)]);

    stage.roku.renew(&basic).await.unwrap();
    let pushes = stage.heard();
    assert_eq!(pushes[0]["total"], dollars(799));
    assert_eq!(pushes[1]["transactionType"], "CancellationOfferEnded");
    assert_eq!(pushes[1]["expirationDate"], pushes[0]["expirationDate"]);
    assert_eq!(stage.pass_days(31).await, ["Sale"]);
}

#[tokio::test]
async fn an_offer_of_three_cycles_halves_three() {
    let (mut stage, basic) = Stage::bought("basic").await;
    let three = NonZeroU16::new(3).unwrap();
    stage.roku.accept_offer_for(&basic, three).await.unwrap();
    stage.heard();
    let mut totals = Vec::new();
    for _ in 0..4 {
        stage.roku.renew(&basic).await.unwrap();
        totals.push(stage.heard()[0]["total"].clone());
    }
    assert_eq!(totals, [400, 400, 400, 799].map(dollars));
}

#[tokio::test]
async fn an_offer_ends_even_where_the_charge_after_it_fails() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.accept_offer(&basic).await.unwrap();
    stage.roku.renew(&basic).await.unwrap();
    stage.roku.fail_payments(&basic).unwrap();
    stage.heard();
    assert_eq!(stage.pass_days(31).await, ["GraceInitiated", "CancellationOfferEnded"]);
    stage.roku.mend_payments(&basic).await.unwrap();
    assert_eq!(stage.heard_types(), ["GraceRecovered"]);
    assert_eq!(stage.validate(&basic).await["total"], dollars(799));
}

#[tokio::test]
async fn what_is_bought_once_does_not_renew() {
    let (stage, film) = Stage::bought("film").await;
    let refused = Err(Refused::DoesNotRenew(film.clone()));
    assert_eq!(stage.roku.cancel(&film).await, refused);
    assert_eq!(stage.roku.resubscribe(&film).await, refused);
    assert_eq!(stage.roku.accept_offer(&film).await, refused);
    assert_eq!(stage.roku.renew(&film).await, refused);
}
