//! From how many places at once a customer watches: addresses, and devices (`cleeng-api.md` §3.3,
//! §3.4).
//!
//! A place is held for three hours from when it was noted. Who watches from a place that is held is
//! let in whatever the limit is; a new place needs room. So that not every check writes, a place is
//! noted again every ten minutes at most: it may drop out ten minutes early, and never late.

mod place;

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use jiff::{SignedDuration, Timestamp};

use super::fact::later;

pub use place::{Fingerprint, Kind, Place};

/// How long a place is held (`cleeng-api.md` §3.3, §3.4).
pub const HELD_FOR: SignedDuration = SignedDuration::from_hours(3);

/// How many devices a customer may watch on (`cleeng-api.md` §3.4). Cleeng has no setting for it.
pub const DEVICES: NonZeroU16 = NonZeroU16::new(3).unwrap();

/// How long nothing is written about a place that was noted.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// The places of a customer, of one kind, and when each was noted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    noted: BTreeMap<Fingerprint, Timestamp>,
}

/// What becomes of who wants to watch from a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// They may, and there is nothing to remember.
    Known,
    /// They may, if this can be remembered: what was held too long has dropped out of it.
    Noted(Places),
    /// They may not: as many places as are allowed are held, and this is none of them.
    Refused,
}

impl Places {
    /// The places, each with when it was noted, whether it is still held or not.
    pub fn new(noted: impl IntoIterator<Item = (Fingerprint, Timestamp)>) -> Self {
        Self { noted: noted.into_iter().collect() }
    }

    /// The places, each with when it was noted.
    pub fn noted(&self) -> impl Iterator<Item = (&Fingerprint, Timestamp)> {
        self.noted.iter().map(|(place, at)| (place, *at))
    }

    /// Until when any of them is held; none where there are none.
    pub fn held_until(&self) -> Option<Timestamp> {
        self.noted.values().max().map(|last| later(*last, HELD_FOR))
    }

    /// What becomes of who wants to watch from `place` at `now`, where `limit` places are allowed.
    pub fn admit(&self, place: &Fingerprint, limit: NonZeroU16, now: Timestamp) -> Admission {
        let held = self.noted.iter().filter(|(_, at)| is_within(HELD_FOR, **at, now));
        let mut held: BTreeMap<_, _> = held.map(|(place, at)| (place.clone(), *at)).collect();
        match held.get(place) {
            Some(at) if is_within(NOTED_EVERY, *at, now) => return Admission::Known,
            None if held.len() >= usize::from(limit.get()) => return Admission::Refused,
            _ => held.insert(place.clone(), now),
        };
        Admission::Noted(Self { noted: held })
    }
}

/// Whether a moment is less than `span` away. One that is further ahead was written by a clock that
/// is wrong, and would hold its place for ever.
fn is_within(span: SignedDuration, moment: Timestamp, now: Timestamp) -> bool {
    now.duration_since(moment).abs() < span
}

#[cfg(test)]
mod tests;
