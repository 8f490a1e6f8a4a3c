//! What is wrong with the way of pushes, one thing at a time, and what it holds back.

use std::mem;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Simulator, lock};
use crate::delivery::Delivery;
use crate::faults::PushFault;
use crate::message::Message;

/// The fault, and what is held back until it is mended.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct PushFaults {
    current: Option<PushFault>,
    held: Vec<Message>,
}

impl PushFaults {
    /// What of these messages goes out now, and how often.
    pub(super) fn let_through(&mut self, messages: Vec<Message>) -> Vec<Message> {
        match self.current {
            None => messages,
            Some(PushFault::Lost) => Vec::new(),
            Some(PushFault::Late | PushFault::Reordered) => {
                self.held.extend(messages);
                Vec::new()
            }
            Some(PushFault::Doubled) => {
                messages.into_iter().flat_map(|message| [message.clone(), message]).collect()
            }
        }
    }

    /// Whether nothing gets through now, a further attempt included.
    pub(super) fn stop_all(&self) -> bool {
        self.current.is_some_and(|fault| fault != PushFault::Doubled)
    }

    fn mend(&mut self) -> Vec<Message> {
        let mut held = mem::take(&mut self.held);
        if self.current.take() == Some(PushFault::Reordered) {
            held.reverse();
        }
        held
    }
}

impl Simulator {
    /// Breaks the way of pushes until it is [mended](Self::mend_pushes) or broken in another way.
    /// What is held back by then stays held back, and the last fault says in which order it comes.
    pub fn break_pushes(&self, fault: PushFault) {
        self.change(&self.push_faults).current = Some(fault);
    }

    /// The way of pushes is free again. Gives what came of those that were held back.
    pub async fn mend_pushes(self: &Arc<Self>) -> Vec<Delivery> {
        let held = self.change(&self.push_faults).mend();
        self.deliver(held).await
    }

    /// What is wrong with the way of pushes.
    pub fn push_fault(&self) -> Option<PushFault> {
        lock(&self.push_faults).current
    }

    /// How many pushes are held back.
    pub fn held_pushes(&self) -> usize {
        lock(&self.push_faults).held.len()
    }
}
