//! How one purchase takes the place of another.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::amounts::Amounts;
use super::id::PurchaseId;

/// Which way a customer moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To a higher plan, at once.
    Upgrade,
    /// To a lower plan, when the old term ends.
    Downgrade,
}

impl Direction {
    /// Reads Roku's `purchaseType` (`roku-pay.md` §3).
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word.to_lowercase().as_str() {
            "upgrade" => Some(Self::Upgrade),
            "downgrade" => Some(Self::Downgrade),
            _ => None,
        }
    }
}

/// That a purchase came about by a change of plan: what the new purchase knows of the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    /// Which way.
    pub direction: Direction,
    /// When the customer ordered it.
    pub ordered_at: Timestamp,
    /// The purchase whose place it takes; none until Roku has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<PurchaseId>,
    /// What Roku charged for an upgrade, once its push has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<Amounts>,
}
