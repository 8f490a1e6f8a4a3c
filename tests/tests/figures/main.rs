//! Simulated months, and then every cent that Roku moved is counted again from what it told.
//!
//! What the customers do hangs on a seed. `USHER_FIGURES_SEED=7 cargo test --test figures` lives the
//! life of that seed; a failure names its own.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

mod books;
mod town;

use std::env;

use books::Books;
use town::Town;

const SEEDS: [u64; 2] = [1, 2];
/// With what follows it, less than the 90 days that Roku can replay.
const DAYS: usize = 80;

fn seeds() -> Vec<u64> {
    match env::var("USHER_FIGURES_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => SEEDS.to_vec(),
    }
}

/// The differences of two sets of entries, in words.
fn compare(what: &str, expected: &books::Entries, found: &books::Entries) -> Vec<String> {
    let missing = expected.difference(found).map(|one| format!("{what} missing: {one:?}"));
    let extra = found.difference(expected).map(|one| format!("{what} extra: {one:?}"));
    missing.chain(extra).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_add_up() {
    for seed in seeds() {
        let mut town = Town::begin(seed).await;
        town.live(DAYS).await;
        town.settle().await;
        let mut wrong = Vec::new();
        let (expected, found) = (Books::of_roku(&town), Books::of_facts(&town).await);
        eprintln!(
            "seed {seed}: {} charges, {} others, {} untold",
            expected.charges.len(),
            expected.others.values().map(|set| set.len()).sum::<usize>(),
            town.untold.len()
        );
        wrong.extend(compare("before: charge", &expected.charges, &found.charges));
        town.replay().await;
        let found = Books::of_facts(&town).await;
        wrong.extend(compare("after: charge", &expected.charges, &found.charges));
        for (kind, expected) in &expected.others {
            wrong.extend(compare(&format!("after: {kind}"), expected, &found.others[kind]));
        }
        for (chain, refunded) in &expected.refunded {
            let back = found.refunded.get(chain).copied().unwrap_or_default();
            if back != *refunded {
                wrong.push(format!("after: chain {chain}: refunded {refunded}, listed {back}"));
            }
        }
        assert!(wrong.is_empty(), "seed {seed}: {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
