//! Simulated months, and then every cent that Roku moved is counted again from what it told.
//!
//! What the customers do hangs on a seed. `USHER_FIGURES_SEED=7 cargo test --test figures` lives the
//! life of that seed; a failure names its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where this does"
)]

mod books;
mod lost;
mod months;
mod reports;
mod stage;
mod town;
