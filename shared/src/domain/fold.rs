//! How facts add up to an account.
//!
//! The account is a pure function of the *set* of facts: sort what Roku told us by the time Roku
//! gave it, then apply one after the other. Duplicates, reordering, replays and crashes cannot
//! change the answer, because the set is the same.
//!
//! A fact is about one purchase: `after_push` and `after_answer` say how that one stands afterwards,
//! `purchase` what else is known of it. What it means for the plans that take each other's place,
//! `plan_changes` says.

mod after_answer;
mod after_push;
mod plan_changes;
mod purchase;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::{Account, Purchase, State};
use super::fact::{Fact, FactId};
use super::id::PurchaseId;
use super::notification::Notification;
use super::observation::Observation;
use super::plan_change::{Direction, PlanChange};
use super::transaction_type::TransactionType;

/// Which rules an account was folded by. To be raised when the same facts add up to another account
/// than before: what was folded by other rules is folded anew with its next fact.
pub const RULES: u32 = 3;

/// How many words for types are counted one by one, so that an account does not grow with them.
const MOST_WORDS: usize = 32;

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

    /// The purchase that Roku means by an id, as far as it is known.
    pub(super) fn known_purchase(&self, id: &PurchaseId) -> Option<&Purchase> {
        self.purchases.get(self.known(id)?)
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
            self.count_other(&push.transaction_type);
            return;
        };
        let was = self.purchases.get(&id).map(|before| before.state);
        let purchase = Purchase::heard_of(self.purchases.remove(&id), state, push);
        self.purchases.insert(id.clone(), purchase);
        self.settle_plans_after_push(&id, was, push);
    }

    fn count_other(&mut self, transaction_type: &TransactionType) {
        let mut word: String = transaction_type.as_str().chars().take(64).collect();
        let is_full = self.other_pushes.len() >= MOST_WORDS;
        if is_full && !self.other_pushes.contains_key(&word) {
            word = "and others".to_owned();
        }
        *self.other_pushes.entry(word).or_default() += 1;
    }

    fn see(&mut self, seen: &Observation, at: Timestamp) {
        let id = self.known(&seen.purchase).unwrap_or(&seen.purchase).clone();
        let before = self.purchases.remove(&id);
        let state = after_answer::state(before.as_ref(), seen, at);
        self.purchases.insert(id.clone(), Purchase::seen(before, state, seen, at));
        self.settle_plans_after_answer(&id, seen, at);
    }
}

#[cfg(test)]
mod tests;
