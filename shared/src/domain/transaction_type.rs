//! What kind of thing a push reports.

use std::fmt;

/// Roku's `transactionType` (`roku-pay.md` §2).
///
/// Six kinds change the account; the others are kept and counted, under the name Roku sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionType {
    /// A purchase, the start of a trial, or a renewal.
    Sale,
    /// The plan that a customer moved up to.
    UpgradeSale,
    /// The plan that a customer will move down to when the current term ends.
    DowngradeSale,
    /// The end of renewals; access lasts to `expirationDate`.
    Cancellation,
    /// The plan that an upgrade replaced.
    UpgradeCancellation,
    /// The plan that a downgrade will replace.
    DowngradeCancellation,
    /// Everything else, known to Roku's documentation or not.
    Other(String),
}

impl TransactionType {
    /// Reads Roku's word. Any word is one: Roku adds types and misspells them.
    pub fn parse(word: &str) -> Self {
        match word {
            "Sale" => Self::Sale,
            "UpgradeSale" => Self::UpgradeSale,
            "DowngradeSale" => Self::DowngradeSale,
            "Cancellation" => Self::Cancellation,
            "UpgradeCancellation" => Self::UpgradeCancellation,
            "DowngradeCancellation" => Self::DowngradeCancellation,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Roku's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sale => "Sale",
            Self::UpgradeSale => "UpgradeSale",
            Self::DowngradeSale => "DowngradeSale",
            Self::Cancellation => "Cancellation",
            Self::UpgradeCancellation => "UpgradeCancellation",
            Self::DowngradeCancellation => "DowngradeCancellation",
            Self::Other(word) => word,
        }
    }

    /// Whether the push's own `transactionId` is a charge that belongs to the purchase. In the
    /// other types it names the event and nothing else (`roku-pay.md` §2.2).
    pub fn is_sale(&self) -> bool {
        matches!(self, Self::Sale | Self::UpgradeSale | Self::DowngradeSale)
    }
}

impl fmt::Display for TransactionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
