//! The time in the simulation: the real one moved ahead, or one that stands still.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A clock that can be moved ahead. It runs as the real one does, or stands still in between
/// ([`Clock::stopped_at`]). Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    hands: Arc<Hands>,
}

#[derive(Debug)]
enum Hands {
    Running { ahead_ms: AtomicI64 },
    Stopped { at: Mutex<Timestamp> },
}

/// How a clock is set.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Reading {
    /// It runs, so many milliseconds ahead of the real time.
    Running { ahead_ms: i64 },
    /// It stands still.
    Stopped { at: Timestamp },
}

impl Default for Hands {
    fn default() -> Self {
        Self::Running { ahead_ms: AtomicI64::default() }
    }
}

impl Clock {
    /// A clock that stands still at a moment, which may be long past, until it is moved.
    pub fn stopped_at(moment: Timestamp) -> Self {
        Self { hands: Arc::new(Hands::Stopped { at: Mutex::new(moment) }) }
    }

    /// A clock that goes on as another was set.
    pub(crate) fn set_to(reading: Reading) -> Self {
        match reading {
            Reading::Stopped { at } => Self::stopped_at(at),
            Reading::Running { ahead_ms } => {
                Self { hands: Arc::new(Hands::Running { ahead_ms: AtomicI64::new(ahead_ms) }) }
            }
        }
    }

    /// How it is set.
    pub(crate) fn reading(&self) -> Reading {
        match &*self.hands {
            Hands::Stopped { at } => Reading::Stopped { at: *lock(at) },
            Hands::Running { ahead_ms } => {
                Reading::Running { ahead_ms: ahead_ms.load(Ordering::SeqCst) }
            }
        }
    }

    /// The time in the simulation.
    #[expect(clippy::disallowed_methods, reason = "the simulation runs on real time")]
    pub fn now(&self) -> Timestamp {
        match &*self.hands {
            Hands::Stopped { at } => *lock(at),
            Hands::Running { ahead_ms } => {
                let ahead = SignedDuration::from_millis(ahead_ms.load(Ordering::SeqCst));
                Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Moves the clock ahead to `moment`. Time never runs backwards: an earlier one is ignored. Says
    /// whether it was moved.
    pub(crate) fn move_to(&self, moment: Timestamp) -> bool {
        match &*self.hands {
            Hands::Stopped { at } => {
                let mut at = lock(at);
                let is_ahead = moment > *at;
                *at = moment.max(*at);
                is_ahead
            }
            Hands::Running { ahead_ms } => {
                let missing_ms = moment.duration_since(self.now()).as_millis();
                let missing_ms = i64::try_from(missing_ms).unwrap_or(i64::MAX);
                if missing_ms > 0 {
                    ahead_ms.fetch_add(missing_ms, Ordering::SeqCst);
                }
                missing_ms > 0
            }
        }
    }
}

fn lock(at: &Mutex<Timestamp>) -> MutexGuard<'_, Timestamp> {
    at.lock().unwrap_or_else(PoisonError::into_inner)
}
