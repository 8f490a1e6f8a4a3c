//! Months of a town, whose pushes are lost, late, doubled and reordered by turns.

use std::env;

use crate::books::{Books, Entries, differences};
use crate::town::Town;

/// What is lived where no seed is given.
const SEED: u64 = 6;
/// With what follows, less than the 90 days that Roku can replay (`roku-pay.md` §1).
const DAYS: usize = 80;

fn seed() -> u64 {
    env::var("USHER_FIGURES_SEED").map_or(SEED, |seed| seed.parse().unwrap())
}

impl Books {
    /// Every difference to what these books should say, in words.
    fn differences(&self, expected: &Self) -> Vec<String> {
        let mut wrong = differences("charge", &expected.charges, &self.charges);
        let none = Entries::new();
        for kind in ["Refund", "Credit", "Chargeback", "ChargebackReversed", "SecondChargeback"] {
            let [expected, found] =
                [expected, self].map(|books| books.others.get(kind).unwrap_or(&none));
            wrong.extend(differences(kind, expected, found));
        }
        if self.refunded != expected.refunded {
            for (chain, refunded) in &expected.refunded {
                let found = self.refunded.get(chain).copied().unwrap_or_default();
                if found != *refunded {
                    wrong.push(format!("refunds of chain {chain}: {found}, not {refunded}"));
                }
            }
        }
        wrong
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cent_of_a_town_is_accounted_for() {
    let seed = seed();
    // Given months of a town, and time enough for the schedule to ask about what is open
    let mut town = Town::begin(seed).await;
    town.live(DAYS).await;
    town.settle().await;
    let charged = Books::of_roku(&town.stage);

    // Then every charge is known; of what went back, all that a push came about
    let found = Books::of_facts(&town.stage).await;
    let wrong = found.differences(&Books::of_what_was_told(&town));
    assert!(wrong.is_empty(), "before the replay, seed {seed}:\n{}", wrong.join("\n"));
    assert_eq!(found.sums(), charged.sums(), "before the replay, seed {seed}");

    // And when Roku's pushes of the bad days are sent again, then everything is
    town.replay().await;
    let found = Books::of_facts(&town.stage).await;
    let wrong = found.differences(&charged);
    assert!(wrong.is_empty(), "after the replay, seed {seed}:\n{}", wrong.join("\n"));
    assert_eq!(found.sums(), charged.sums(), "after the replay, seed {seed}");

    let others: usize = charged.others.values().map(|moved| moved.len()).sum();
    eprintln!("{seed} {} {others} {}", charged.charges.len(), town.untold.len());
}
