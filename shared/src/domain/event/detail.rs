//! What is on the bus.

use serde::{Deserialize, Serialize};

use super::message::EventMessage;
use super::row::Row;

/// The detail of an entry of the bus. No personal data is in it, ids only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// What webhooks are sent; none for what only reports are made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventMessage>,
    /// What reports are made of.
    pub row: Row,
}

impl Detail {
    /// The type of the entry, by which rules of the bus choose.
    pub fn detail_type(&self) -> &str {
        &self.row.event_type
    }
}
