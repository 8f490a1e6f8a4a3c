//! How long a question waits before it is asked again, and how often it is asked; and the same of
//! webhooks that could not be worked on.

use std::time::Duration;

/// When a question that Roku does not answer is asked again. It becomes a dead letter when its last
/// pause is over.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Receives after which the pause doubles, beginning with a second.
    doubling: u32,
    /// The pause from then on.
    early: Duration,
    /// The last receive that is followed by it: its pause begins within the early time, and that of
    /// the next would not.
    early_receives: u32,
    /// The pause after all others.
    late: Duration,
    max_receives: u32,
}

impl Backoff {
    /// For receipts, on whose answer somebody waits, who may watch within seconds once Roku is
    /// back: 1 s, doubled each time up to ten seconds; then ten seconds until half an hour has
    /// passed; then a minute. 488 receives, which last 5 h 35 min and what the asking itself takes.
    pub const RECEIPTS: Self = Self {
        doubling: 4,
        early: Duration::from_secs(10),
        early_receives: 183,
        late: Duration::from_secs(60),
        max_receives: 488,
    };

    /// For accounts, on whose answer nobody waits: 1 s, doubled each time up to a minute; then a
    /// minute until an hour has passed; then five minutes. 120 receives, which last 5 h 35 min and
    /// what the asking itself takes.
    pub const ACCOUNTS: Self = Self {
        doubling: 6,
        early: Duration::from_secs(60),
        early_receives: 65,
        late: Duration::from_secs(300),
        max_receives: 120,
    };

    /// For webhooks, whose own retries are kept with them: what this counts is only how often one was
    /// received that could not be worked on. 1 s, doubled each time up to a minute; then five minutes.
    /// The pauses of a delivery's own retries count as receives too, some fifteen of them.
    pub const WEBHOOKS: Self = Self {
        doubling: 6,
        early: Duration::from_secs(60),
        early_receives: 20,
        late: Duration::from_secs(300),
        max_receives: 120,
    };

    /// The pause after a question was received for the n-th time and could not be answered. A
    /// question that was never received is taken as received once.
    pub fn pause_after(&self, times_received: u32) -> Duration {
        let nth = times_received.max(1);
        if nth <= self.doubling {
            Duration::from_secs(1 << (nth - 1))
        } else if nth <= self.early_receives {
            self.early
        } else {
            self.late
        }
    }

    /// How often a question is received before it becomes a dead letter: the template's
    /// `maxReceiveCount` for its queue.
    pub fn max_receives(&self) -> u32 {
        self.max_receives
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::due::ON_ITS_WAY;

    const HOUR: u64 = 3_600;

    /// The pauses after these receives, in seconds.
    fn pauses(backoff: Backoff, receives: impl IntoIterator<Item = u32>) -> Vec<u64> {
        receives.into_iter().map(|nth| backoff.pause_after(nth).as_secs()).collect()
    }

    /// The last receive whose pause begins within so many seconds after the first one.
    fn last_within(backoff: Backoff, seconds: u64) -> u32 {
        let mut waited = 0;
        let within = (1..).take_while(|nth| {
            let begins_at = waited;
            waited += backoff.pause_after(*nth).as_secs();
            begins_at < seconds
        });
        within.last().expect("the first is within")
    }

    #[test]
    fn the_pause_doubles_up_to_its_limit() {
        let receipts = pauses(Backoff::RECEIPTS, 0..=7);
        assert_eq!(receipts, [1, 1, 2, 4, 8, 10, 10, 10]);
        let accounts = pauses(Backoff::ACCOUNTS, 0..=9);
        assert_eq!(accounts, [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn after_a_time_the_pauses_are_longer_for_ever() {
        for (backoff, early_time, expected) in [
            (Backoff::RECEIPTS, HOUR / 2, [10, 60, 60, 60]),
            (Backoff::ACCOUNTS, HOUR, [60, 300, 300, 300]),
        ] {
            let last = last_within(backoff, early_time);
            let around = [last, last + 1, backoff.max_receives(), u32::MAX];
            assert_eq!(pauses(backoff, around), expected, "{backoff:?}");
        }
    }

    #[test]
    fn a_question_is_given_up_after_five_and_a_half_hours() {
        for (backoff, seconds) in [(Backoff::RECEIPTS, 5), (Backoff::ACCOUNTS, 3)] {
            let waited: u64 = pauses(backoff, 1..=backoff.max_receives()).iter().sum();
            assert_eq!(waited, 5 * HOUR + 35 * 60 + seconds, "{backoff:?}");
        }
    }

    #[test]
    fn sqs_takes_the_numbers_of_receives() {
        for backoff in [Backoff::RECEIPTS, Backoff::ACCOUNTS, Backoff::WEBHOOKS] {
            assert!((1..=1_000).contains(&backoff.max_receives()), "{backoff:?}");
        }
    }

    #[test]
    fn a_question_that_is_on_its_way_is_left_to_the_queue_for_all_its_tries() {
        for backoff in [Backoff::RECEIPTS, Backoff::ACCOUNTS] {
            // A cause that a person has to mend makes each pause a minute at least.
            let pauses = pauses(backoff, 1..=backoff.max_receives());
            let longest: u64 = pauses.into_iter().map(|pause| pause.max(60)).sum();
            assert!(i64::try_from(longest).unwrap() < ON_ITS_WAY.as_secs(), "{backoff:?}");
        }
    }
}
