//! Answers of validate-transaction that a tester wrote, for "what if Roku says this?".

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Simulator, lock};
use crate::id::plain;

/// Answers by transaction, as ids are compared.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Answers(HashMap<String, Value>);

impl Simulator {
    /// From now on validate-transaction gives this answer about a transaction, which need not
    /// exist, and nothing else. Only the slashes of dates are escaped as in Roku's own answers.
    pub fn script_answer(&self, transaction: &str, answer: Value) {
        self.change(&self.answers).0.insert(plain(transaction), answer);
    }

    /// Takes a scripted answer back. Says whether there was one.
    pub fn forget_answer(&self, transaction: &str) -> bool {
        self.change(&self.answers).0.remove(&plain(transaction)).is_some()
    }

    pub(crate) fn scripted_answer(&self, transaction: &str) -> Option<Value> {
        lock(&self.answers).0.get(&plain(transaction)).cloned()
    }
}
