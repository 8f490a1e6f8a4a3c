//! Roku gives an endpoint up that does not acknowledge its pushes (`roku-pay.md` §1).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Simulator, lock};
use crate::delivery::Delivery;

/// So many pushes that nobody acknowledged are too many …
const TOO_MANY: usize = 100;
/// … when they were made within this time.
const WITHIN: SignedDuration = SignedDuration::from_hours(24 * 10);

/// The pushes that nobody has acknowledged, and whether there were too many.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct DenyList {
    /// When each was made, by its message key.
    unacknowledged: HashMap<String, Timestamp>,
    denied: bool,
}

/// Where pushes go, and what Roku thinks of that place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PushUrl {
    /// The address; none if the publisher has set none.
    pub url: Option<String>,
    /// Whether Roku has given it up: nothing is delivered any more.
    pub denied: bool,
    /// How many pushes of the last ten days nobody has acknowledged.
    pub unacknowledged: usize,
}

impl DenyList {
    pub(super) fn is_denied(&self) -> bool {
        self.denied
    }

    /// Notes what came of a push that was made now.
    pub(super) fn note(&mut self, key: &str, delivery: &Delivery, now: Timestamp) {
        if delivery.is_acknowledged() {
            self.acknowledge(key);
            return;
        }
        self.unacknowledged.insert(key.to_owned(), now);
        self.denied |= self.count(now) >= TOO_MANY;
    }

    /// A further attempt was acknowledged.
    pub(super) fn acknowledge(&mut self, key: &str) {
        self.unacknowledged.remove(key);
    }

    fn count(&mut self, now: Timestamp) -> usize {
        self.unacknowledged.retain(|_, made_at| now.duration_since(*made_at) <= WITHIN);
        self.unacknowledged.len()
    }

    fn allow(&mut self) {
        self.unacknowledged.clear();
        self.denied = false;
    }
}

impl Simulator {
    /// Where pushes go, and what Roku thinks of that place.
    pub fn push_url(&self) -> PushUrl {
        let url = lock(&self.push_url).clone();
        let mut deny_list = lock(&self.deny_list);
        let unacknowledged = deny_list.count(self.clock.now());
        PushUrl { url, denied: deny_list.denied, unacknowledged }
    }

    /// Roku takes the push URL off its deny list, and forgets what was not acknowledged there. What
    /// was not delivered meanwhile comes by a [replay](Self::replay).
    pub fn allow_push_url(&self) {
        self.change(&self.deny_list).allow();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn answered(status: u16) -> Delivery {
        Delivery { status: Some(status), body: String::new() }
    }

    #[test]
    fn only_pushes_of_ten_days_count_together() {
        let start: Timestamp = "2022-07-11T00:00:00Z".parse().unwrap();
        let mut list = DenyList::default();
        list.note("old", &answered(500), start);
        let later = start.checked_add(10 * DAY + SignedDuration::from_secs(1)).unwrap();
        for push in 1..TOO_MANY {
            list.note(&push.to_string(), &answered(500), later);
        }
        assert!(!list.is_denied());
        // The same again is not another.
        list.note("1", &answered(503), later);
        assert!(!list.is_denied());
        list.note("100", &answered(500), later);
        assert!(list.is_denied());
    }

    #[test]
    fn an_acknowledgement_makes_room() {
        let now: Timestamp = "2022-07-11T00:00:00Z".parse().unwrap();
        let mut list = DenyList::default();
        for push in 1..TOO_MANY {
            list.note(&push.to_string(), &answered(500), now);
        }
        list.acknowledge("1");
        list.note("100", &answered(500), now);
        assert!(!list.is_denied());
    }
}
