//! The part of a list that is asked for: `offset` and `limit`.

use usher::respond::Failure;

use crate::parameters::Parameters;
use crate::refusal::bad_query;

/// How many are sent where nobody says: as many as Cleeng's own lists.
const DEFAULT_LIMIT: u32 = 50;

/// The part of a list that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// How many are left out before it.
    pub(crate) offset: u32,
    /// How many it has at most.
    pub(crate) limit: u32,
}

impl Window {
    /// Reads `offset` and `limit`.
    pub(crate) fn of(parameters: &Parameters) -> Result<Self, Failure> {
        let offset = parameters.number("offset", 0)?.unwrap_or_default();
        let limit = parameters.number("limit", 1)?.unwrap_or(DEFAULT_LIMIT);
        Ok(Self { offset, limit })
    }

    /// The same, where a list has no more than `most` at once.
    pub(crate) fn of_at_most(most: u32, parameters: &Parameters) -> Result<Self, Failure> {
        let window = Self::of(parameters)?;
        if window.limit > most {
            return Err(bad_query("limit", format!("must be {most} or less")));
        }
        Ok(window)
    }

    /// The part of a list that is known as a whole.
    pub(crate) fn cut<T>(self, whole: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        whole.skip(self.offset as usize).take(self.limit as usize)
    }
}
