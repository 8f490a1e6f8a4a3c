//! The number of a transaction.

use std::fmt;

use crate::domain::derived;
use crate::domain::id::TransactionId;

/// The number of a transaction in Cleeng's form, `T` and nine digits of which the first is no zero
/// (`cleeng-api.md` §4): derived from Roku's id.
///
/// Two have the same number with a probability of 1 in 900 million. A customer of a hundred
/// transactions has two of one number once in 180,000 customers. It is looked up among one
/// customer's transactions, and never by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionNumber(u32);

impl TransactionNumber {
    const FIRST: u32 = 100_000_000;
    const COUNT: u64 = 900_000_000;

    /// The number of one of Roku's transactions.
    pub fn of(transaction: &TransactionId) -> Self {
        let drawn = derived::number("transaction", &[transaction.as_str()], Self::COUNT);
        Self(Self::FIRST + u32::try_from(drawn).unwrap_or_default())
    }
}

impl fmt::Display for TransactionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}
