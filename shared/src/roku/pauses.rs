//! While Roku is down, few questions find out that it still is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::domain::fact::later;
use crate::domain::id::PublisherId;

/// So many failures with no answer in between are Roku's; a single one may be the transaction's.
const A_BAD_DAY: u32 = 2;
/// The first pause, as Roku asks for (`roku-pay.md` §3).
const FIRST: Duration = Duration::from_secs(1);

/// How long a running function asks nothing after Roku failed it. The pause doubles with each
/// failure and ends with the first answer.
#[derive(Debug)]
pub(super) struct Pauses {
    longest: Duration,
    clock: Clock,
    pauses: Mutex<HashMap<PublisherId, Pause>>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    failures: u32,
    until: Timestamp,
}

impl Pauses {
    /// Pauses that grow to `longest`.
    pub(super) fn new(longest: Duration, clock: Clock) -> Self {
        Self { longest, clock, pauses: Mutex::default() }
    }

    /// How long the pause still lasts; none where there is none.
    pub(super) fn left(&self, publisher: &PublisherId) -> Option<Duration> {
        let pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let left = pauses.get(publisher)?.until.duration_since(self.clock.now());
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }

    /// Roku failed. What was asked before the pause began, and failed during it, does not count.
    pub(super) fn failed(&self, publisher: &PublisherId) {
        let now = self.clock.now();
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = pauses.entry(publisher.clone()).or_insert(Pause { failures: 0, until: now });
        if now < pause.until {
            return;
        }
        pause.failures = pause.failures.saturating_add(1);
        if let Some(doublings) = pause.failures.checked_sub(A_BAD_DAY) {
            let length = FIRST.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest);
            pause.until = later(now, SignedDuration::try_from(length).unwrap_or_default());
        }
    }

    /// Roku answered.
    pub(super) fn answered(&self, publisher: &PublisherId) {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).remove(publisher);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[test]
    fn a_pause_doubles_until_roku_answers() {
        let second = Arc::new(AtomicI64::new(1_000));
        let hand = Arc::clone(&second);
        let clock = Clock::new(move || {
            Timestamp::from_second(hand.load(Ordering::SeqCst)).unwrap_or_default()
        });
        let publisher = PublisherId::parse("123456789").unwrap();
        let pauses = Pauses::new(Duration::from_secs(5), clock);
        pauses.failed(&publisher);
        assert_eq!(pauses.left(&publisher), None, "it may be the transaction's failure");
        let mut lengths = Vec::new();
        for _ in 0..4 {
            pauses.failed(&publisher);
            pauses.failed(&publisher); // of a question that ran beside it
            let left = pauses.left(&publisher).unwrap().as_secs();
            lengths.push(left);
            second.fetch_add(i64::try_from(left).unwrap(), Ordering::SeqCst);
            assert_eq!(pauses.left(&publisher), None, "it is over");
        }
        assert_eq!(lengths, [1, 2, 4, 5]);
        pauses.answered(&publisher);
        pauses.failed(&publisher);
        assert_eq!(pauses.left(&publisher), None);
        pauses.failed(&publisher);
        assert_eq!(pauses.left(&publisher), Some(Duration::from_secs(1)));
    }
}
