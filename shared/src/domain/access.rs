//! Who may watch what, at a moment.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::account::{Account, Purchase, Renewal, State};
use super::catalog::Catalog;
use super::fact::later;
use super::id::RokuProductId;
use super::offer::{Offer, OfferId, Tag};
use super::publisher::Publisher;

/// The longest grace that Roku allows. One of which nothing more is heard has ended then
/// (`roku-pay.md` §6, §10.7).
const LONGEST_GRACE: SignedDuration = SignedDuration::from_hours(16 * 24);

/// Something that a customer may watch now, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant<'a> {
    /// The product that gives it.
    pub product: &'a RokuProductId,
    /// The end of the term; none for what is bought once. Access may outlast it, in grace or while
    /// a renewal is late, and then this is past (`cleeng-api.md` §3.7).
    pub expires_at: Option<Timestamp>,
}

impl Account {
    /// What the account gives at `now`. A renewal that is due keeps access for `renewal_leeway`.
    pub fn access(
        &self,
        renewal_leeway: Duration,
        now: Timestamp,
    ) -> impl Iterator<Item = Grant<'_>> {
        self.purchases.values().filter_map(move |purchase| purchase.access(renewal_leeway, now))
    }
}

impl Purchase {
    fn access(&self, renewal_leeway: Duration, now: Timestamp) -> Option<Grant<'_>> {
        let leeway = SignedDuration::try_from(renewal_leeway).unwrap_or(SignedDuration::ZERO);
        let (expires_at, open) = match self.state {
            State::Current { expires_at: None, .. } => (None, true),
            State::Current { expires_at: Some(end), renewal: Renewal::On, .. } => {
                (Some(end), now < later(end, leeway))
            }
            State::Current { expires_at: Some(end), renewal: Renewal::Off, .. } => {
                (Some(end), now < end)
            }
            State::Grace { expired_at } => {
                (Some(expired_at), now < later(expired_at, LONGEST_GRACE))
            }
            State::PendingDowngrade { starts_at } => {
                (Some(starts_at), starts_at <= now && now < later(starts_at, leeway))
            }
            State::OnHold | State::Replaced { .. } | State::Ended { .. } => return None,
        };
        let product = self.product.as_ref()?;
        open.then_some(Grant { product, expires_at })
    }
}

/// What a customer may watch: the grants of all their accounts, read with the publisher's catalog.
#[derive(Debug)]
pub struct Entitlements<'a> {
    catalog: &'a Catalog,
    held: Vec<(&'a Offer, Option<Timestamp>)>,
}

/// The answer to "may this customer watch this offer?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferAccess {
    /// No.
    Denied,
    /// Yes: they bought it.
    Bought {
        /// The latest end of a term that gives it; none if one never ends.
        expires_at: Option<Timestamp>,
    },
    /// Yes: something they bought opens one of its tags.
    ByTag {
        /// The latest end of a term that gives it; none if one never ends.
        expires_at: Option<Timestamp>,
    },
}

impl<'a> Entitlements<'a> {
    /// What `accounts` give at `now`. A product that no offer maps to gives nothing yet; nor does a
    /// purchase without an end of what is charged by the period, whose end Roku did not tell.
    pub fn of(accounts: &'a [Account], publisher: &'a Publisher, now: Timestamp) -> Self {
        let catalog = &publisher.catalog;
        let leeway = publisher.settings.renewal_leeway();
        let grants = accounts.iter().flat_map(|account| account.access(leeway, now));
        let held = grants
            .filter_map(|grant| Some((catalog.offer_of(grant.product)?, grant.expires_at)))
            .filter(|(offer, end)| end.is_some() || offer.period.is_none())
            .collect();
        Self { catalog, held }
    }

    /// Access to the offer that `id` means: any country's where it names none. None when no offer
    /// of the catalog is meant.
    ///
    /// A subscription is held by having bought it. An event, a video or a rental is open to the
    /// holders of its tags too.
    pub fn offer(&self, id: &OfferId) -> Option<OfferAccess> {
        let wanted: Vec<&Offer> = self.catalog.offers_meant_by(id).collect();
        if wanted.is_empty() {
            return None;
        }
        let ends_where = |opens: &dyn Fn(&Offer) -> bool| {
            let ends = self.held.iter().filter(|(held, _)| opens(held)).map(|(_, end)| *end);
            ends.reduce(|a, b| Some(a?.max(b?)))
        };
        let bought = ends_where(&|held| wanted.iter().any(|offer| offer.id == held.id));
        let by_tag = ends_where(&|held| wanted.iter().any(|offer| opens_by_tag(held, offer)));
        Some(match (bought, by_tag) {
            (Some(expires_at), _) => OfferAccess::Bought { expires_at },
            (None, Some(expires_at)) => OfferAccess::ByTag { expires_at },
            (None, None) => OfferAccess::Denied,
        })
    }

    /// Every tag that is open, in alphabetical order.
    pub fn tags(&self) -> BTreeSet<&'a Tag> {
        self.held.iter().flat_map(|(offer, _)| &offer.tags).collect()
    }
}

fn opens_by_tag(held: &Offer, wanted: &Offer) -> bool {
    !wanted.id.is_subscription() && wanted.tags.iter().any(|tag| held.tags.contains(tag))
}

#[cfg(test)]
mod tests;
