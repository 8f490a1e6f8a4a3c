//! The types of push, and which fields Roku's samples show for each (`roku-pay.md` §2.1, §2.3).

use serde::Serialize;

/// Roku's `transactionType`; a variant is written as it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Kind {
    Sale,
    UpgradeSale,
    DowngradeSale,
    Resubscribe,
    Cancellation,
    UpgradeCancellation,
    DowngradeCancellation,
    GraceInitiated,
    GraceRecovered,
    OnHoldInitiated,
    OnHoldRecovered,
    CancellationOfferInitiated,
    CancellationOfferEnded,
    Refund,
    Credit,
    Chargeback,
    ChargebackReversed,
    SecondChargeback,
}

impl Kind {
    /// Carries `purchaseChannel`, `purchaseContext`, and says whether a trial begins.
    pub(crate) fn is_sale(self) -> bool {
        matches!(self, Self::Sale | Self::UpgradeSale | Self::DowngradeSale)
    }

    pub(crate) fn is_chargeback(self) -> bool {
        matches!(self, Self::Chargeback | Self::ChargebackReversed | Self::SecondChargeback)
    }

    pub(crate) fn is_offer(self) -> bool {
        matches!(self, Self::CancellationOfferInitiated | Self::CancellationOfferEnded)
    }

    pub(crate) fn has_channel_name(self) -> bool {
        self.is_sale() || self == Self::Credit
    }

    pub(crate) fn has_product_name(self) -> bool {
        !matches!(self, Self::ChargebackReversed | Self::SecondChargeback)
    }

    /// Money that moves without a term carries no date of a term.
    pub(crate) fn has_expiration_date(self) -> bool {
        !matches!(self, Self::Resubscribe | Self::Refund | Self::Credit) && !self.is_chargeback()
    }

    /// A credit is the customer's and belongs to no chain.
    pub(crate) fn belongs_to_chain(self) -> bool {
        self != Self::Credit
    }

    pub(crate) fn has_tax(self) -> bool {
        self != Self::Credit
    }

    /// Sales carry it even where they show no amounts, as those of downgrades do.
    pub(crate) fn has_currency(self) -> bool {
        let moves_money = matches!(self, Self::Resubscribe | Self::Refund | Self::Credit);
        self.is_sale() || self.is_chargeback() || moves_money
    }

    /// What Roku writes into `comments`; of these texts it documents only that of renewals.
    pub(crate) fn comments(self, product: &str, is_first: bool) -> Option<String> {
        let text = match self {
            Self::Sale if !is_first => "Recurring subscription processed",
            Self::Sale | Self::UpgradeSale | Self::DowngradeSale => "New order processed.",
            Self::Resubscribe => "Resubscription processed.",
            Self::Cancellation | Self::UpgradeCancellation | Self::DowngradeCancellation => {
                return Some(format!("Cancellation for {product}"));
            }
            Self::Refund => return Some(format!("Refund for {product}")),
            Self::GraceInitiated => "Subscription is in dunning state",
            Self::GraceRecovered => "Subscription recovered from dunning state.",
            Self::OnHoldInitiated => "Subscription is in Passive OnHold state",
            Self::OnHoldRecovered => "Subscription recovered from Passive OnHold state.",
            Self::CancellationOfferInitiated => {
                "Initiated cancellation offer for the subscription."
            }
            Self::CancellationOfferEnded => "Cancellation offer for the subscription ended.",
            Self::Credit => "Admin credit push notifications",
            Self::Chargeback | Self::ChargebackReversed | Self::SecondChargeback => return None,
        };
        Some(text.to_owned())
    }
}
