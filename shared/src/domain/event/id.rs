//! The ids of events.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::derived;
use crate::domain::id::PublisherId;

/// The id of an event: `evt_` and 32 hexadecimal digits, derived. 128 bits: no two are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// What the ids of events begin with.
    pub const PREFIX: &'static str = "evt_";

    /// The id of what happened to somebody or something of a publisher's, by what told it.
    pub(crate) fn of(publisher: &PublisherId, whom: &str, kind: &str, by: &[&str]) -> Self {
        let what = [publisher.as_str(), whom, kind];
        let texts = [&what, by].concat();
        Self(format!("{}{}", Self::PREFIX, &derived::hash("event", &texts)[..32]))
    }

    /// An id that somebody wrote; none where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
