//! Who may watch what, at a moment.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::account::{Account, Purchase};
use super::catalog::Catalog;
use super::id::{PurchaseId, RokuProductId};
use super::offer::{Offer, OfferId, Tag};
use super::publisher::Publisher;
use super::standing::Standing;

/// Something that a customer may watch now, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant<'a> {
    /// The purchase that gives it.
    pub purchase: &'a PurchaseId,
    /// What was bought.
    pub product: &'a RokuProductId,
    /// Why it is open.
    pub standing: Standing,
    /// The end of the term; none for what is bought once. Access may outlast it, in grace or while
    /// a renewal is late, and then this is past (`cleeng-api.md` §3.7).
    pub expires_at: Option<Timestamp>,
}

impl Account {
    /// What the account gives at `now`, with the publisher's settings and the periods and groups of
    /// its catalog.
    pub fn access<'a>(&'a self, publisher: &'a Publisher, now: Timestamp) -> Vec<Grant<'a>> {
        let open: Vec<Open<'a>> = self
            .purchases
            .iter()
            .filter_map(|(id, purchase)| Open::at(id, purchase, publisher, now))
            .collect();
        let given = open.iter().filter(|one| {
            !open.iter().any(|other| one.gives_way_to(other)) && !self.is_stood_in_for(one, &open)
        });
        given.map(|one| one.grant).collect()
    }

    /// Whether a suspended plan's place is taken by the upgrade that suspends it. Where we have not
    /// heard of one, any plan of the group that is open will do; where nothing else is open, what
    /// was paid for plays.
    fn is_stood_in_for(&self, one: &Open<'_>, open: &[Open<'_>]) -> bool {
        if one.grant.standing != Standing::Suspended {
            return false;
        }
        let successor = self.successor_of(one.grant.purchase);
        open.iter().filter(|other| other.grant.standing != Standing::Suspended).any(|other| {
            let is_successor = successor.is_some_and(|new| std::ptr::eq(new, other.purchase));
            is_successor || one.shares_group(other)
        })
    }
}

/// A purchase that gives access, unless another takes its place.
struct Open<'a> {
    grant: Grant<'a>,
    purchase: &'a Purchase,
    group: Option<&'a str>,
}

impl<'a> Open<'a> {
    fn at(
        id: &'a PurchaseId,
        purchase: &'a Purchase,
        publisher: &'a Publisher,
        now: Timestamp,
    ) -> Option<Self> {
        let standing = Standing::of(purchase, &publisher.settings, now);
        let product = purchase.product.as_ref().filter(|_| standing.gives_access())?;
        let expires_at = purchase.state.term_end();
        let offer = publisher.catalog.offer_of(product);
        // What is charged by the period and has no end is a term whose end Roku did not tell.
        let is_endless = expires_at.is_none() && offer.is_some_and(|offer| offer.period.is_some());
        let grant = Grant { purchase: id, product, standing, expires_at };
        let group = offer.and_then(|offer| offer.group.as_deref());
        (!is_endless).then_some(Self { grant, purchase, group })
    }

    fn shares_group(&self, other: &Self) -> bool {
        self.group.is_some() && self.group == other.group
    }

    /// Plans of one group replace each other at Roku, so of two that renew the older one is a plan
    /// whose end we did not hear of: unless Roku has told, after the newer one began, that the older
    /// one goes on.
    fn gives_way_to(&self, other: &Self) -> bool {
        if !self.shares_group(other) || !self.renews() || !other.renews() {
            return false;
        }
        let is_newer = other.order() > self.order();
        let began_since = other.purchase.purchased_at > self.purchase.confirmed_at;
        match (self.purchase.state.assumed_start(), other.purchase.state.assumed_start()) {
            // A downgrade whose charge was not heard of, beside a plan that was charged since.
            (Some(start), None) => other.purchase.confirmed_at >= start,
            (None, Some(start)) => start > self.purchase.confirmed_at,
            _ => is_newer && began_since,
        }
    }

    fn renews(&self) -> bool {
        self.grant.expires_at.is_some() && self.grant.standing.renews()
    }

    /// Of two plans one is always the newer.
    fn order(&self) -> (Timestamp, &PurchaseId) {
        (self.purchase.confirmed_at, self.grant.purchase)
    }
}

/// What a customer may watch: the grants of all their accounts, read with the publisher's catalog.
#[derive(Debug)]
pub struct Entitlements<'a> {
    catalog: &'a Catalog,
    held: Vec<(&'a Offer, Grant<'a>)>,
}

/// The answer to "may this customer watch this offer?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferAccess {
    /// No.
    Denied,
    /// Yes.
    Granted {
        /// What it rests on.
        grounds: Grounds,
        /// The latest end of a term that gives it; none if one never ends.
        expires_at: Option<Timestamp>,
    },
}

/// What access rests on, the firmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grounds {
    /// They bought it.
    Purchase,
    /// Something they bought opens one of its tags.
    Tag,
    /// The term has ended and its renewal has not been heard of: the customer is believed until
    /// Roku is asked.
    RenewalLeeway,
}

impl<'a> Entitlements<'a> {
    /// What `accounts` give at `now`. A product that no offer maps to gives nothing yet.
    pub fn of(accounts: &'a [Account], publisher: &'a Publisher, now: Timestamp) -> Self {
        let catalog = &publisher.catalog;
        let grants = accounts.iter().flat_map(|account| account.access(publisher, now));
        let held = grants.filter_map(|grant| Some((catalog.offer_of(grant.product)?, grant)));
        let held = held.collect();
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
        let open = self.held.iter().filter_map(|(held, grant)| {
            let grounds =
                wanted.iter().filter_map(|offer| grounds_for(held, offer, grant)).min()?;
            Some((grounds, grant.expires_at))
        });
        let best = open.reduce(|a, b| match a.0.cmp(&b.0) {
            std::cmp::Ordering::Less => a,
            std::cmp::Ordering::Greater => b,
            std::cmp::Ordering::Equal => (a.0, a.1.zip(b.1).map(|(a, b)| a.max(b))),
        });
        Some(best.map_or(OfferAccess::Denied, |(grounds, expires_at)| OfferAccess::Granted {
            grounds,
            expires_at,
        }))
    }

    /// Every tag that is open, in alphabetical order.
    pub fn tags(&self) -> BTreeSet<&'a Tag> {
        self.held.iter().flat_map(|(offer, _)| &offer.tags).collect()
    }
}

/// Why `held` opens `wanted`, if it does.
fn grounds_for(held: &Offer, wanted: &Offer, grant: &Grant<'_>) -> Option<Grounds> {
    let by_tag =
        !wanted.id.is_subscription() && wanted.tags.iter().any(|tag| held.tags.contains(tag));
    let grounds = if wanted.id == held.id {
        Grounds::Purchase
    } else if by_tag {
        Grounds::Tag
    } else {
        return None;
    };
    Some(if grant.standing == Standing::RenewalLate { Grounds::RenewalLeeway } else { grounds })
}

#[cfg(test)]
mod tests;
