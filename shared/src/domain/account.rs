//! The account: all purchases of one Roku customer, as the facts add up to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fact::FactId;
use super::id::{PurchaseId, RokuProductId};

/// What the facts about one Roku customer add up to. Made by [`super::fold`] and by nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Each chain and one-time purchase.
    pub purchases: BTreeMap<PurchaseId, Purchase>,
    /// The newest fact that is folded in.
    pub folded_through: Option<FactId>,
    /// How many pushes have come that change no purchase, by Roku's word for their type.
    #[serde(default)]
    pub other_pushes: BTreeMap<String, u32>,
}

/// One Roku subscription chain, or one thing bought once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purchase {
    /// What was bought. Which offer that is, the catalog says when access is read, so that mapping
    /// a product heals the past. None until Roku has named it.
    pub product: Option<RokuProductId>,
    /// How it stands.
    pub state: State,
}

/// How a purchase stands. Time alone moves it no further: [`super::access`] reads it with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Paid, or in its trial, until the term ends. `expires_at` is none for what is bought once.
    Current {
        /// When the term ends.
        expires_at: Option<Timestamp>,
        /// What happens then.
        renewal: Renewal,
        /// Whether the term is a free trial.
        trial: bool,
    },
    /// A renewal charge failed; Roku tries again and the customer keeps watching.
    Grace {
        /// When the paid term ended.
        expired_at: Timestamp,
    },
    /// Grace ran out, or a trial's first charge failed: no access until it is paid.
    OnHold,
    /// The lower plan of a downgrade. Grants nothing before its day, whatever Roku's `isEntitled`
    /// says; from its day on it is in force even before its first charge is seen
    /// (`roku-pay.md` §10.7).
    PendingDowngrade {
        /// When the old term ends and this one starts.
        starts_at: Timestamp,
    },
    /// An upgrade took its place. Its `expirationDate`, still ahead, does not keep it alive.
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

/// What happens when the term ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// Roku charges for the next term.
    On,
    /// Nothing more is charged.
    Off,
}
