//! Webhooks: where a publisher wants to be told what happened, and what became of each telling. They
//! are sent by the Standard Webhooks specification.

pub mod address;
pub mod cleeng;
pub mod delivery;
mod filter;
mod id;
mod payload;
pub mod retry;
pub mod sample;
mod url;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::EventType;

pub use filter::{InvalidFilter, TypeFilter};
pub use id::{EndpointId, InvalidEndpointId};
pub use payload::Contact;
pub use url::{InvalidUrl, Reach, WebhookUrl};

/// How many endpoints a publisher may have: each event is written down once for each of them.
pub const MOST_ENDPOINTS: usize = 16;

/// An endpoint at which nothing has arrived for so long is paused.
pub const LONGEST_FAILING: SignedDuration = retry::LASTS;

/// An address at which a publisher is told what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Where it listens.
    pub url: WebhookUrl,
    /// What it is told.
    pub types: TypeFilter,
    /// In which form.
    pub format: Format,
    /// Whether it is told anything now.
    pub state: State,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when nothing has arrived there, of all that was tried; none while things do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When something last arrived; to within a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Timestamp>,
    /// When something last did not; to within a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure_at: Option<Timestamp>,
}

/// Whether an endpoint is told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// It is.
    Enabled,
    /// What happens is kept for it, for as long as the delivery log lasts.
    Paused {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: PauseReason,
    },
}

/// Why an endpoint is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// Somebody paused it.
    ByOperator,
    /// Nothing has arrived there for [`LONGEST_FAILING`].
    Failing,
    /// It answered 410: it wants nothing more.
    Gone,
}

/// In which form events are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Our own: [`EventMessage`](super::event::message::EventMessage).
    Usher,
    /// Cleeng's envelope and topics, for receivers that were written for Cleeng.
    Cleeng,
}

impl Endpoint {
    /// Whether events of a type are told here.
    pub fn takes(&self, kind: EventType) -> bool {
        let has_a_form = self.format == Format::Usher || cleeng::topic(kind).is_some();
        has_a_form && self.types.lets_through(kind)
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        matches!(self.state, State::Paused { .. })
    }

    /// Whether it is to be given up at `now`: not paused yet, and failing for too long.
    pub fn has_failed_for_too_long(&self, now: Timestamp) -> bool {
        let since = self.failing_since.filter(|_| !self.is_paused());
        since.is_some_and(|since| now.duration_since(since) >= LONGEST_FAILING)
    }
}

impl PauseReason {
    /// Why, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByOperator => "by operator",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

impl Format {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usher => "usher",
            Self::Cleeng => "cleeng",
        }
    }
}

#[cfg(test)]
mod tests;
