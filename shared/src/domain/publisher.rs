//! The tenant and its settings.

use jiff::SignedDuration;
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
    /// How long the channel's grace lasts, as set in Roku's dashboard (days).
    #[serde(default)]
    pub grace_days: GraceDays,
    /// Whether a chargeback takes access away, until it is reversed or a later charge is paid. Roku
    /// asks for nothing of the kind (`roku-pay.md` §2).
    #[serde(default)]
    pub revoke_on_chargeback: bool,
    /// Whether a push that is not signed has Roku asked about what it tells. Roku has signed every
    /// push since 2024 (`roku-pay.md` §0); a test rig may not.
    #[serde(default)]
    pub unsigned_pushes: bool,
}

/// Why settings cannot be a publisher's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// Without channels every push would be set aside.
    #[error("channels must name at least one channel, each as Roku writes it")]
    Channels,
}

impl Settings {
    /// The settings of who has decided nothing but what its channels are.
    pub fn of_channels(channels: Vec<String>) -> Self {
        Self {
            channels,
            transfer: TransferPolicy::default(),
            renewal_leeway_hours: six_hours(),
            grace_days: GraceDays::default(),
            revoke_on_chargeback: false,
            unsigned_pushes: false,
        }
    }

    /// Says what cannot be meant, wherever the settings come from. What can be meant and is
    /// seldom wise is told by [`contradictions`](super::contradictions).
    ///
    /// # Errors
    /// [`InvalidSettings`] names the setting.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let is_id = |channel: &String| !channel.is_empty() && channel.trim() == channel;
        let are_ids = !self.channels.is_empty() && self.channels.iter().all(is_id);
        are_ids.then_some(()).ok_or(InvalidSettings::Channels)
    }

    /// How long a renewal that Roku has not reported yet keeps access.
    pub fn renewal_leeway(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.renewal_leeway_hours))
    }

    /// How long grace keeps access where Roku does not end it.
    pub fn grace(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.grace_days.0))
    }

    /// Whether a push for `channel` is this publisher's.
    pub fn owns_channel(&self, channel: Option<&str>) -> bool {
        channel.is_some_and(|id| self.channels.iter().any(|own| own == id))
    }
}

fn six_hours() -> u16 {
    6
}

/// One of the lengths of grace that Roku allows: 0, 3, 10, 11, 13 or 16 days (`roku-pay.md` §6).
/// Where a publisher does not say, the longest is assumed, so that nobody who is about to pay is
/// locked out; Roku's push ends it earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct GraceDays(u8);

/// Why a number is no length of grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("grace_days must be 0, 3, 10, 11, 13 or 16, as Roku allows")]
pub struct InvalidGraceDays;

impl Default for GraceDays {
    fn default() -> Self {
        Self(16)
    }
}

impl TryFrom<i64> for GraceDays {
    type Error = InvalidGraceDays;
    fn try_from(days: i64) -> Result<Self, InvalidGraceDays> {
        let allowed = [0, 3, 10, 11, 13, 16].into_iter();
        let days = allowed.into_iter().find(|allowed| i64::from(*allowed) == days);
        days.map(Self).ok_or(InvalidGraceDays)
    }
}

impl From<GraceDays> for i64 {
    fn from(days: GraceDays) -> Self {
        days.0.into()
    }
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
