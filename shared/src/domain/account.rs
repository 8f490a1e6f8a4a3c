//! The account: all purchases of one Roku customer, as the facts add up to them.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::fact::FactId;
use super::id::{PurchaseId, RokuProductId, TransactionId};
use super::plan_change::PlanChange;
use super::transaction::Kind;

/// What the facts about one Roku customer add up to. Made by [`super::fold`] and by nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Each chain and one-time purchase.
    pub purchases: BTreeMap<PurchaseId, Purchase>,
    /// The newest fact that is folded in.
    pub folded_through: Option<FactId>,
    /// How many pushes have come that change no state, by Roku's word for their type.
    #[serde(default)]
    pub other_pushes: BTreeMap<String, u32>,
}

/// One Roku subscription chain, or one thing bought once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purchase {
    /// What was bought. Which offer that is, the catalog says when access is read, so that mapping
    /// a product heals the past. None until Roku has named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<RokuProductId>,
    /// How it stands.
    pub state: State,
    /// When it was bought; its billing cycle is counted from here.
    pub purchased_at: Timestamp,
    /// When Roku last told that it goes on.
    pub confirmed_at: Timestamp,
    /// The end of the last term that was given, whatever has become of it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_ends_at: Option<Timestamp>,
    /// The last charge. None while nothing but a trial was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
    /// The transaction of the last charge, by which Roku may mean the whole chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transaction: Option<TransactionId>,
    /// That Roku has not told yet what the last charge came to: it tells no amounts with a charge
    /// that was recovered, and is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<Unpriced>,
    /// The change of plan that it came about by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<PlanChange>,
    /// Since when the customer's bank disputes the last charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed_since: Option<Timestamp>,
    /// When Roku last answered a question about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Its id as Roku writes it, where that is not how ids are compared (`roku-pay.md` §2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spelled: Option<String>,
}

/// A charge for a term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// What was given for the term, in money and credit, without tax. None where Roku did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// ISO 4217, as Roku wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A charge whose amount Roku has not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpriced {
    /// Since when the charge is known.
    pub since: Timestamp,
    /// What it was for.
    pub kind: Kind,
}

/// How a purchase stands by what Roku told. Time alone moves it no further: [`super::access`] reads
/// it with a clock and the publisher's settings. `docs/lifecycle.md` has every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// In a free trial that will be charged for when it ends.
    Trial {
        /// When it ends.
        ends_at: Timestamp,
    },
    /// Paid, and renewed when the term ends.
    Current {
        /// When the term ends; none for what is bought once.
        ends_at: Option<Timestamp>,
    },
    /// A renewal charge failed; Roku tries again and the customer keeps watching.
    Grace {
        /// When the paid term ended.
        since: Timestamp,
    },
    /// Grace ran out, or a trial's first charge failed: no access until it is paid.
    OnHold {
        /// When Roku told of it.
        since: Timestamp,
    },
    /// Renewals are off: the term runs out.
    Cancelled {
        /// When.
        ends_at: Timestamp,
        /// Whether the term is a free trial.
        trial: bool,
    },
    /// An upgrade that is in its free trial has taken its place. It comes back, without renewing,
    /// if the upgrade is given up (`roku-pay.md` §4).
    Suspended {
        /// When its own term ends.
        ends_at: Timestamp,
    },
    /// The lower plan of a downgrade. Grants nothing before its day, whatever Roku's `isEntitled`
    /// says; from its day on it is in force even before its first charge is seen
    /// (`roku-pay.md` §10.7).
    PendingDowngrade {
        /// When the old term ends and this one starts; none until Roku has told.
        starts_at: Option<Timestamp>,
    },
    /// Another took its place. Its `expirationDate`, still ahead, does not keep it alive.
    Replaced {
        /// When.
        at: Timestamp,
    },
    /// Over.
    Ended {
        /// When.
        at: Timestamp,
    },
}

impl State {
    /// The state of what goes on until a date; a trial has one.
    pub(super) fn renewing(ends_at: Option<Timestamp>, trial: bool) -> Self {
        match ends_at {
            Some(ends_at) if trial => Self::Trial { ends_at },
            ends_at => Self::Current { ends_at },
        }
    }

    /// Whether it is, or is going to be, charged for again.
    pub(super) fn goes_on(self) -> bool {
        match self {
            Self::Trial { .. }
            | Self::Current { .. }
            | Self::Grace { .. }
            | Self::PendingDowngrade { .. } => true,
            Self::OnHold { .. }
            | Self::Cancelled { .. }
            | Self::Suspended { .. }
            | Self::Replaced { .. }
            | Self::Ended { .. } => false,
        }
    }

    /// When its term ends or starts, by which the plans of a downgrade find each other.
    pub(super) fn term_end(self) -> Option<Timestamp> {
        match self {
            Self::Trial { ends_at }
            | Self::Cancelled { ends_at, .. }
            | Self::Suspended { ends_at } => Some(ends_at),
            Self::Current { ends_at } => ends_at,
            Self::Grace { since } => Some(since),
            Self::PendingDowngrade { starts_at } => starts_at,
            Self::OnHold { .. } | Self::Replaced { .. } | Self::Ended { .. } => None,
        }
    }

    /// The day from which a downgrade is taken to be in force before its charge is heard of.
    pub(super) fn assumed_start(self) -> Option<Timestamp> {
        match self {
            Self::PendingDowngrade { starts_at } => starts_at,
            _ => None,
        }
    }
}

/// In the words that the corpus of pushes and `docs/lifecycle.md` use.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trial { ends_at } => write!(f, "trial until {ends_at}"),
            Self::Current { ends_at: Some(end) } => write!(f, "current until {end}"),
            Self::Current { ends_at: None } => f.write_str("current"),
            Self::Grace { since } => write!(f, "in grace since {since}"),
            Self::OnHold { since } => write!(f, "on hold since {since}"),
            Self::Cancelled { ends_at, .. } => write!(f, "cancelled, runs until {ends_at}"),
            Self::Suspended { ends_at } => write!(f, "suspended, its term ends {ends_at}"),
            Self::PendingDowngrade { starts_at: Some(start) } => {
                write!(f, "pending, starts {start}")
            }
            Self::PendingDowngrade { starts_at: None } => f.write_str("pending"),
            Self::Replaced { at } => write!(f, "replaced at {at}"),
            Self::Ended { at } => write!(f, "ended at {at}"),
        }
    }
}

impl Account {
    /// The purchase that takes the place of another, if one does.
    pub fn successor_of(&self, old: &PurchaseId) -> Option<&Purchase> {
        let successors = self.purchases.values().filter(|new| new.replaces() == Some(old));
        // An old plan may have been left twice; the last to leave it for decides.
        successors.max_by_key(|new| new.purchased_at)
    }
}

impl Purchase {
    /// The purchase whose place it takes, as far as Roku has told.
    pub fn replaces(&self) -> Option<&PurchaseId> {
        self.change.as_ref()?.replaces.as_ref()
    }

    /// Whether it was ever paid for; a trial is not.
    pub fn is_paid(&self) -> bool {
        self.charge.is_some()
    }
}
