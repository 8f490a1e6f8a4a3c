//! What a customer may watch now.

use jiff::Timestamp;
use serde::Serialize;
use usher::domain::access::{Entitlements, Grounds, OfferAccess};
use usher::domain::account::Account;
use usher::domain::id::CustomerId;
use usher::domain::offer::{Offer, OfferId, Tag};
use usher::domain::publisher::Publisher;
use usher::store::histories::History;

/// The offers and tags that are open.
#[derive(Debug, Serialize)]
pub(super) struct Open<'a> {
    pub(super) offers: Vec<OpenOffer<'a>>,
    pub(super) tags: Vec<Tag>,
}

/// An offer that is open.
#[derive(Debug, Serialize)]
pub(super) struct OpenOffer<'a> {
    pub(super) offer: &'a OfferId,
    pub(super) title: &'a str,
    /// The end of the term; none where it never ends.
    pub(super) until: Option<Timestamp>,
    /// What it rests on.
    pub(super) by: &'static str,
}

impl<'a> Open<'a> {
    /// What the accounts that `customer` holds open.
    pub(super) fn to(
        customer: Option<&CustomerId>,
        accounts: &[History],
        publisher: &'a Publisher,
        now: Timestamp,
    ) -> Self {
        let held = accounts.iter().filter(|one| one.holder.is_some());
        let held = held.filter(|one| one.holder.as_ref() == customer);
        let held: Vec<Account> = held.map(|one| one.account.clone()).collect();
        let entitlements = Entitlements::of(&held, publisher, now);
        let offers = publisher.catalog.offers().iter();
        let offers = offers.filter_map(|offer| OpenOffer::of(offer, &entitlements)).collect();
        Self { offers, tags: entitlements.tags().into_iter().cloned().collect() }
    }
}

impl<'a> OpenOffer<'a> {
    fn of(offer: &'a Offer, entitlements: &Entitlements<'_>) -> Option<Self> {
        let OfferAccess::Granted { grounds, expires_at } = entitlements.offer(&offer.id)? else {
            return None;
        };
        let by = match grounds {
            Grounds::Purchase => "purchase",
            Grounds::Tag => "tag",
            Grounds::RenewalLeeway => "late renewal",
        };
        Some(Self { offer: &offer.id, title: &offer.title, until: expires_at, by })
    }
}
