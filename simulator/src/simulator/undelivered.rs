//! The pushes that nobody has acknowledged yet and that are still tried.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::message::Message;

/// What is to be delivered, by message key.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Undelivered(HashMap<String, Message>);

impl Undelivered {
    pub(super) fn add(&mut self, messages: &[Message]) {
        self.0.extend(messages.iter().map(|message| (message.key.clone(), message.clone())));
    }

    /// A message arrived, was given up, or waits elsewhere.
    pub(super) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    pub(super) fn all(&self) -> Vec<Message> {
        self.0.values().cloned().collect()
    }
}
