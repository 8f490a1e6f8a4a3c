//! Roku's public keys, which pushes are checked with.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::config::Config;
use usher::store::published_keys::StoredKeys;

use super::Examined;

const WHAT: &str = "Roku's public keys";
/// They are fetched every hour.
const OLDEST_KEYS: SignedDuration = SignedDuration::from_hours(3);

/// Looks when the keys were last fetched.
pub(super) async fn examine(config: &Config, now: Timestamp) -> Examined {
    let address = &config.roku_keys_url;
    let fetched = match StoredKeys::of_roku(&config.table, address).load().await {
        Ok(fetched) => fetched,
        Err(error) => return Examined::unexamined(WHAT, error.in_short()),
    };
    let at = fetched.map(|fetched| fetched.at);
    let found = match at {
        None => format!("never fetched from {address}"),
        Some(at) => format!("fetched {at:.0}"),
    };
    let is_old = at.is_none_or(|at| now.duration_since(at) > OLDEST_KEYS);
    let todo = "see in the log of ReconcileFunction why Roku's keys are not fetched";
    let values = json!({ "address": address, "fetchedAt": at });
    Examined::well(WHAT, found, values).wrong_if(is_old, todo)
}
