//! How facts add up to an account.
//!
//! The account is a pure function of the *set* of facts: sort what Roku told us by the time Roku
//! gave it, then apply one after the other. Duplicates, reordering, replays and crashes cannot
//! change the answer, because the set is the same.
//!
//! A fact is about one purchase: [`after_push`] and [`after_answer`] say how that one stands
//! afterwards. What it means for the plans that take each other's place, [`plan_changes`] says.

mod after_answer;
mod after_push;
mod plan_changes;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::{Account, Charge, Purchase, State};
use super::amounts::Amounts;
use super::fact::{Fact, FactId};
use super::id::PurchaseId;
use super::notification::Notification;
use super::observation::Observation;
use super::plan_change::{Direction, PlanChange};
use super::transaction_type::TransactionType;

/// Which rules an account was folded by. To be raised when the same facts add up to another account
/// than before: what was folded by other rules is folded anew with its next fact.
pub const RULES: u32 = 1;

/// The account that a set of facts adds up to. Their order and repetition do not matter.
pub fn fold(facts: impl IntoIterator<Item = Fact>) -> Account {
    let mut account = Account::default();
    for fact in in_order(facts) {
        account.fold_newest(&fact);
    }
    account
}

/// Facts in the order of the history, each once.
pub fn in_order(facts: impl IntoIterator<Item = Fact>) -> impl Iterator<Item = Fact> {
    let history: BTreeMap<FactId, Fact> = facts.into_iter().map(|fact| (fact.id(), fact)).collect();
    history.into_values()
}

impl Account {
    /// Whether `fact` is newer than everything folded in, so that [`Self::fold_newest`] may be used.
    pub fn is_newest(&self, fact: &Fact) -> bool {
        self.folded_through.as_ref().is_none_or(|newest| *newest < fact.id())
    }

    /// Folds in a fact that [is newest](Self::is_newest): the same as folding everything again.
    pub fn fold_newest(&mut self, fact: &Fact) {
        debug_assert!(self.is_newest(fact), "an older fact needs everything folded again");
        let id = fact.id();
        match fact {
            Fact::Notification(push) => self.hear(push),
            Fact::Observation(seen) => self.see(seen, id.time),
        }
        self.folded_through = Some(id);
    }

    /// The purchase that a fact is about; none where it is about none that is known.
    pub fn purchase_of(&self, fact: &Fact) -> Option<&PurchaseId> {
        match fact {
            Fact::Notification(push) => self.meant_by(push),
            Fact::Observation(seen) => self.known(&seen.purchase),
        }
    }

    fn meant_by(&self, push: &Notification) -> Option<&PurchaseId> {
        let known = self.known(push.purchase.as_ref()?);
        if known.is_some() || push.tells_of_a_dispute().is_none() {
            return known;
        }
        // A dispute may name any charge of the chain (`roku-pay.md` §2.2).
        let product = push.product.as_ref()?;
        let mut sold =
            self.purchases.iter().filter(|(_, one)| one.product.as_ref() == Some(product));
        let only = sold.next()?.0;
        sold.next().is_none().then_some(only)
    }

    /// The purchase that Roku means by an id: the chain's own, or that of its last charge.
    fn known(&self, id: &PurchaseId) -> Option<&PurchaseId> {
        let own = self.purchases.get_key_value(id).map(|(id, _)| id);
        own.or_else(|| {
            let is_last = |one: &Purchase| {
                one.last_transaction.as_ref().is_some_and(|last| last.as_str() == id.as_str())
            };
            self.purchases.iter().find(|(_, one)| is_last(one)).map(|(id, _)| id)
        })
    }

    fn hear(&mut self, push: &Notification) {
        let id = self.meant_by(push).cloned().or_else(|| push.purchase.clone());
        let before = id.as_ref().and_then(|id| self.purchases.get(id));
        let state = after_push::state(before, push);
        if let Some(dispute) = push.tells_of_a_dispute()
            && let Some(purchase) = id.as_ref().and_then(|id| self.purchases.get_mut(id))
        {
            purchase.disputed_since = dispute;
        }
        let (Some(id), Some(state)) = (id, state) else {
            let word = push.transaction_type.as_str().chars().take(64).collect();
            *self.other_pushes.entry(word).or_default() += 1;
            return;
        };
        let was = self.purchases.get(&id).map(|before| before.state);
        let purchase = Purchase::heard_of(self.purchases.remove(&id), state, push);
        self.purchases.insert(id.clone(), purchase);
        self.settle_plans_after_push(&id, was, push);
    }

