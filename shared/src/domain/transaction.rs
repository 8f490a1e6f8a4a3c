//! What a customer was charged, as Cleeng's clients list it (`cleeng-api.md` §3.7, §10.5).
//!
//! A charge is what Roku has a transaction id for. Pushes tell of it; where a push was lost, Roku's
//! answer about that transaction does. At no charge nothing is listed: the beginning of a trial,
//! the order of a downgrade, an upgrade that was paid with credit alone.

mod number;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::amounts::Amounts;
use super::fact::{Fact, FactId};
use super::id::{PurchaseId, RokuProductId, TransactionId};
use super::notification::Notification;
use super::observation::Observation;
use super::transaction_type::TransactionType as T;

pub use number::TransactionNumber;

/// A charge.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// Its number.
    pub id: TransactionNumber,
    /// Roku's id, as ids are compared.
    pub roku_transaction: TransactionId,
    /// The chain that it belongs to.
    pub purchase: PurchaseId,
    /// When it was made, by Roku's clock. Where only an answer tells of it that has no date, when
    /// Roku was asked.
    pub at: Timestamp,
    /// What for.
    pub kind: Kind,
    /// What was paid for; none where Roku did not say.
    pub product: Option<RokuProductId>,
    /// What was charged, tax included. None where Roku did not say: it tells no amounts with a
    /// charge that was recovered, which is for what was due, nor did it with the first pushes of
    /// 2014.
    pub total: Option<Decimal>,
    /// The tax in it; none where Roku did not say.
    pub tax: Option<Decimal>,
    /// ISO 4217, upper case; none where Roku did not say.
    pub currency: Option<String>,
    /// What was given back of it.
    pub refund: Option<Refund>,
}

/// What a charge was for, as far as Roku told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first one of a chain.
    Initial,
    /// A later one: also the first after a trial, and the one that a downgrade begins with, because
    /// both are made when a term ends.
    Renewal,
    /// Of a change of plan, at once.
    Switch,
    /// One that had failed before, made in grace or on hold. Where its push was lost, it is taken
    /// for a renewal.
    Recovered,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initial => "initial",
            Self::Renewal => "renewal",
            Self::Switch => "switch",
            Self::Recovered => "recovered",
        })
    }
}

/// What was given back of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// When, the last time.
    pub at: Timestamp,
    /// How much, tax included, in all; none where Roku did not say.
    pub amount: Option<Decimal>,
}

impl Transaction {
    /// What was charged without tax; none where Roku did not say.
    pub fn net(&self) -> Option<Decimal> {
        Some(self.total? - self.tax.unwrap_or_default())
    }
}

/// What was charged for, newest first, each of Roku's transactions once. The order and repetition
/// of `facts` do not matter.
pub fn transactions(facts: &[Fact]) -> Vec<Transaction> {
    let history: BTreeMap<FactId, &Fact> = facts.iter().map(|fact| (fact.id(), fact)).collect();
    let mut told = Told::default();
    let pushes = || {
        history.values().filter_map(|fact| match fact {
            Fact::Notification(push) => Some(push),
            Fact::Observation(_) => None,
        })
    };
    pushes().for_each(|push| told.hear(push));
    for fact in history.values() {
        if let Fact::Observation(seen) = fact {
            told.see(seen);
        }
    }
    let mut charges = told.charges();
    for refund in pushes().filter(|push| push.transaction_type == T::Refund) {
        give_back(&mut charges, refund);
    }
    charges
}

/// What is known of each of Roku's transactions, be it a charge or not.
#[derive(Default)]
struct Told(HashMap<TransactionId, Known>);

struct Known {
    transaction: Transaction,
    /// Whether something is charged where no amount is told.
    is_charge: bool,
}

impl Known {
    fn is_listed(&self) -> bool {
        self.transaction.total.map_or(self.is_charge, |total| total > Decimal::ZERO)
    }

    fn is_unpriced(&self) -> bool {
        self.is_charge && self.transaction.total.is_none()
    }

    /// Takes what the first word about a charge lacked from a later one.
    fn price(&mut self, told: Transaction) {
        let transaction = &mut self.transaction;
        transaction.total = told.total;
        transaction.tax = told.tax;
        transaction.currency = told.currency.or(transaction.currency.take());
        transaction.product = transaction.product.take().or(told.product);
    }
}

impl Told {
    fn hear(&mut self, push: &Notification) {
        let is_charge = push.transaction_type.is_charge();
        let (true, Some(id), Some(purchase)) = (is_charge, &push.transaction, &push.purchase)
        else {
            return;
        };
        let transaction = Transaction {
            product: push.product.clone(),
            ..charged(id, purchase, push.event_at, kind_of(push), &push.amounts)
        };
        // A change of plan that is not paid for is told without amounts (`roku-pay.md` §2.1).
        let is_change = matches!(push.transaction_type, T::UpgradeSale | T::DowngradeSale);
        let known = Known { transaction, is_charge: !is_change && !push.is_free_trial };
        // Told twice, the first word counts, unless it was that nothing is charged. It may have had
        // no amount: whether a Sale follows a recovery is not documented (`roku-pay.md` §9.11).
        match self.0.get_mut(id) {
            Some(before) if before.is_unpriced() => before.price(known.transaction),
            Some(before) if before.is_listed() => {}
            _ => drop(self.0.insert(id.clone(), known)),
        }
    }

