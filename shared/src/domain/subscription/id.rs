//! The numbers of subscriptions and of switches.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::derived;
use crate::domain::id::{PublisherId, PurchaseId};

/// The number of a subscription, of 100000000 to 1999999999 as Cleeng's (`cleeng-api.md` §4):
/// derived from the publisher and the purchase.
///
/// Two purchases have the same number with a probability of 1 in 1.9 billion. A customer of ten
/// purchases has two of one number once in 42 million customers; among the 100,000 purchases of a
/// publisher two or three pairs are to be expected. So a number is looked up among one customer's
/// subscriptions, and never by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriptionId(u32);

impl SubscriptionId {
    const FIRST: u32 = 100_000_000;
    const COUNT: u64 = 1_900_000_000;

    /// The number of a purchase.
    pub fn of(publisher: &PublisherId, purchase: &PurchaseId) -> Self {
        let texts = [publisher.as_str(), purchase.as_str()];
        let drawn = derived::number("subscription", &texts, Self::COUNT);
        Self(Self::FIRST + u32::try_from(drawn).unwrap_or_default())
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a switch, in the form of a UUID of version 8 (RFC 9562 leaves its content to us):
/// derived from the publisher and the purchase that the switch leads to. 120 bits: no two are
/// equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SwitchId(String);

impl SwitchId {
    /// The id of the switch to a purchase.
    pub fn of(publisher: &PublisherId, purchase: &PurchaseId) -> Self {
        let hash = derived::hash("switch", &[publisher.as_str(), purchase.as_str()]);
        let (time, low, mid, high, node) =
            (&hash[..8], &hash[8..12], &hash[12..15], &hash[15..18], &hash[18..30]);
        Self(format!("{time}-{low}-8{mid}-8{high}-{node}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SwitchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
