//! Months of a town, whose pushes are lost, late, doubled and reordered by turns.

use std::collections::BTreeMap;
use std::env;

use roku_simulator::{Payment, PaymentKind};
use rust_decimal::Decimal;

use crate::books::{Books, CHARGE, CREDIT, refunds_listed};
use crate::reports::{Reported, months_of};
use crate::town::Town;

/// What is lived where no seed is given.
const SEED: u64 = 6;
/// With what follows, less than the 90 days that Roku can replay (`roku-pay.md` §1).
const DAYS: usize = 80;

fn seed() -> u64 {
    env::var("USHER_FIGURES_SEED").map_or(SEED, |seed| seed.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cent_of_a_town_is_accounted_for() {
    // Given months of a town, and time enough for the schedule to ask about what is open
    let mut town = Town::begin(seed()).await;
    town.live(DAYS).await;
    town.settle().await;
    let moved = town.stage.roku.payments();
    let charges = Books::of_payments(&moved).count(CHARGE);
    assert!(charges > 100 && town.untold.len() > 20, "a quiet town: {charges} charges");

    // Then every charge is known; of what went back, all that a push came about. Roku does not tell
    // the rest when it is asked: a refund, a chargeback or a credit whose push is lost is not known.
    let is_known = |one: &&Payment| one.kind.is_charge() || !town.untold.contains(&one.transaction);
    let known: Vec<Payment> = moved.iter().filter(is_known).cloned().collect();
    assert!(known.len() < moved.len(), "nothing to replay");
    must_add_up(&town, &known, "before the replay").await;

    // And when Roku's pushes of the bad days are sent again, then all of it is
    town.replay().await;
    must_add_up(&town, &moved, "after the replay").await;
}

/// What a customer is shown, what left on the bus, and what is computed from the table say the same
/// as Roku, each transaction once and to the cent.
async fn must_add_up(town: &Town, moved: &[Payment], when: &str) {
    let when = |what: &str| format!("{what}, {when}, USHER_FIGURES_SEED={}", seed());
    let expected = Books::of_payments(moved);

    let listed = Books::of_transactions(&town.stage).await;
    listed.must_be(&expected.only(|kind| kind == CHARGE), &when("charges listed"));
    assert_eq!(refunds_listed(&town.stage).await, refunded(moved), "{}", when("refunds listed"));

    let (bus, table) =
        (Reported::of_the_bus(&town.stage), Reported::of_the_table(&town.stage).await);
    for (reported, what) in [(bus, "report of the bus"), (table, "report of the table")] {
        let cash = expected.only(|kind| kind != CREDIT);
        reported.transactions.must_be(&cash, &when(what));
        assert_eq!(reported.months, months_of(moved), "{}", when(what));
    }
}

/// What was refunded of each chain.
fn refunded(moved: &[Payment]) -> BTreeMap<String, Decimal> {
    let mut refunded = BTreeMap::new();
    for refund in moved.iter().filter(|moved| moved.kind == PaymentKind::Refund) {
        *refunded.entry(refund.purchase.clone().unwrap()).or_default() -= refund.total;
    }
    refunded
}
