//! A place in the list of a publisher's accounts, as callers send it back.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::domain::id::PublisherId;
use crate::store::LONGEST_IN_KEY;

/// The parts of the index, in the order in which they are listed.
const PARTS: &str = "0123456789abcdef";

/// A place in the list: opaque text to callers, which [`Self::parse`] reads back. It names no
/// publisher, so that nobody's cursor leads into the list of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which part of the index; below sixteen.
    part: usize,
    /// The last account that was listed there, by the end of its key; none at the part's beginning.
    last: Option<String>,
}

/// Why a text is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no place in a list; take the one that the page before named")]
pub struct InvalidCursor;

/// The beginning.
impl Default for Cursor {
    fn default() -> Self {
        Self { part: 0, last: None }
    }
}

impl Cursor {
    /// Reads what a caller sends back.
    ///
    /// # Errors
    /// [`InvalidCursor`] when it is none of ours.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        // Four characters for three bytes.
        if text.len() > LONGEST_IN_KEY * 2 {
            return Err(InvalidCursor);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let place = String::from_utf8(bytes).map_err(|_| InvalidCursor)?;
        let part = place.chars().next().and_then(|part| PARTS.find(part)).ok_or(InvalidCursor)?;
        let last = place.get(1..).filter(|last| !last.is_empty()).map(str::to_owned);
        let is_key = last.as_ref().is_none_or(|last| last.len() <= LONGEST_IN_KEY);
        is_key.then_some(Self { part, last }).ok_or(InvalidCursor)
    }

    pub(super) fn part(&self) -> &'static str {
        PARTS.get(self.part..=self.part).unwrap_or_default()
    }

    /// The key of the last account that was listed.
    pub(super) fn pk(&self, publisher: &PublisherId) -> Option<String> {
        Some(format!("{}{}", prefix(publisher), self.last.as_ref()?))
    }

    /// The place after an account of the same part; none if the account is not this publisher's.
    pub(super) fn after(&self, publisher: &PublisherId, account_pk: &str) -> Option<Self> {
        let last = account_pk.strip_prefix(&prefix(publisher))?;
        Some(Self { part: self.part, last: Some(last.to_owned()) })
    }

    /// The beginning of the next part; none after the last one.
    pub(super) fn next_part(&self) -> Option<Self> {
        let part = self.part + 1;
        (part < PARTS.len()).then_some(Self { part, last: None })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("{}{}", self.part(), self.last.as_deref().unwrap_or_default());
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(place))
    }
}

fn prefix(publisher: &PublisherId) -> String {
    format!("ROKU#{publisher}#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back() {
        let publisher = PublisherId::parse("123456789").unwrap();
        let start = Cursor::default();
        let within = start.after(&publisher, "ROKU#123456789#2df58f54").unwrap();
        let next = within.next_part().unwrap();
        for place in [&start, &within, &next] {
            assert_eq!(Cursor::parse(&place.to_string()).as_ref(), Ok(place));
        }
        assert_eq!(within.pk(&publisher).as_deref(), Some("ROKU#123456789#2df58f54"));
        assert_eq!((within.part(), next.part(), next.pk(&publisher)), ("0", "1", None));
    }

    #[test]
    fn there_are_sixteen_parts() {
        let parts = std::iter::successors(Some(Cursor::default()), Cursor::next_part);
        assert_eq!(parts.map(|cursor| cursor.part()).collect::<String>(), PARTS);
    }

    #[test]
    fn an_account_of_another_publisher_is_no_place() {
        let publisher = PublisherId::parse("1").unwrap();
        assert_eq!(Cursor::default().after(&publisher, "ROKU#12#abc"), None);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let encode = |place: &str| BASE64_URL_SAFE_NO_PAD.encode(place);
        let too_long = encode(&format!("0{}", "a".repeat(LONGEST_IN_KEY + 1)));
        for text in ["", "!", "MA==", &encode("g"), &encode("é"), &too_long, &"A".repeat(9999)] {
            assert_eq!(Cursor::parse(text), Err(InvalidCursor), "{text}");
        }
    }
}
