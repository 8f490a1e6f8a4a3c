//! What was pushed is pushed again, as a button of Roku's dashboard does (`roku-pay.md` §1).

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Simulator, lock};
use crate::delivery::Delivery;
use crate::ledger::Refused;
use crate::message::Message;

const LONGEST_DAYS: i64 = 14;
const OLDEST_DAYS: i64 = 90;

/// The message keys of a replay; Roku does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKeys {
    /// Those of the first time: a receiver can know the pushes again.
    Same,
    /// New ones.
    New,
}

/// What was pushed, whether it arrived or not, oldest first, as far back as it can be replayed.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct PushLog(VecDeque<(Timestamp, Message)>);

impl PushLog {
    pub(super) fn note(&mut self, messages: &[Message], now: Timestamp) {
        while self.0.front().is_some_and(|(at, _)| now.duration_since(*at) > days(OLDEST_DAYS)) {
            self.0.pop_front();
        }
        self.0.extend(messages.iter().map(|message| (now, message.clone())));
    }

    fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Message> {
        let window = self.0.iter().filter(|(at, _)| (from..=to).contains(at));
        window.map(|(_, message)| message.clone()).collect()
    }
}

impl Simulator {
    /// Pushes again what was pushed in a window, both ends included, in the order of the first
    /// time. What was lost, held back or denied then is among it; what was replayed then is not.
    ///
    /// # Errors
    /// [`Refused`] when the window is longer than 14 days, begins more than 90 days before the
    /// simulator's now, or ends before it begins.
    pub async fn replay(
        self: &Arc<Self>,
        from: Timestamp,
        to: Timestamp,
        keys: MessageKeys,
    ) -> Result<Vec<Delivery>, Refused> {
        check_window(from, to, self.clock.now())?;
        let mut messages = lock(&self.push_log).between(from, to);
        if keys == MessageKeys::New {
            messages = messages.into_iter().map(Message::with_new_key).collect();
        }
        Ok(self.send(messages).await)
    }
}

fn check_window(from: Timestamp, to: Timestamp, now: Timestamp) -> Result<(), Refused> {
    if to < from {
        return Err(Refused::WindowReversed);
    }
    if to.duration_since(from) > days(LONGEST_DAYS) {
        return Err(Refused::WindowTooLong { at_most_days: LONGEST_DAYS });
    }
    if now.duration_since(from) > days(OLDEST_DAYS) {
        return Err(Refused::WindowTooOld { at_most_days: OLDEST_DAYS, now });
    }
    Ok(())
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}
