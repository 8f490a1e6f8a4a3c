//! What can go wrong between Roku and the publisher, of the simulator's own making.

use serde::{Deserialize, Serialize};

/// What is wrong with Roku's web services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WebServiceFault {
    /// Every answer is held back. What was asked for is done before that: a caller who does not
    /// wait cannot know.
    Slow {
        /// How long, in seconds of real time.
        seconds: u16,
    },
    /// HTTP 503 with an empty body, at once.
    Down,
    /// Connections are accepted and nothing is ever answered.
    Gone,
    /// HTTP 429 with an empty body, however few requests there are.
    TooManyRequests,
    /// Every API key is wrong.
    WrongKey,
    /// What is asked for is done, and the answer is cut in half.
    BrokenJson,
    /// Answers are XML (`roku-pay.md` §3).
    Xml,
}

/// What is wrong with the way of pushes to the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PushFault {
    /// They get lost, and Roku does not know.
    Lost,
    /// They are held back until the fault is mended.
    Late,
    /// They are held back until the fault is mended, and then come last first.
    Reordered,
    /// Each comes twice, under one message key.
    Doubled,
}
