//! A history as events: fact by fact, with what the clock changes between two of them.

use std::collections::HashSet;

use jiff::Timestamp;

use super::changes::Step;
use super::money::moved;
use super::{Event, EventId, What};
use crate::domain::account::Account;
use crate::domain::fact::{Fact, FactId};
use crate::domain::fold::in_order;
use crate::domain::id::{PurchaseId, RokuCustomerId, TransactionId};
use crate::domain::publisher::Publisher;

/// Everything that happened to the Roku customer of these facts up to and with `until`, in the order
/// in which it became known. The order and repetition of `facts` do not matter; they are all of one
/// Roku customer.
pub fn of_history(facts: &[Fact], publisher: &Publisher, until: Timestamp) -> Vec<Event> {
    let Some(first) = facts.first() else { return Vec::new() };
    let mut chronicle = Chronicle::new(publisher, first.roku_customer());
    for fact in in_order(facts.iter().cloned()) {
        chronicle.fold_newest(&fact);
    }
    chronicle.pass_until(until);
    chronicle.finish().1
}

/// The events of `after` that `before`, the same history less some facts, did not have. Where a fact
/// that came late tells what another one had told, nothing new is true.
pub fn newly_true(before: &[Event], after: Vec<Event>) -> Vec<Event> {
    let ids = |events: &[Event]| -> HashSet<EventId> {
        events.iter().map(|event| event.id.clone()).collect()
    };
    let (known, still) = (ids(before), ids(&after));
    let mut told_otherwise: Vec<&Event> =
        before.iter().filter(|event| !still.contains(&event.id)).collect();
    let mut new: Vec<Event> = after.into_iter().filter(|new| !known.contains(&new.id)).collect();
    new.retain(|new| {
        let is_same = |old: &&Event| old.purchase == new.purchase && is_one_thing(old, new);
        let same = told_otherwise.iter().position(is_same);
        same.map(|place| told_otherwise.remove(place)).is_none()
    });
    new
}

/// Whether two facts told one thing. What Roku has said since of why something ended is news.
fn is_one_thing(one: &Event, other: &Event) -> bool {
    match (&one.what, &other.what) {
        (What::Ended { reason: one }, What::Ended { reason: other }) => one == other,
        (What::Charged(one), What::Charged(other)) => one.transaction == other.transaction,
        (one, other) => one.kind() == other.kind() && !is_money(one),
    }
}

fn is_money(what: &What) -> bool {
    matches!(
        what,
        What::Refunded(_) | What::Credited(_) | What::ChargedBack(_) | What::ChargebackReversed(_)
    )
}

/// An account on its way through its history, and what happened on the way.
#[derive(Debug)]
pub struct Chronicle<'a> {
    publisher: &'a Publisher,
    roku_customer: &'a RokuCustomerId,
    account: Account,
    /// Up to when the clock's events have been told.
    told_until: Option<Timestamp>,
    events: Vec<Event>,
    ids: HashSet<EventId>,
}

impl<'a> Chronicle<'a> {
    /// A history that begins.
    pub fn new(publisher: &'a Publisher, roku_customer: &'a RokuCustomerId) -> Self {
        Self::going_on(publisher, roku_customer, Account::default(), None)
    }

    /// A history that goes on from an account, of which the clock's events are told up to then.
    pub fn going_on(
        publisher: &'a Publisher,
        roku_customer: &'a RokuCustomerId,
        account: Account,
        told_until: Option<Timestamp>,
    ) -> Self {
        let (events, ids) = (Vec::new(), HashSet::new());
        Self { publisher, roku_customer, account, told_until, events, ids }
    }

