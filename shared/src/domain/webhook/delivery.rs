//! The telling of one event to one endpoint.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::EndpointId;
use super::retry::next_attempt_at;
use crate::domain::event::EventId;
use crate::domain::event::message::EventMessage;
use crate::domain::fact::later;

/// How long a delivery is kept, whatever became of it.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many attempts are kept, the newest.
const MOST_LOGGED: usize = 16;
/// How long an attempt has a delivery to itself; after that it is taken for lost.
const CLAIMED: SignedDuration = SignedDuration::from_secs(60);
/// A delivery that is due for longer than this is not on its way any more.
const LOST: SignedDuration = SignedDuration::from_mins(15);

/// The telling of an event to an endpoint, and what became of it. The event is kept as it came over
/// the bus: without anybody's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// What is told.
    pub message: EventMessage,
    /// What became of it.
    pub status: Status,
    /// When the event came.
    pub created_at: Timestamp,
    /// The first attempt since it was last put on its way; none before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    /// How many attempts there were since then.
    #[serde(default)]
    pub attempts: u32,
    /// The newest attempts, oldest first.
    #[serde(default)]
    pub log: Vec<Attempt>,
}

/// Its key in the delivery log: when the event came, and its id, so that keys sort as time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(String);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    /// It is on its way.
    Pending {
        /// When it is tried, or tried again.
        next_attempt_at: Timestamp,
    },
    /// It arrived.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
    },
    /// The endpoint is paused.
    Held {
        /// Since when this waits.
        since: Timestamp,
    },
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// The HTTP status of the answer, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The beginning of what was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl Attempt {
    /// Whether it arrived: 2xx, and nothing else.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the endpoint wants nothing more.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

impl DeliveryId {
    /// The id of the delivery of an event that came at a moment.
    pub fn new(came_at: Timestamp, event: &EventId) -> Self {
        Self(format!("{came_at:.3}#{event}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DeliveryId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Status {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Delivered { .. } => "delivered",
            Self::Failed { .. } => "failed",
            Self::Held { .. } => "held",
        }
    }
}

impl Delivery {
    /// Of an event that has just come.
    pub fn new(message: EventMessage, is_held: bool, now: Timestamp) -> Self {
        let status = match is_held {
            true => Status::Held { since: now },
            false => Status::Pending { next_attempt_at: now },
        };
        Self { message, status, created_at: now, began_at: None, attempts: 0, log: Vec::new() }
    }

    /// Its key.
    pub fn id(&self) -> DeliveryId {
        DeliveryId::new(self.created_at, &self.message.id)
    }

