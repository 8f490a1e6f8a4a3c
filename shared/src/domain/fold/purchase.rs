//! What a fact tells of a purchase beside its state: its product, its dates, its last charge.

use jiff::Timestamp;

use super::{Notification, Observation, Purchase, State, TransactionType as T, after_push};
use crate::domain::account::{Charge, Unpriced};
use crate::domain::amounts::Amounts;
use crate::domain::id::{PurchaseId, TransactionId};
use crate::domain::transaction::{kind_of, kind_seen};

impl Notification {
    /// Whether it tells that a dispute began (since when) or is over (none).
    pub(super) fn tells_of_a_dispute(&self) -> Option<Option<Timestamp>> {
        match self.transaction_type {
            T::Chargeback | T::SecondChargeback => Some(Some(self.event_at)),
            T::ChargebackReversed => Some(None),
            _ => None,
        }
    }

    /// Whether it tells that the purchase goes on.
    fn confirms(&self) -> bool {
        self.transaction_type.is_charge()
            || matches!(
                self.transaction_type,
                T::GraceInitiated | T::Resubscribe | T::CancellationOfferInitiated
            )
    }

    /// Whether it tells of a term that was charged for, if only with a credit.
    fn charges(&self) -> bool {
        (self.begins_a_term() && !self.is_free_trial) || self.transaction_type.is_recovery()
    }

    /// The charge, where its amount is not told. A change of plan without one costs nothing
    /// (`roku-pay.md` §2.1).
    fn unpriced(&self) -> Option<Unpriced> {
        let is_open = self.amounts.total.is_none() && self.transaction_type != T::UpgradeSale;
        is_open.then(|| Unpriced { since: self.event_at, kind: kind_of(self) })
    }

    fn begins_a_trial(&self) -> bool {
        self.begins_a_term() && self.is_free_trial
    }

    fn begins_a_term(&self) -> bool {
        matches!(self.transaction_type, T::Sale | T::UpgradeSale)
    }
}

impl Purchase {
    /// A purchase after a push about it.
    pub(super) fn heard_of(before: Option<Self>, state: State, push: &Notification) -> Self {
        let mut purchase = before.unwrap_or_else(|| Self::new(push.event_at));
        purchase.product = push.product.clone().or(purchase.product);
        purchase.spelled = push.purchase_spelled.clone().or(purchase.spelled);
        purchase.bought_at(push.purchased_at, push.event_at);
        if push.confirms() && state.goes_on() {
            purchase.confirmed_at = push.event_at;
        }
        if push.transaction_type.is_charge() {
            purchase.remember_charge(push.purchase.as_ref(), push.transaction.as_ref());
        }
        if push.charges() {
            purchase.charge = Some(Charge::told(&push.amounts, purchase.charge));
            purchase.unpriced = push.unpriced();
            purchase.disputed_since = None;
        } else if push.begins_a_trial() {
            purchase.charge = None;
        }
        purchase.change = after_push::change(purchase.change, push);
        let end_of_left =
            push.expires_at.filter(|_| push.transaction_type == T::UpgradeCancellation);
        purchase.stand(state, end_of_left)
    }

    /// A purchase after Roku described it.
    pub(super) fn seen(
        before: Option<Self>,
        state: State,
        seen: &Observation,
        at: Timestamp,
    ) -> Self {
        let mut purchase = before.unwrap_or_else(|| Self::new(at));
        purchase.product = Some(seen.product.clone());
        purchase.spelled = seen.purchase_spelled.clone().or(purchase.spelled);
        purchase.answered_at = Some(at);
        purchase.bought_at(seen.purchased_at, at);
        let is_news = purchase.remember_charge(Some(&seen.purchase), Some(&seen.transaction));
        if state.goes_on() {
            purchase.confirmed_at = at;
        }
        let is_trial = matches!(state, State::Trial { .. } | State::Cancelled { trial: true, .. });
        let is_charged =
            seen.is_entitled && !is_trial && !matches!(state, State::PendingDowngrade { .. });
        // A push about the same charge tells more of it: Roku's answers show no credit.
        if is_charged && (is_news || purchase.charge.is_none()) {
            purchase.charge = Some(Charge::told(&seen.amounts, purchase.charge));
        }
        if seen.amounts.total.is_some()
            && purchase.is_last_charge(&seen.purchase, &seen.transaction)
        {
            purchase.unpriced = None;
        } else if is_charged && is_news {
            purchase.unpriced = Some(Unpriced { since: at, kind: kind_seen(seen) });
        }
        if is_charged && is_news && seen.expires_at > purchase.term_ends_at {
            purchase.disputed_since = None;
        }
        purchase.stand(state, None)
    }

    /// Takes the date of purchase that Roku told at `at`; nothing was bought later than it is told of.
    fn bought_at(&mut self, told: Option<Timestamp>, at: Timestamp) {
        self.purchased_at = told.filter(|date| *date <= at).unwrap_or(self.purchased_at);
    }

    /// Takes note of a charge, which Roku may name for the whole chain; the first one names it
    /// anyway. Says whether it is another one than was known.
    fn remember_charge(
        &mut self,
        chain: Option<&PurchaseId>,
        charge: Option<&TransactionId>,
    ) -> bool {
        let is_first =
            |charge: &&TransactionId| chain.is_some_and(|id| id.as_str() == charge.as_str());
        let Some(charge) = charge.filter(|charge| !is_first(charge)) else { return false };
        self.last_transaction.replace(charge.clone()).as_ref() != Some(charge)
    }

    /// One that nothing but its existence is known of.
    fn new(at: Timestamp) -> Self {
        Self {
            product: None,
            state: State::Ended { at },
            purchased_at: at,
            confirmed_at: at,
            term_ends_at: None,
            charge: None,
            last_transaction: None,
            unpriced: None,
            change: None,
            disputed_since: None,
            answered_at: None,
            spelled: None,
        }
    }

    /// The purchase in another state; with the end of its term, where it was left for an upgrade.
    fn stand(self, state: State, end_of_left: Option<Timestamp>) -> Self {
        let term_ends_at = match state {
            State::Trial { .. }
            | State::Current { .. }
            | State::Grace { .. }
            | State::Suspended { .. } => state.term_end(),
            // The date of a cancellation may be its own day, and not the end of the term.
            State::Cancelled { ends_at, .. } => self.term_ends_at.max(Some(ends_at)),
            State::Replaced { .. } => end_of_left.or(self.term_ends_at),
            State::OnHold { .. } | State::PendingDowngrade { .. } | State::Ended { .. } => {
                self.term_ends_at
            }
        };
        Self { state, term_ends_at, ..self }
    }
}

impl Charge {
    /// A charge that Roku told of. A recovery is told without amounts: it is for what was due.
    fn told(amounts: &Amounts, before: Option<Self>) -> Self {
        let before = before.map_or((None, None), |charge| (charge.value, charge.currency));
        Self {
            value: amounts.value().or(before.0),
            currency: amounts.currency.clone().or(before.1),
        }
    }
}
