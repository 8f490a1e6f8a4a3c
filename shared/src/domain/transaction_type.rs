//! What kind of thing a push reports.

use std::fmt;

/// Roku's `transactionType` (`roku-pay.md` §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionType {
    /// A purchase, the start of a trial, or a renewal.
    Sale,
    /// The plan that a customer moved up to.
    UpgradeSale,
    /// The plan that a customer will move down to when the current term ends.
    DowngradeSale,
    /// A renewal charge failed; Roku tries again and the customer keeps watching.
    GraceInitiated,
    /// Paid during grace.
    GraceRecovered,
    /// Grace ran out unpaid: no access until it is paid.
    OnHoldInitiated,
    /// Paid while on hold.
    OnHoldRecovered,
    /// The end of renewals; access lasts to `expirationDate`.
    Cancellation,
    /// The plan that an upgrade replaced.
    UpgradeCancellation,
    /// The plan that a downgrade will replace.
    DowngradeCancellation,
    /// A cancellation was undone within the same term.
    Resubscribe,
    /// Money went back to the customer.
    Refund,
    /// The customer has something to spend at Roku; belongs to no purchase.
    Credit,
    /// The customer took an offer to stay.
    CancellationOfferInitiated,
    /// The terms of such an offer have elapsed.
    CancellationOfferEnded,
    /// The customer's bank took the money back.
    Chargeback,
    /// Roku won that dispute.
    ChargebackReversed,
    /// The bank disputes again.
    SecondChargeback,
    /// A type that Roku's documentation does not know, under the name that Roku sent.
    Other(String),
}

use TransactionType as T;

/// Every type that Roku documents, under its name.
static DOCUMENTED: [(&str, TransactionType); 18] = [
    ("Sale", T::Sale),
    ("UpgradeSale", T::UpgradeSale),
    ("DowngradeSale", T::DowngradeSale),
    ("GraceInitiated", T::GraceInitiated),
    ("GraceRecovered", T::GraceRecovered),
    ("OnHoldInitiated", T::OnHoldInitiated),
    ("OnHoldRecovered", T::OnHoldRecovered),
    ("Cancellation", T::Cancellation),
    ("UpgradeCancellation", T::UpgradeCancellation),
    ("DowngradeCancellation", T::DowngradeCancellation),
    ("Resubscribe", T::Resubscribe),
    ("Refund", T::Refund),
    ("Credit", T::Credit),
    ("CancellationOfferInitiated", T::CancellationOfferInitiated),
    ("CancellationOfferEnded", T::CancellationOfferEnded),
    ("Chargeback", T::Chargeback),
    ("ChargebackReversed", T::ChargebackReversed),
    ("SecondChargeback", T::SecondChargeback),
];

impl TransactionType {
    /// Every type that Roku documents.
    pub fn documented() -> impl Iterator<Item = &'static Self> {
        DOCUMENTED.iter().map(|(_, documented)| documented)
    }

    /// Reads Roku's word. Any word is one: Roku adds types, and its own page misspells one of them.
    pub fn parse(word: &str) -> Self {
        let word = match word {
            "CancellationOfferIntiated" | "CancellationOfferInitated" => {
                "CancellationOfferInitiated"
            }
            word => word,
        };
        let documented = DOCUMENTED.iter().find(|(name, _)| *name == word);
        documented.map_or_else(|| Self::Other(word.to_owned()), |(_, one)| one.clone())
    }

    /// Roku's word.
    pub fn as_str(&self) -> &str {
        if let Self::Other(word) = self {
            return word;
        }
        DOCUMENTED.iter().find(|(_, one)| one == self).map_or("", |(name, _)| name)
    }

    /// Whether the push's own `transactionId` is a charge that belongs to the purchase. In the
    /// other types it names the event and nothing else (`roku-pay.md` §2.2).
    pub fn is_charge(&self) -> bool {
        self.is_sale() || self.is_recovery()
    }

    /// Whether something was sold, be it at no charge or for later.
    pub fn is_sale(&self) -> bool {
        matches!(self, Self::Sale | Self::UpgradeSale | Self::DowngradeSale)
    }

    /// Whether a charge that had failed was made.
    pub fn is_recovery(&self) -> bool {
        matches!(self, Self::GraceRecovered | Self::OnHoldRecovered)
    }
}

impl fmt::Display for TransactionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_word_is_read_and_written_back() {
        for (word, documented) in &DOCUMENTED {
            assert_eq!(TransactionType::parse(word), *documented);
            assert_eq!(documented.as_str(), *word);
        }
    }

    #[test]
    fn misspelt_words_are_understood_and_unknown_ones_kept() {
        for word in ["CancellationOfferIntiated", "CancellationOfferInitated"] {
            assert_eq!(TransactionType::parse(word), T::CancellationOfferInitiated);
        }
        for word in ["Paused", "sale", ""] {
            assert_eq!(TransactionType::parse(word), T::Other(word.to_owned()));
            assert_eq!(TransactionType::parse(word).as_str(), word);
        }
    }
}
