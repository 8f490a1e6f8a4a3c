//! What became of a push, and how that is counted.

use metrics::counter;
use usher::domain::transaction_type::TransactionType;
use usher::store::set_aside::Reason;

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is a new fact of an account.
    Kept,
    /// It was kept before.
    Repeated,
    /// It belongs to no account of the publisher.
    SetAside(Reason),
    /// It says that Roku's keys have changed: they were fetched anew, or the schedule will fetch them.
    KeysRenewed,
}

impl Taken {
    fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Repeated => "repeated",
            Self::SetAside(_) => "set_aside",
            Self::KeysRenewed => "keys_renewed",
        }
    }

    /// Counts a push of a type; none for what has no type.
    pub(super) fn count(self, transaction_type: Option<&TransactionType>) {
        // Words that we do not know are one type: a metric must not grow with what is sent.
        let kind = match transaction_type {
            Some(TransactionType::Other(_)) | None => "other",
            Some(known) => known.as_str(),
        };
        counter!("Pushes", "Type" => kind.to_owned(), "Outcome" => self.as_str()).increment(1);
    }
}

/// Counts a push that was not acknowledged.
pub(super) fn count_failure(may_be_rokus: bool, is_ours: bool) {
    let outcome = if is_ours { "failed" } else { "refused" };
    counter!("Pushes", "Type" => "unverified", "Outcome" => outcome).increment(1);
    if may_be_rokus {
        counter!("FailuresAnswered").increment(1);
    }
}
