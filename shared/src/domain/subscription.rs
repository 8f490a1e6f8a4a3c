//! What a customer has and had, as Cleeng's clients list it (`cleeng-api.md` §3.6 to §3.8): the one
//! view that JSON-RPC, MediaStore and API 3.1 render.
//!
//! It says the same as [`Account::access`]: what that calls open is active or cancelled, and
//! nothing else is. Left out is what no offer maps to, what Roku has not named, and a plan that
//! never began: a downgrade before its day is the [pending switch](Subscription::pending_switch) of
//! the plan that it follows, and one that was withdrawn was nobody's.

mod id;
mod status;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::access::Grant;
use super::account::{Account, Purchase, State};
use super::id::PurchaseId;
use super::offer::Offer;
use super::plan_change::Direction;
use super::publisher::Publisher;
use super::standing::Standing;

pub use id::{SubscriptionId, SwitchId};
pub use status::Status;

/// A subscription or a one-time purchase of a customer. What was bought once has no `period` in its
/// offer, and `offer.id.is_subscription()` tells subscriptions from the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription<'a> {
    /// Its number.
    pub id: SubscriptionId,
    /// Roku's chain.
    pub purchase: &'a PurchaseId,
    /// The chain's id as Roku spelt it: Cleeng's `externalId`.
    pub external_id: &'a str,
    /// What was bought.
    pub offer: &'a Offer,
    /// How it stands, in Cleeng's words.
    pub status: Status,
    /// How it stands by itself, in ours: finer, and silent about what takes its place.
    pub standing: Standing,
    /// Whether the customer watches for nothing now.
    pub in_trial: bool,
    /// When it was bought, or ordered as a downgrade.
    pub started_at: Timestamp,
    /// While it is open, the end of the term; none only for what is bought once. It may be past, in
    /// grace and while a renewal is late (`cleeng-api.md` §3.7). Otherwise when it ended.
    pub expires_at: Option<Timestamp>,
    /// What is charged next; none where nothing will be.
    pub next_payment: Option<NextPayment<'a>>,
    /// Roku's id of the latest payment, Cleeng's `externalPaymentId`: as Roku spelt it where it is
    /// the chain's first, else as ids are compared.
    pub last_transaction: &'a str,
    /// The downgrade that takes its place when the term ends.
    pub pending_switch: Option<PendingSwitch<'a>>,
    /// The plan whose place it took, as far as Roku has told.
    pub originated_from: Option<Succession>,
    /// The plan that took its place.
    pub replaced_by: Option<Succession>,
}

/// A payment that is to come, at the catalog's price: Roku does not tell what it will charge.
#[derive(Debug, Clone, PartialEq)]
pub struct NextPayment<'a> {
    /// When it is due. Past where it was due and has not been heard of: in grace, or late.
    pub at: Timestamp,
    /// The price of the offer that it is for: of the lower plan where a downgrade is pending.
    pub price: Decimal,
    /// ISO 4217, upper case.
    pub currency: &'a str,
}

/// A downgrade that was ordered and has not begun. Cleeng: a switch with the algorithm `DEFERRED`.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingSwitch<'a> {
    /// Its number.
    pub id: SwitchId,
    /// The purchase that will take the place.
    pub purchase: &'a PurchaseId,
    /// What it is of.
    pub to: &'a Offer,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When it takes the place: the day that Roku told, else the end of the running term.
    pub starts_at: Timestamp,
}

/// That one subscription followed another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The other one. It is not listed where its product is in no offer.
    pub id: SubscriptionId,
    /// Which way the customer moved.
    pub direction: Direction,
    /// When that was ordered.
    pub ordered_at: Timestamp,
}

/// What the customer who holds `accounts` has and had at `now`, newest first.
pub fn subscriptions<'a>(
    accounts: &'a [Account],
    publisher: &'a Publisher,
    now: Timestamp,
) -> Vec<Subscription<'a>> {
    let mut all: Vec<_> = accounts
        .iter()
        .flat_map(|account| Reading::new(account, publisher, now).subscriptions())
        .collect();
    // Of the same moment by id, so that pages do not overlap.
    all.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| a.purchase.cmp(b.purchase)));
    all
}

