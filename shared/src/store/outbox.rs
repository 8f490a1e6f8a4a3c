//! Events on their way out: kept on the item that they happened to, in the write that changed it, so
//! that nothing is lost between state and event. The table's stream carries them on; the next write
//! of the item takes their place.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{StoreError, string};
use crate::domain::event::Event;

/// The attribute that holds them: a text, JSON, so that a filter of the stream can ask for it.
pub(super) const EVENTS: &str = "events";

/// What the attribute says.
pub(super) fn value(events: &[Event]) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(events).map(string).map_err(StoreError::corrupt)
}