    /// When it may be attempted, if it may. What is held may once its endpoint is enabled.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.status {
            Status::Pending { next_attempt_at } => Some(next_attempt_at),
            Status::Held { since } => Some(since),
            Status::Delivered { .. } | Status::Failed { .. } => None,
        }
    }

    /// Whether it is to be put on its way again by whoever looks after what stays behind: it is held,
    /// or on no queue any more.
    pub fn is_left_behind(&self, now: Timestamp) -> bool {
        match self.status {
            Status::Held { .. } => true,
            Status::Pending { next_attempt_at } => now > later(next_attempt_at, LOST),
            Status::Delivered { .. } | Status::Failed { .. } => false,
        }
    }

    /// As an attempt has it to itself.
    pub fn claimed(mut self, now: Timestamp) -> Self {
        self.status = Status::Pending { next_attempt_at: later(now, CLAIMED) };
        self
    }

    /// As it is while its endpoint is paused.
    pub fn held(mut self, now: Timestamp) -> Self {
        self.status = Status::Held { since: now };
        self
    }

    /// As it is put on its way once more, with three days before it.
    pub fn put_on_its_way(mut self, now: Timestamp) -> Self {
        self.status = Status::Pending { next_attempt_at: now };
        (self.began_at, self.attempts) = (None, 0);
        self
    }

    /// As it stands after an attempt. `wait` is for how long the receiver asked to be left alone.
    pub fn after(
        mut self,
        endpoint: &EndpointId,
        attempt: Attempt,
        wait: Option<SignedDuration>,
    ) -> Self {
        let at = attempt.at;
        let began_at = *self.began_at.get_or_insert(at);
        self.attempts += 1;
        self.status = if attempt.is_success() {
            Status::Delivered { at }
        } else {
            let salt = format!("{endpoint}{}", self.message.id);
            let next = next_attempt_at(began_at, self.attempts, at, &salt, wait);
            next.map_or(Status::Failed { at }, |next_attempt_at| Status::Pending {
                next_attempt_at,
            })
        };
        self.log.push(attempt);
        let too_many = self.log.len().saturating_sub(MOST_LOGGED);
        self.log.drain(..too_many);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventType;
    use crate::domain::id::PublisherId;
    use crate::domain::samples::at;
    use crate::domain::webhook::sample::sample;

    const CAME: &str = "2026-03-01T12:00:00Z";

    fn delivery() -> Delivery {
        let publisher = PublisherId::parse("123456789").unwrap();
        Delivery::new(sample(EventType::Renewed, &publisher, at(CAME)), false, at(CAME))
    }

    fn endpoint() -> EndpointId {
        EndpointId::from_random([7; 16])
    }

    fn answered(status: u16, moment: Timestamp) -> Attempt {
        Attempt { at: moment, status: Some(status), error: None, answer: None }
    }

    #[test]
    fn a_2xx_delivers_and_all_else_is_tried_again() {
        for (status, word) in [(200, "delivered"), (204, "delivered"), (299, "delivered")]
            .into_iter()
            .chain([199, 302, 404, 410, 429, 500].map(|status| (status, "pending")))
        {
            let after = delivery().after(&endpoint(), answered(status, at(CAME)), None);
            assert_eq!(after.status.as_str(), word, "{status}");
            assert_eq!((after.attempts, after.log.len()), (1, 1));
        }
    }

    #[test]
    fn it_is_given_up_at_last_and_may_be_put_on_its_way_again() {
        let mut delivery = delivery();
        while let Some(due_at) = delivery.due_at() {
            delivery = delivery.after(&endpoint(), answered(500, due_at), None);
        }
        assert_eq!(delivery.status, Status::Failed { at: at("2026-03-04T12:00:00Z") });
        assert!((12..=13).contains(&delivery.attempts), "{}", delivery.attempts);

        let now = at("2026-03-09T12:00:00Z");
        let again = delivery.clone().put_on_its_way(now);
        assert_eq!(again.due_at(), Some(now));
        assert_eq!(again.log, delivery.log);
        let again = again.after(&endpoint(), answered(500, now), None);
        assert!(again.due_at().is_some_and(|due_at| due_at > now), "three more days");
    }

    #[test]
    fn the_newest_attempts_are_kept() {
        let mut delivery = delivery();
        for second in 0..20 {
            let moment = later(at(CAME), SignedDuration::from_secs(second));
            delivery = delivery.after(&endpoint(), answered(500, moment), None);
        }
        assert_eq!((delivery.attempts, delivery.log.len()), (20, MOST_LOGGED));
        assert_eq!(delivery.log[0].at, at("2026-03-01T12:00:04Z"));
    }

    #[test]
    fn what_is_held_or_lost_is_left_behind() {
        let now = at("2026-03-01T13:00:00Z");
        assert!(delivery().held(at(CAME)).is_left_behind(at(CAME)));
        assert!(delivery().is_left_behind(now));
        assert!(!delivery().claimed(now).is_left_behind(now));
        assert!(!delivery().after(&endpoint(), answered(200, now), None).is_left_behind(now));
    }

    #[test]
    fn keys_sort_as_time() {
        let event = &delivery().message.id;
        let [one, other] = [CAME, "2026-03-01T12:00:00.001Z"].map(at);
        assert!(DeliveryId::new(one, event) < DeliveryId::new(other, event));
    }
}
