//! Which events an endpoint is told.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::event::{EventType, UnknownEventType};

/// All events, also those of types that are yet to come, or those of some types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypeFilter(Option<BTreeSet<EventType>>);

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    /// It names a type that there is not.
    #[error(transparent)]
    Unknown(#[from] UnknownEventType),
    /// It names none.
    #[error("must name a type of event at least, or all")]
    Empty,
}

impl TypeFilter {
    /// Every type.
    pub const ALL: Self = Self(None);

    /// Reads `all`, or types with commas between them.
    ///
    /// # Errors
    /// [`InvalidFilter`].
    pub fn parse(text: &str) -> Result<Self, InvalidFilter> {
        if text.trim() == "all" {
            return Ok(Self::ALL);
        }
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let types = words.map(str::parse).collect::<Result<BTreeSet<EventType>, _>>()?;
        if types.is_empty() { Err(InvalidFilter::Empty) } else { Ok(Self(Some(types))) }
    }

    /// Whether an event of a type is told.
    pub fn lets_through(&self, kind: EventType) -> bool {
        self.0.as_ref().is_none_or(|types| types.contains(&kind))
    }
}

impl fmt::Display for TypeFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(types) = &self.0 else { return f.write_str("all") };
        let words: Vec<&str> = types.iter().map(|kind| kind.as_str()).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lets_through_what_it_names() {
        use EventType::{Charged, Renewed, Started};
        for (text, through) in [
            ("all", [true, true, true]),
            ("subscription.started", [true, false, false]),
            (" subscription.renewed, transaction.charged,", [false, true, true]),
        ] {
            let filter = TypeFilter::parse(text).unwrap();
            assert_eq!([Started, Renewed, Charged].map(|kind| filter.lets_through(kind)), through);
            let again = TypeFilter::parse(&filter.to_string());
            assert_eq!(again, Ok(filter), "{text}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        assert_eq!(TypeFilter::parse(" ,"), Err(InvalidFilter::Empty));
        let unknown = TypeFilter::parse("subscription.started,subscription.paused").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no type of event \"subscription.paused\"");
    }
}
