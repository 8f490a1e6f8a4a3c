//! A place in the list of everybody's subscriptions, as callers send it back.
//!
//! It is finer than a place among the accounts: a page may end in the midst of an account's
//! subscriptions, and a request may run out of time before it has left out what it was to.

use std::fmt;

use usher::store::listing::Cursor;

/// An account holds hundreds of purchases at most, and an offset is no greater than this.
const MAX_NUMBER: u32 = 10_000;

/// A place in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// After which account.
    pub(crate) account: Cursor,
    /// How many subscriptions of the next account are behind it, asked for or not: whether they are
    /// may change from page to page. None for those that come after a page in time.
    pub(crate) within: u32,
    /// How many of those that are asked for are still to be left out.
    pub(crate) leave_out: u32,
}

/// Why a text is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidPlace;

impl fmt::Display for InvalidPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no place in the list; take the nextCursor of the page before")
    }
}

impl Place {
    /// The beginning of the list, without the first ones.
    pub(crate) fn after_leaving_out(offset: u32) -> Self {
        Self { leave_out: offset, ..Self::default() }
    }

    /// Reads what a caller sends back.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPlace> {
        let mut parts = text.split('.');
        let account = Cursor::parse(parts.next().unwrap_or_default()).map_err(|_| InvalidPlace)?;
        let mut number = || match parts.next() {
            None => Ok(0),
            Some(digits) => {
                let number = digits.parse().ok().filter(|number| *number <= MAX_NUMBER);
                number.ok_or(InvalidPlace)
            }
        };
        let place = Self { account, within: number()?, leave_out: number()? };
        parts.next().is_none().then_some(place).ok_or(InvalidPlace)
    }
}

/// What [`Place::parse`] reads: the account, and the numbers where they are not 0.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.within, self.leave_out) {
            (0, 0) => write!(f, "{}", self.account),
            (within, 0) => write!(f, "{}.{within}", self.account),
            (within, leave_out) => write!(f, "{}.{within}.{leave_out}", self.account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back() {
        for (within, leave_out) in [(0, 0), (3, 0), (0, 10_000), (3, 7)] {
            let place = Place { account: Cursor::default(), within, leave_out };
            assert_eq!(Place::parse(&place.to_string()), Ok(place));
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["", "x", "MA.", "MA.-1", "MA.1.2.3", "MA.10001", "MA.1.10001", ".1"] {
            assert_eq!(Place::parse(text), Err(InvalidPlace), "{text}");
        }
    }
}