    /// What Roku answers says less than a push about the same transaction, and it does not tell a
    /// trial: it adds amounts that are not known, and charges whose push was lost.
    fn see(&mut self, seen: &Observation) {
        if seen.amounts.total.is_none() {
            return;
        }
        let (at, kind) = (charged_at(seen), kind_seen(seen));
        let answered = Transaction {
            product: Some(seen.product.clone()),
            ..charged(&seen.transaction, &seen.purchase, at, kind, &seen.amounts)
        };
        match self.0.get_mut(&seen.transaction) {
            None => {
                let known = Known { transaction: answered, is_charge: true };
                self.0.insert(seen.transaction.clone(), known);
            }
            Some(known) if known.is_unpriced() => known.price(answered),
            Some(_) => {}
        }
    }

    fn charges(self) -> Vec<Transaction> {
        let listed = self.0.into_values().filter(Known::is_listed);
        let mut charges: Vec<_> = listed.map(|known| known.transaction).collect();
        charges.sort_by(|a, b| {
            b.at.cmp(&a.at).then_with(|| a.roku_transaction.cmp(&b.roku_transaction))
        });
        charges
    }
}

fn charged(
    id: &TransactionId,
    purchase: &PurchaseId,
    at: Timestamp,
    kind: Kind,
    amounts: &Amounts,
) -> Transaction {
    Transaction {
        id: TransactionNumber::of(id),
        roku_transaction: id.clone(),
        purchase: purchase.clone(),
        at,
        kind,
        product: None,
        total: amounts.total,
        tax: amounts.tax,
        currency: amounts.currency.as_ref().map(|code| code.to_uppercase()),
        refund: None,
    }
}

/// What a charge was for that a push tells of.
pub(super) fn kind_of(push: &Notification) -> Kind {
    match push.transaction_type {
        T::UpgradeSale | T::DowngradeSale => Kind::Switch,
        T::GraceRecovered | T::OnHoldRecovered => Kind::Recovered,
        _ => {
            let ids = push.transaction.as_ref().zip(push.purchase.as_ref());
            let is_first = ids.is_some_and(|(own, chain)| is_first(own, chain));
            if is_first { Kind::Initial } else { Kind::Renewal }
        }
    }
}

/// What a charge was for that only an answer tells of.
pub(super) fn kind_seen(seen: &Observation) -> Kind {
    match (is_first(&seen.transaction, &seen.purchase), seen.change) {
        (true, Some(_)) => Kind::Switch,
        (true, None) => Kind::Initial,
        (false, _) => Kind::Renewal,
    }
}

/// When the charge was made that an answer tells of; else when Roku was asked.
pub(super) fn charged_at(seen: &Observation) -> Timestamp {
    let is_first = is_first(&seen.transaction, &seen.purchase);
    let at = seen.charged_at.or(seen.purchased_at.filter(|_| is_first));
    at.unwrap_or(seen.observed_at)
}

/// The first charge of a chain names it (`roku-pay.md` §2.2).
pub(super) fn is_first(transaction: &TransactionId, chain: &PurchaseId) -> bool {
    transaction.as_str() == chain.as_str()
}

/// Notes a refund on the charge that it is of. Roku's push may name the charge or its chain
/// (`roku-pay.md` §2.2). Of a chain it is the newest charge of that amount, else the newest of
/// which so much is left. Where there is none, earlier ones were taken to be of other charges than
/// they were: it is of what is left of several, newest first. What is more than all that is left is
/// not told.
fn give_back(charges: &mut [Transaction], push: &Notification) {
    let Some(named) = &push.purchase else { return };
    let amount = push.amounts.total.map(|total| total.abs());
    let is_meant = |charge: &&mut Transaction| {
        let is_named = charge.purchase == *named || is_first(&charge.roku_transaction, named);
        is_named && charge.at <= push.event_at
    };
    let mut meant: Vec<_> = charges.iter_mut().filter(is_meant).collect();
    let is_same = |charge: &&mut Transaction| charge.total == amount && charge.has_left(amount);
    let same = meant.iter().position(|charge| amount.is_some() && is_same(charge));
    let one = same.or_else(|| meant.iter().position(|charge| charge.has_left(amount)));
    match (one.and_then(|place| meant.get_mut(place)), amount) {
        (Some(charge), amount) => charge.take_back(amount, push.event_at),
        (None, Some(amount)) => give_back_of_several(&mut meant, amount, push.event_at),
        (None, None) => {}
    }
}

fn give_back_of_several(charges: &mut [&mut Transaction], amount: Decimal, at: Timestamp) {
    let left: Decimal = charges.iter().map(|charge| charge.left()).sum();
    let mut open = if amount <= left { amount } else { Decimal::ZERO };
    for charge in charges {
        let part = charge.left().min(open);
        if part > Decimal::ZERO {
            charge.take_back(Some(part), at);
            open -= part;
        }
    }
}

impl Transaction {
    /// Whether so much may be given back of it, after what was; of an unknown amount as long as
    /// nothing was.
    fn has_left(&self, amount: Option<Decimal>) -> bool {
        match (&self.refund, self.total, amount) {
            (None, Some(total), Some(amount)) => amount <= total,
            (None, _, _) => true,
            (Some(_), Some(_), Some(amount)) => amount <= self.left(),
            (Some(_), _, _) => false,
        }
    }

    /// What may still be given back; nothing where that is not known.
    fn left(&self) -> Decimal {
        let before = self.refund.as_ref().map_or(Some(Decimal::ZERO), |refund| refund.amount);
        self.total.zip(before).map_or(Decimal::ZERO, |(total, before)| total - before)
    }

    fn take_back(&mut self, amount: Option<Decimal>, at: Timestamp) {
        let before = self.refund.take().map_or(Some(Decimal::ZERO), |refund| refund.amount);
        let amount = before.zip(amount).map(|(before, amount)| before + amount);
        self.refund = Some(Refund { at, amount });
    }
}

#[cfg(test)]
mod tests;
