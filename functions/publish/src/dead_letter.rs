//! A record of the stream that cannot be read, as it is put aside: where it stood, and what it had to
//! tell, for the person who finds out why.

use std::collections::BTreeMap;

use aws_lambda_events::event::dynamodb::EventRecord;
use serde_json::{Value, json};

/// What an item may have to tell. No other attribute is put aside: a receipt has more in it.
const TOLD: [&str; 2] = ["events", "engaged"];

/// The text of the letter.
pub(crate) fn of(record: &EventRecord, why: &str) -> String {
    let change = &record.change;
    let new: BTreeMap<_, _> =
        TOLD.iter().filter_map(|name| Some((*name, change.new_image.get(*name)?))).collect();
    let letter: Value = json!({
        "why": why,
        "eventID": record.event_id,
        "sequenceNumber": change.sequence_number,
        "keys": change.keys,
        "new": new,
    });
    letter.to_string()
}