    fn see(&mut self, seen: &Observation, at: Timestamp) {
        let id = self.known(&seen.purchase).unwrap_or(&seen.purchase).clone();
        let before = self.purchases.remove(&id);
        let state = after_answer::state(before.as_ref(), seen, at);
        self.purchases.insert(id.clone(), Purchase::seen(before, state, seen, at));
        self.settle_plans_after_answer(&id, seen, at);
    }
}

impl Notification {
    /// Whether it tells that a dispute began (since when) or is over (none).
    fn tells_of_a_dispute(&self) -> Option<Option<Timestamp>> {
        match self.transaction_type {
            TransactionType::Chargeback | TransactionType::SecondChargeback => {
                Some(Some(self.event_at))
            }
            TransactionType::ChargebackReversed => Some(None),
            _ => None,
        }
    }

    /// Whether it tells that the purchase goes on.
    fn confirms(&self) -> bool {
        use TransactionType as T;
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

    fn begins_a_trial(&self) -> bool {
        self.begins_a_term() && self.is_free_trial
    }

    fn begins_a_term(&self) -> bool {
        matches!(self.transaction_type, TransactionType::Sale | TransactionType::UpgradeSale)
    }
}

impl Purchase {
    /// A purchase after a push about it.
    fn heard_of(before: Option<Self>, state: State, push: &Notification) -> Self {
        let mut purchase = before.unwrap_or_else(|| Self::new(push.event_at));
        purchase.product = push.product.clone().or(purchase.product);
        purchase.purchased_at = push.purchased_at.unwrap_or(purchase.purchased_at);
        if push.confirms() {
            purchase.confirmed_at = push.event_at;
        }
        if push.transaction_type.is_charge() {
            purchase.last_transaction = push.transaction.clone().or(purchase.last_transaction);
        }
        if push.charges() {
            purchase.charge = Some(Charge::told(&push.amounts, push.event_at, purchase.charge));
            purchase.disputed_since = None;
        } else if push.begins_a_trial() {
            purchase.charge = None;
        }
        purchase.change = after_push::change(purchase.change, push);
        purchase.stand(state, push.expires_at)
    }

    /// A purchase after Roku described it.
    fn seen(before: Option<Self>, state: State, seen: &Observation, at: Timestamp) -> Self {
        let mut purchase = before.unwrap_or_else(|| Self::new(at));
        purchase.product = Some(seen.product.clone());
        purchase.purchased_at = seen.purchased_at.unwrap_or(purchase.purchased_at);
        purchase.last_transaction = Some(seen.transaction.clone());
        let goes_on =
            matches!(state, State::Trial { .. } | State::Current { .. } | State::Grace { .. });
        if goes_on {
            purchase.confirmed_at = at;
        }
        let is_trial = matches!(state, State::Trial { .. } | State::Cancelled { trial: true, .. });
        if seen.is_entitled && !is_trial && !matches!(state, State::PendingDowngrade { .. }) {
            purchase.charge = Some(Charge::told(&seen.amounts, at, purchase.charge));
        }
        purchase.stand(state, seen.expires_at)
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
            change: None,
            disputed_since: None,
        }
    }

    /// The purchase in a state that it was told of with a date.
    fn stand(self, state: State, told_end: Option<Timestamp>) -> Self {
        let term_ends_at = match state {
            State::Trial { .. }
            | State::Current { .. }
            | State::Grace { .. }
            | State::Suspended { .. } => state.term_end(),
            // The date of a cancellation may be its own day, and not the end of the term.
            State::Cancelled { ends_at, .. } => self.term_ends_at.max(Some(ends_at)),
            State::Replaced { .. } => told_end.or(self.term_ends_at),
            State::OnHold { .. } | State::PendingDowngrade { .. } | State::Ended { .. } => {
                self.term_ends_at
            }
        };
        Self { state, term_ends_at, ..self }
    }
}

impl Charge {
    /// A charge that Roku told of. A recovery is told without amounts: it is for what was due.
    fn told(amounts: &Amounts, at: Timestamp, before: Option<Self>) -> Self {
        let before = before.map_or((None, None), |charge| (charge.value, charge.currency));
        Self {
            at,
            value: amounts.value().or(before.0),
            currency: amounts.currency.clone().or(before.1),
        }
    }
}

#[cfg(test)]
mod tests;
