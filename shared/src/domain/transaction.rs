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
        // Told twice, the first word counts, unless it was that nothing is charged.
        if self.0.get(id).is_none_or(|before| !before.is_listed()) {
            self.0.insert(id.clone(), known);
        }
    }

    /// What Roku answers says less than a push about the same transaction, and it does not tell a
    /// trial: it adds amounts that are not known, and charges whose push was lost.
    fn see(&mut self, seen: &Observation) {
        let Some(total) = seen.amounts.total else { return };
        let (at, kind) = (charged_at(seen), kind_seen(seen));
        let answered = charged(&seen.transaction, &seen.purchase, at, kind, &seen.amounts);
        match self.0.get_mut(&seen.transaction) {
            None => {
                let transaction = Transaction { product: Some(seen.product.clone()), ..answered };
                let known = Known { transaction, is_charge: true };
                self.0.insert(seen.transaction.clone(), known);
            }
            Some(known) if known.is_charge && known.transaction.total.is_none() => {
                let transaction = &mut known.transaction;
                transaction.total = Some(total);
                transaction.tax = answered.tax;
                transaction.currency = answered.currency.or(transaction.currency.take());
                transaction.product.get_or_insert(seen.product.clone());
            }
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
/// which so much is left; where there is none, the refund is not told.
fn give_back(charges: &mut [Transaction], push: &Notification) {
    let Some(named) = &push.purchase else { return };
    let amount = push.amounts.total.map(|total| total.abs());
    let is_meant = |charge: &&mut Transaction| {
        let is_named = charge.purchase == *named || is_first(&charge.roku_transaction, named);
        is_named && charge.at <= push.event_at && charge.has_left(amount)
    };
    let mut meant: Vec<_> = charges.iter_mut().filter(is_meant).collect();
    let same = meant.iter().position(|charge| amount.is_some() && charge.total == amount);
    let Some(charge) = meant.get_mut(same.unwrap_or(0)) else { return };
    let before = charge.refund.take().map(|refund| refund.amount);
    let amount = match before {
        None => amount,
        Some(before) => before.zip(amount).map(|(before, amount)| before + amount),
    };
    charge.refund = Some(Refund { at: push.event_at, amount });
}

impl Transaction {
    /// Whether so much may be given back of it, after what was; of an unknown amount as long as
    /// nothing was.
    fn has_left(&self, amount: Option<Decimal>) -> bool {
        match (&self.refund, self.total, amount) {
            (None, Some(total), Some(amount)) => amount <= total,
            (None, _, _) => true,
            (Some(Refund { amount: Some(before), .. }), Some(total), Some(amount)) => {
                before + amount <= total
            }
            (Some(_), _, _) => false,
        }
    }
}

#[cfg(test)]
mod tests;
