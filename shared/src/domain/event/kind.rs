//! The types of events, by which receivers choose what they are sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::What;

/// Why a text is no type of event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no type of event {0:?}")]
pub struct UnknownEventType(String);

macro_rules! types {
    ($($name:ident => $word:literal, $says:literal;)*) => {
        /// What kind of event it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventType {
            $(#[doc = $says] #[serde(rename = $word)] $name,)*
        }

        impl EventType {
            /// Every type, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for it: what it is about, a dot, and what happened.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it says, in a line.
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $says,)* }
            }
        }
    };
}

types! {
    Started => "subscription.started", "Something was bought and paid for.";
    TrialStarted => "subscription.trial_started", "A free trial began.";
    TrialConverted => "subscription.trial_converted", "A free trial was paid on.";
    Renewed => "subscription.renewed", "It was paid for another term.";
    Upgraded => "subscription.upgraded", "A higher plan took the place of another, at once.";
    DowngradeScheduled => "subscription.downgrade_scheduled",
        "A lower plan was ordered for when the running term ends.";
    DowngradeWithdrawn => "subscription.downgrade_withdrawn",
        "The order of a lower plan was taken back.";
    Downgraded => "subscription.downgraded", "The lower plan is in force.";
    Cancelled => "subscription.cancelled", "Renewals are off; the term runs out.";
    Resubscribed => "subscription.resubscribed", "A cancellation was taken back.";
    GraceStarted => "subscription.grace_started",
        "A renewal charge failed; the customer goes on watching.";
    Recovered => "subscription.recovered", "What was unpaid is paid.";
    OnHold => "subscription.on_hold", "Unpaid for longer than grace lasts: no access.";
    Ended => "subscription.ended", "It is over; `reason` says why.";
    OfferAccepted => "subscription.offer_accepted", "The customer took an offer to stay.";
    Transferred => "subscription.transferred", "The Roku account went to another customer.";
    Charged => "transaction.charged", "Roku charged, and has said how much.";
    Refunded => "transaction.refunded", "Money went back to the customer.";
    Credited => "transaction.credited", "The customer was given something to spend at Roku.";
    ChargedBack => "transaction.charged_back", "The customer's bank took the money back.";
    ChargebackReversed => "transaction.chargeback_reversed",
        "The bank's dispute was decided for Roku.";
    ReceiptValidated => "receipt.validated",
        "A receipt was borne out by Roku; the account is the customer's.";
    ReceiptRejected => "receipt.rejected", "A receipt opens nothing; `reason` says why.";
    ProductUnmapped => "product.unmapped",
        "Something was sold that no offer of the catalog stands for.";
}

impl What {
    /// Its type.
    pub fn kind(&self) -> EventType {
        match self {
            Self::Started => EventType::Started,
            Self::TrialStarted => EventType::TrialStarted,
            Self::TrialConverted => EventType::TrialConverted,
            Self::Renewed => EventType::Renewed,
            Self::Upgraded(_) => EventType::Upgraded,
            Self::DowngradeScheduled(_) => EventType::DowngradeScheduled,
            Self::DowngradeWithdrawn(_) => EventType::DowngradeWithdrawn,
            Self::Downgraded(_) => EventType::Downgraded,
            Self::Cancelled => EventType::Cancelled,
            Self::Resubscribed => EventType::Resubscribed,
            Self::GraceStarted => EventType::GraceStarted,
            Self::Recovered { .. } => EventType::Recovered,
            Self::OnHold => EventType::OnHold,
            Self::Ended { .. } => EventType::Ended,
            Self::OfferAccepted => EventType::OfferAccepted,
            Self::Transferred { .. } => EventType::Transferred,
            Self::Charged(_) => EventType::Charged,
            Self::Refunded(_) => EventType::Refunded,
            Self::Credited(_) => EventType::Credited,
            Self::ChargedBack(_) => EventType::ChargedBack,
            Self::ChargebackReversed(_) => EventType::ChargebackReversed,
            Self::ReceiptValidated(_) => EventType::ReceiptValidated,
            Self::ReceiptRejected { .. } => EventType::ReceiptRejected,
            Self::ProductUnmapped => EventType::ProductUnmapped,
        }
    }
}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(word: &str) -> Result<Self, UnknownEventType> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownEventType(word.to_owned()))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
