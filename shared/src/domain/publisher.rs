//! The tenant and its settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::catalog::Catalog;
use super::id::PublisherId;

/// A publisher with what functions need to know of it: its settings and its catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Publisher {
    /// Nine digits at Cleeng.
    pub id: PublisherId,
    /// What it decided.
    pub settings: Settings,
    /// What it sells.
    pub catalog: Catalog,
}

/// What a publisher decides for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its Roku channels. A push for another channel grants nothing: any Roku developer can obtain
    /// validly signed pushes for a channel of their own.
    pub channels: Vec<String>,
    /// Who keeps a Roku account when a second customer shows a receipt for it.
    #[serde(default)]
    pub transfer: TransferPolicy,
    /// How long a renewal that Roku has not reported yet keeps access (hours).
    #[serde(default = "six_hours")]
    pub renewal_leeway_hours: u16,
}

impl Settings {
    /// How long a renewal that Roku has not reported yet keeps access.
    pub fn renewal_leeway(&self) -> Duration {
        Duration::from_secs(u64::from(self.renewal_leeway_hours) * 3600)
    }

    /// Whether a push for `channel` is this publisher's.
    pub fn owns_channel(&self, channel: Option<&str>) -> bool {
        channel.is_some_and(|id| self.channels.iter().any(|own| own == id))
    }
}

fn six_hours() -> u16 {
    6
}

/// What happens to a Roku account that is linked to one customer when another shows a receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferPolicy {
    /// It goes to the customer who came last, as at Cleeng (`cleeng-api.md` §1.5).
    #[default]
    Transfer,
    /// It stays, and the receipt is rejected.
    Keep,
}