/// How one purchase stands, whether an offer stands for what was bought or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    /// None for what never began.
    pub(super) status: Option<Status>,
    pub(super) standing: Standing,
    pub(super) in_trial: bool,
    /// As [`Subscription::expires_at`]; none for what never began.
    pub(super) expires_at: Option<Timestamp>,
}

/// How a purchase of an account stands at `now`; none if it has none of that id.
pub(super) fn condition(
    account: &Account,
    purchase: &PurchaseId,
    publisher: &Publisher,
    now: Timestamp,
) -> Option<Condition> {
    let (id, purchase) = account.purchases.get_key_value(purchase)?;
    Some(Reading::new(account, publisher, now).condition(id, purchase))
}

/// An account at a moment.
struct Reading<'a> {
    account: &'a Account,
    publisher: &'a Publisher,
    now: Timestamp,
    open: Vec<Grant<'a>>,
}

impl<'a> Reading<'a> {
    fn new(account: &'a Account, publisher: &'a Publisher, now: Timestamp) -> Self {
        Self { account, publisher, now, open: account.access(publisher, now) }
    }

    fn subscriptions(&self) -> Vec<Subscription<'a>> {
        let purchases = self.account.purchases.iter();
        purchases.filter_map(|(id, purchase)| self.subscription(id, purchase)).collect()
    }

    fn subscription(&self, id: &'a PurchaseId, purchase: &'a Purchase) -> Option<Subscription<'a>> {
        let offer = self.publisher.catalog.offer_of(purchase.product.as_ref()?)?;
        let (grant, condition) = (self.grant(id), self.condition(id, purchase));
        let status = condition.status?;
        let pending_switch = grant.and_then(|grant| self.pending_switch(grant));
        Some(Subscription {
            id: self.id_of(id),
            purchase: id,
            external_id: purchase.transaction(id),
            offer,
            status,
            standing: condition.standing,
            in_trial: condition.in_trial,
            started_at: purchase.purchased_at,
            expires_at: condition.expires_at,
            next_payment: grant.and_then(|grant| next_payment(grant, offer, &pending_switch)),
            last_transaction: last_transaction(id, purchase),
            pending_switch,
            originated_from: self.originated_from(purchase),
            replaced_by: self.replaced_by(id, status),
        })
    }

    fn grant(&self, id: &PurchaseId) -> Option<&Grant<'a>> {
        self.open.iter().find(|grant| grant.purchase == id)
    }

    fn condition(&self, id: &PurchaseId, purchase: &Purchase) -> Condition {
        let (grant, standing) = (self.grant(id), self.standing(purchase));
        let has_begun = grant.is_some() || self.has_begun(purchase);
        let status = match grant {
            None => Status::of_closed(purchase, standing),
            // With a downgrade pending the customer goes on, although this plan does not.
            Some(grant) if standing.renews() || self.pending_switch(grant).is_some() => {
                Status::Active
            }
            Some(_) => Status::Cancelled,
        };
        let is_trial = matches!(purchase.state, State::Cancelled { trial: true, .. });
        let expires_at = match grant {
            Some(grant) => grant.expires_at,
            None if has_begun => Some(self.ended_at(id, purchase, standing)),
            None => None,
        };
        Condition {
            status: has_begun.then_some(status),
            standing,
            in_trial: grant.is_some() && (is_trial || standing == Standing::Trial),
            expires_at,
        }
    }

    fn id_of(&self, purchase: &PurchaseId) -> SubscriptionId {
        SubscriptionId::of(&self.publisher.id, purchase)
    }

    fn standing(&self, purchase: &Purchase) -> Standing {
        Standing::of(purchase, &self.publisher.settings, self.now)
    }

    /// Whether it ever gave a term, or anything bought once. A downgrade did not that is pending,
    /// was withdrawn, or whose charge was never heard of.
    fn has_begun(&self, purchase: &Purchase) -> bool {
        let was_given = purchase.is_paid() || purchase.term_ends_at.is_some();
        match purchase.state {
            State::PendingDowngrade { .. } => {
                was_given && self.standing(purchase) != Standing::PendingDowngrade
            }
            State::Ended { .. } | State::Replaced { .. } => was_given,
            _ => true,
        }
    }

    /// The downgrade that follows what is open; of an unmapped product none.
    fn pending_switch(&self, open: &Grant<'a>) -> Option<PendingSwitch<'a>> {
        let (id, purchase) = self.account.purchases.iter().find(|(_, new)| {
            let follows = new.replaces() == Some(open.purchase);
            follows && self.standing(new) == Standing::PendingDowngrade
        })?;
        Some(PendingSwitch {
            id: SwitchId::of(&self.publisher.id, id),
            purchase: id,
            to: self.publisher.catalog.offer_of(purchase.product.as_ref()?)?,
            ordered_at: purchase.change.as_ref()?.ordered_at,
            starts_at: purchase.state.term_end().or(open.expires_at)?,
        })
    }

    fn originated_from(&self, purchase: &Purchase) -> Option<Succession> {
        let change = purchase.change.as_ref()?;
        Some(Succession {
            id: self.id_of(change.replaces.as_ref()?),
            direction: change.direction,
            ordered_at: change.ordered_at,
        })
    }

    /// What took the place. An upgrade that was given up again did not.
    fn replaced_by(&self, old: &PurchaseId, status: Status) -> Option<Succession> {
        let followed = self.account.purchases.iter().filter_map(|(id, new)| {
            let change = new.change.as_ref().filter(|change| change.replaces.as_ref() == Some(old));
            let change = change.filter(|_| self.has_begun(new))?;
            let is_in_its_place = match change.direction {
                Direction::Upgrade => status == Status::Terminated,
                Direction::Downgrade => !status.is_open(),
            };
            is_in_its_place.then_some((new.purchased_at, id, change))
        });
        let (_, id, change) = followed.max_by_key(|(purchased_at, ..)| *purchased_at)?;
        let (direction, ordered_at) = (change.direction, change.ordered_at);
        Some(Succession { id: self.id_of(id), direction, ordered_at })
    }

    /// When access ended of what is not open.
    fn ended_at(&self, id: &PurchaseId, purchase: &Purchase, standing: Standing) -> Timestamp {
        let ended_at = match purchase.state {
            State::Replaced { at } | State::Ended { at } => at,
            State::OnHold { since } => since,
            _ if standing == Standing::Revoked => purchase.disputed_since.unwrap_or(self.now),
            // Another plan took its place; or the end of its term was not told.
            _ if standing.gives_access() => {
                let successor = self.account.successor_of(id);
                successor.map_or(purchase.confirmed_at, |new| new.purchased_at)
            }
            state => state.term_end().unwrap_or(purchase.confirmed_at),
        };
        purchase.term_ends_at.map_or(ended_at, |end| end.min(ended_at))
    }
}

fn next_payment<'a>(
    open: &Grant<'a>,
    offer: &'a Offer,
    pending_switch: &Option<PendingSwitch<'a>>,
) -> Option<NextPayment<'a>> {
    let (at, offer) = match pending_switch {
        Some(switch) => (switch.starts_at, switch.to),
        None if open.standing.renews() => (open.expires_at?, offer),
        None => return None,
    };
    Some(NextPayment { at, price: offer.price, currency: &offer.currency })
}

fn last_transaction<'a>(id: &'a PurchaseId, purchase: &'a Purchase) -> &'a str {
    let last = purchase.last_transaction.as_ref();
    last.map_or_else(|| purchase.transaction(id), |last| last.as_str())
}

#[cfg(test)]
mod tests;
