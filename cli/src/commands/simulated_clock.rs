//! What time it is for a stack: on `usher local`, the simulator tells.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use usher::clock::Clock;

use super::Failure;
use super::queues::beside;

/// Longer than this no program on the same machine takes to tell the time.
const SIMULATOR_TIMEOUT: Duration = Duration::from_secs(5);

/// The address of something at the simulator of the `usher local` whose table is at `table`.
///
/// # Errors
/// When the table's address names no port.
pub(super) fn at_simulator(table: &str, path: &str) -> Result<String, Failure> {
    let simulator = beside(table, -1).ok_or_else(|| format!("{table} names no port"))?;
    Ok(format!("{simulator}{path}"))
}

/// The clock of `usher local`, so that what is done there does not seem older than it is.
///
/// # Errors
/// When no simulator tells the time.
pub(super) async fn simulators_clock(url: &str) -> Result<Clock, Failure> {
    let http = reqwest::Client::builder().timeout(SIMULATOR_TIMEOUT).no_proxy().build()?;
    let told = async { http.get(url).send().await?.error_for_status()?.json::<Value>().await };
    let there: Option<Timestamp> =
        told.await.ok().and_then(|told| told["now"].as_str()?.parse().ok());
    let there = there.ok_or_else(|| {
        format!("no simulator tells the time at {url}: name the Roku to ask with --roku")
    })?;
    let ahead: SignedDuration = there.duration_since(Clock::system().now());
    let now = move || Clock::system().now();
    Ok(Clock::new(move || now().checked_add(ahead).unwrap_or_else(|_| now())))
}
