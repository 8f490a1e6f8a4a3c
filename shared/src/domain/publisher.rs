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

/// What a publisher decides for itself. Settings that a later version wrote are passed over, so that
/// functions of this one go on; where a person writes them, they are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// From how many addresses a customer may watch within three hours, where callers tell the
    /// address: 4 at Cleeng (`cleeng-api.md` §3.3). 0 is any number.
    #[serde(default = "four")]
    pub ip_addresses_per_customer: u16,
    /// Who signs the publisher's customers in, if not Usher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<IdentityProvider>,
}

/// The publisher's own identity provider. Its tokens are taken wherever ours are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// What its tokens have in `iss`.
    pub issuer: String,
    /// What they have in `aud`, alone or among others.
    pub audience: String,
    /// Where its keys are published, as a JWK set.
    pub keys_url: String,
    /// The claim that holds the customer's e-mail address. Who has `email_verified: false` is nobody.
    #[serde(default = "email")]
    pub email_claim: String,
    /// The claim that holds the publisher's own id of the customer (`externalId`), `sub` for one. Where
    /// it is named, customers are found by it first, and need no address once they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id_claim: Option<String>,
}

/// Why settings cannot be a publisher's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// Without channels every push would be set aside.
    #[error("channels must name at least one channel, each as Roku writes it")]
    Channels,
    /// Nobody could sign in with it.
    #[error("identity_provider needs issuer, audience, keys_url and email_claim, none empty")]
    IdentityProvider,
    /// Whoever is on the way could sign customers in.
    #[error("identity_provider.keys_url must begin with https://")]
    KeysUrl,
    /// Its tokens would be taken for ours.
    #[error("identity_provider.issuer must be another than {ISSUER:?}, who is Usher")]
    Issuer,
}

/// Who signs Usher's own tokens.
pub const ISSUER: &str = "usher";

impl IdentityProvider {
    fn check(&self) -> Result<(), InvalidSettings> {
        let texts = [&self.issuer, &self.audience, &self.keys_url, &self.email_claim];
        let texts = texts.into_iter().chain(&self.customer_id_claim);
        if texts.into_iter().any(|text| text.is_empty() || text.trim() != text) {
            return Err(InvalidSettings::IdentityProvider);
        }
        if self.issuer == ISSUER {
            return Err(InvalidSettings::Issuer);
        }
        // On the machine itself nobody is on the way.
        let is_safe = ["https://", "http://127.0.0.1:", "http://localhost:"];
        let is_safe = is_safe.iter().any(|start| self.keys_url.starts_with(start));
        is_safe.then_some(()).ok_or(InvalidSettings::KeysUrl)
    }
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
            ip_addresses_per_customer: four(),
            identity_provider: None,
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
        are_ids.then_some(()).ok_or(InvalidSettings::Channels)?;
        self.identity_provider.as_ref().map_or(Ok(()), IdentityProvider::check)
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

fn four() -> u16 {
    4
}

fn email() -> String {
    "email".to_owned()
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
