//! The time in the simulation: the real one, moved ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A clock that runs as the real one does and can be moved ahead. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The time in the simulation.
    #[expect(clippy::disallowed_methods, reason = "the simulation runs on real time")]
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::SeqCst));
        Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock ahead to `moment`. Time never runs backwards: an earlier one is ignored.
    pub(crate) fn move_to(&self, moment: Timestamp) {
        let missing_ms = moment.duration_since(self.now()).as_millis();
        let missing_ms = i64::try_from(missing_ms).unwrap_or(i64::MAX);
        if missing_ms > 0 {
            self.ahead_ms.fetch_add(missing_ms, Ordering::SeqCst);
        }
    }
}
