//! What became of a row, and how many rows became what.

use std::collections::BTreeMap;

use usher::domain::receipt::Rejection;

use super::rows::InvalidRow;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Roku confirmed it, and the Roku account is the customer's.
    Granted,
    /// It opens nothing.
    Rejected(Rejection),
    /// It says nothing that could be asked about.
    Invalid(InvalidRow),
    /// There is no answer about this one, although there are about others; and why.
    Unanswered(String),
}

impl Outcome {
    /// The outcome as a word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Rejected(_) => "rejected",
            Self::Invalid(_) => "invalid",
            Self::Unanswered(_) => "unanswered",
        }
    }

    /// The reason as a stable code; empty where nothing went wrong.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Granted => "",
            Self::Rejected(rejection) => rejection.code(),
            Self::Invalid(invalid) => invalid.code(),
            Self::Unanswered(_) => "no_answer",
        }
    }

    /// The reason in words, on one line.
    pub(crate) fn message(&self) -> String {
        let words = match self {
            Self::Granted => String::new(),
            Self::Rejected(rejection) => rejection.to_string(),
            Self::Invalid(invalid) => invalid.to_string(),
            Self::Unanswered(cause) => cause.clone(),
        };
        words.replace(char::is_control, " ")
    }
}

/// How many rows became what.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<(String, String), u64>);

impl Tally {
    /// Counts a row, by the word and the reason of its outcome.
    pub(super) fn count(&mut self, word: &str, reason: &str) {
        *self.0.entry((word.to_owned(), reason.to_owned())).or_default() += 1;
    }

    /// All rows.
    pub(crate) fn rows(&self) -> u64 {
        self.0.values().sum()
    }

    /// The rows that became `word`.
    pub(crate) fn of(&self, word: &str) -> u64 {
        self.reasons(word).map(|(_, rows)| rows).sum()
    }

    /// The reasons why rows became `word`, and how many have each.
    pub(crate) fn reasons(&self, word: &str) -> impl Iterator<Item = (&str, u64)> {
        let of_word = self.0.iter().filter(move |((of, _), _)| of == word);
        of_word.map(|((_, reason), rows)| (reason.as_str(), *rows))
    }
}