    /// Lets time pass up to a fact that [is newest](Account::is_newest), and folds it in.
    pub fn fold_newest(&mut self, fact: &Fact) {
        let at = fact.id().time;
        self.pass_until(at);
        let before = self.account.clone();
        self.account.fold_newest(fact);
        let after = self.account.clone();
        let settings = &self.publisher.settings;
        let step = Step { before: &before, after: &after, fact, settings };
        for (purchase, what) in step.changes() {
            let id = self.id_of_change(&step, purchase, &what);
            let happened_at = step.happened_at(purchase, &what);
            self.tell(&after, id, Some(purchase.clone()), what, happened_at, channel(fact));
        }
        if let Some(moved) = moved(&before, fact) {
            let purchase = after.purchase_of(fact).cloned();
            let id = self.id_of_money(&moved.what, &fact.id());
            self.tell(&after, id, purchase, moved.what, moved.at, channel(fact));
        }
    }

    /// Lets time pass: what the clock alone changes up to and with `until`.
    pub fn pass_until(&mut self, until: Timestamp) {
        let Some(since) = self.told_until.filter(|since| *since < until) else {
            self.told_until.get_or_insert(until);
            return;
        };
        let account = self.account.clone();
        let moments = account.moments_between(&self.publisher.settings, since, until);
        for (at, purchase, what) in moments {
            let id = self.id(&what, &["clock", purchase.as_str(), &at.to_string()]);
            self.tell(&account, id, Some(purchase), what, at, None);
        }
        self.told_until = Some(until);
    }

    /// The account as it stands, and what happened on the way, in the order in which it became known.
    pub fn finish(self) -> (Account, Vec<Event>) {
        (self.account, self.events)
    }

    /// What begins a term is named by its charge, whoever told of it; all else by the fact.
    fn id_of_change(&self, step: &Step<'_>, purchase: &PurchaseId, what: &What) -> EventId {
        let last_charge =
            |account: &Account| Some(account.purchases.get(purchase)?.last_transaction.clone());
        let (before, after) = (last_charge(step.before), last_charge(step.after));
        let begins_a_term = matches!(
            what,
            What::Started
                | What::TrialStarted
                | What::TrialConverted
                | What::Renewed
                | What::Recovered { .. }
        );
        match after {
            Some(charge) if begins_a_term && before.as_ref() != Some(&charge) => {
                let charge = charge.as_ref().map_or(purchase.as_str(), TransactionId::as_str);
                self.id(what, &["term", purchase.as_str(), charge])
            }
            _ => self.id_by_fact(what, purchase.as_str(), &step.fact.id()),
        }
    }

    fn id_of_money(&self, what: &What, fact: &FactId) -> EventId {
        let (What::Charged(payment)
        | What::Refunded(payment)
        | What::Credited(payment)
        | What::ChargedBack(payment)
        | What::ChargebackReversed(payment)) = what
        else {
            return self.id_by_fact(what, "", fact);
        };
        match &payment.transaction {
            Some(transaction) => self.id(what, &["money", transaction.as_str()]),
            None => self.id_by_fact(what, "", fact),
        }
    }

    fn id_by_fact(&self, what: &What, purchase: &str, fact: &FactId) -> EventId {
        self.id(what, &["fact", purchase, &fact.time.to_string(), &fact.key])
    }

    fn id(&self, what: &What, texts: &[&str]) -> EventId {
        EventId::of(&self.publisher.id, self.roku_customer.as_str(), what.kind().as_str(), texts)
    }

    fn tell(
        &mut self,
        account: &Account,
        id: EventId,
        purchase: Option<PurchaseId>,
        what: What,
        at: Timestamp,
        channel: Option<&str>,
    ) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        let known = purchase.as_ref().and_then(|id| account.purchases.get(id));
        self.events.push(Event {
            id,
            at,
            product: known.and_then(|one| one.product.clone()),
            term_ends_at: known.and_then(|one| one.state.term_end().or(one.term_ends_at)),
            channel: channel.map(str::to_owned),
            purchase,
            what,
        });
    }
}

fn channel(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Notification(push) => push.channel.as_deref(),
        Fact::Observation(seen) => seen.channel.as_deref(),
    }
}
