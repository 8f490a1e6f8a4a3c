//! The money that a fact tells of.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Payment, What};
use crate::domain::account::{Account, Purchase};
use crate::domain::fact::Fact;
use crate::domain::id::{PurchaseId, TransactionId};
use crate::domain::notification::Notification;
use crate::domain::observation::Observation;
use crate::domain::transaction::{self, Kind, is_first};
use crate::domain::transaction_type::TransactionType as T;

/// Money that moved, and when.
pub(super) struct Moved {
    pub(super) at: Timestamp,
    pub(super) what: What,
}

/// The money that a fact tells of and that had not been told in `before`.
pub(super) fn moved(before: &Account, fact: &Fact) -> Option<Moved> {
    match fact {
        Fact::Notification(push) => told_by_push(before, push),
        Fact::Observation(seen) => charge_seen(before, seen),
    }
}

fn told_by_push(before: &Account, push: &Notification) -> Option<Moved> {
    let payment = |kind| Payment {
        transaction: push.transaction.clone(),
        kind,
        amounts: push.amounts.clone(),
    };
    let what = match push.transaction_type {
        T::Refund => What::Refunded(payment(None)),
        T::Credit => What::Credited(payment(None)),
        T::Chargeback | T::SecondChargeback => What::ChargedBack(payment(None)),
        T::ChargebackReversed => What::ChargebackReversed(payment(None)),
        ref charge if charge.is_charge() => {
            let (id, chain) = (push.transaction.as_ref()?, push.purchase.as_ref()?);
            let is_paid = push.amounts.total.is_some_and(|total| total > Decimal::ZERO);
            let is_news = is_paid && !is_told(before, chain, id);
            let kind = unpriced_kind(before, chain, id);
            let kind = kind.unwrap_or_else(|| transaction::kind_of(push));
            is_news.then(|| What::Charged(payment(Some(kind))))?
        }
        _ => return None,
    };
    Some(Moved { at: push.event_at, what })
}

/// A charge whose push was lost, or did not tell the amount.
fn charge_seen(before: &Account, seen: &Observation) -> Option<Moved> {
    let is_paid = seen.amounts.total.is_some_and(|total| total > Decimal::ZERO);
    if !is_paid || is_told(before, &seen.purchase, &seen.transaction) {
        return None;
    }
    let kind = unpriced_kind(before, &seen.purchase, &seen.transaction);
    let payment = Payment {
        transaction: Some(seen.transaction.clone()),
        kind: Some(kind.unwrap_or_else(|| transaction::kind_seen(seen))),
        amounts: seen.amounts.clone(),
    };
    Some(Moved { at: transaction::charged_at(seen), what: What::Charged(payment) })
}

/// Whether a charge has been told with its amount.
fn is_told(before: &Account, chain: &PurchaseId, charge: &TransactionId) -> bool {
    let Some(known) = before.known_purchase(chain) else { return false };
    let was_heard_of = if is_first(charge, chain) {
        known.is_paid() || known.last_transaction.is_some()
    } else {
        known.last_transaction.as_ref() == Some(charge)
    };
    was_heard_of && !(known.unpriced.is_some() && is_last(before, chain, charge))
}

/// What a charge was for that has been told of without its amount.
fn unpriced_kind(before: &Account, chain: &PurchaseId, charge: &TransactionId) -> Option<Kind> {
    let unpriced = before.known_purchase(chain)?.unpriced?;
    is_last(before, chain, charge).then_some(unpriced.kind)
}

fn is_last(before: &Account, chain: &PurchaseId, charge: &TransactionId) -> bool {
    before.known_purchase(chain).is_some_and(|known| known.is_last_charge(chain, charge))
}

impl Purchase {
    /// Whether a charge is the last that was heard of; the first one has the name of the chain.
    pub(in crate::domain) fn is_last_charge(
        &self,
        chain: &PurchaseId,
        charge: &TransactionId,
    ) -> bool {
        match &self.last_transaction {
            Some(last) => last == charge,
            None => is_first(charge, chain),
        }
    }
}
