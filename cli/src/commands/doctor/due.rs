//! The question to Roku that has been due for longest and was not sent.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::store::Table;
use usher::store::due::Due;

use super::Examined;

const WHAT: &str = "oldest question due";
/// A question that is due for longer is not being sent.
const LONGEST_DUE: SignedDuration = SignedDuration::from_mins(30);

/// Looks at the index `due`.
pub(super) async fn examine(table: &Table, now: Timestamp) -> Examined {
    let oldest = match Due::new(table).oldest(now).await {
        Ok(oldest) => oldest,
        Err(error) => return Examined::unexamined(WHAT, error.in_short()),
    };
    let found = oldest.map_or("none".to_owned(), |since| format!("since {since:.0}"));
    let is_old = oldest.is_some_and(|since| now.duration_since(since) > LONGEST_DUE);
    let todo = "see that ReconcileFunction runs every minute, and what its log says";
    Examined::well(WHAT, found, json!({ "since": oldest })).wrong_if(is_old, todo)
}
