//! How facts add up to an account.
//!
//! The account is a pure function of the *set* of facts: sort what Roku told us by the time Roku
//! gave it, then apply one after the other. Duplicates, reordering, replays and crashes cannot
//! change the answer, because the set is the same.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::{Account, Purchase, Renewal, State};
use super::fact::{Fact, FactId};
use super::notification::Notification;
use super::observation::{Observation, PlanChange, Standing};
use super::transaction_type::TransactionType;

/// The account that a set of facts adds up to. Their order and repetition do not matter.
pub fn fold(facts: impl IntoIterator<Item = Fact>) -> Account {
    let history: BTreeMap<FactId, Fact> = facts.into_iter().map(|fact| (fact.id(), fact)).collect();
    let mut account = Account::default();
    for fact in history.values() {
        account.fold_newest(fact);
    }
    account
}

impl Account {
    /// Whether `fact` is newer than everything folded in, so that [`Self::fold_newest`] may be used.
    pub fn is_newest(&self, fact: &Fact) -> bool {
        self.folded_through.as_ref().is_none_or(|newest| *newest < fact.id())
    }

    /// Folds in a fact that [is newest](Self::is_newest): the same as folding everything again.
    pub fn fold_newest(&mut self, fact: &Fact) {
        debug_assert!(self.is_newest(fact), "an older fact needs everything folded again");
        match fact {
            Fact::Notification(push) => self.apply_notification(push),
            Fact::Observation(seen) => self.apply_observation(seen),
        }
        self.folded_through = Some(fact.id());
    }

    fn apply_notification(&mut self, push: &Notification) {
        let known = push.purchase.as_ref().and_then(|id| self.purchases.get(id));
        let state = after_notification(known.map(|purchase| purchase.state), push);
        let (Some(id), Some(state)) = (&push.purchase, state) else {
            let word = push.transaction_type.as_str().chars().take(64).collect();
            *self.other_pushes.entry(word).or_default() += 1;
            return;
        };
        let product = push.product.clone().or_else(|| known?.product.clone());
        self.purchases.insert(id.clone(), Purchase { product, state });
    }

    fn apply_observation(&mut self, seen: &Observation) {
        let before = self.purchases.get(&seen.purchase).map(|purchase| purchase.state);
        let state = after_observation(before, seen);
        let product = Some(seen.product.clone());
        self.purchases.insert(seen.purchase.clone(), Purchase { product, state });
        for id in seen.replaces.iter().filter(|id| **id != seen.purchase) {
            if let Some(old) = self.purchases.get_mut(id) {
                old.state = after_being_replaced(old.state, seen);
            }
        }
    }
}

/// The state of a purchase after a push about it (`roku-pay.md` §2); none where the type of the
/// push changes nothing.
fn after_notification(before: Option<State>, push: &Notification) -> Option<State> {
    Some(match push.transaction_type {
        TransactionType::Sale | TransactionType::UpgradeSale => State::Current {
            expires_at: push.expires_at.or_else(|| before?.term_end()),
            renewal: Renewal::On,
            trial: push.is_free_trial,
        },
        // The date of a DowngradeSale is the end of the plan it follows: its own start.
        TransactionType::DowngradeSale => {
            State::PendingDowngrade { starts_at: push.expires_at.unwrap_or(push.event_at) }
        }
        // The date of an UpgradeCancellation stays in the future and means nothing.
        TransactionType::UpgradeCancellation => State::Replaced { at: push.event_at },
        TransactionType::Cancellation | TransactionType::DowngradeCancellation => {
            after_cancellation(before, push.expires_at, push.event_at)
        }
        TransactionType::Other(_) => return None,
    })
}

/// Renewals are off. Access lasts to the end of the term, if there is one to last.
fn after_cancellation(
    before: Option<State>,
    expires_at: Option<Timestamp>,
    at: Timestamp,
) -> State {
    match before {
        Some(over @ (State::Replaced { .. } | State::Ended { .. })) => over,
        // "No longer valid" at once, whatever date the push carries (`roku-pay.md` §10.3).
        Some(State::Grace { .. } | State::OnHold) => State::Ended { at },
        // A downgrade that never starts; a later date says that it had started.
        Some(State::PendingDowngrade { starts_at }) => match expires_at {
            Some(end) if end > starts_at => running_out(end, false),
            _ => State::Ended { at },
        },
        Some(State::Current { expires_at: known, trial, .. }) => {
            expires_at.or(known).map_or(State::Ended { at }, |end| running_out(end, trial))
        }
        None => expires_at.map_or(State::Ended { at }, |end| running_out(end, false)),
    }
}

fn running_out(expires_at: Timestamp, trial: bool) -> State {
    State::Current { expires_at: Some(expires_at), renewal: Renewal::Off, trial }
}

/// The state of a purchase after Roku described it: the truth table of `roku-pay.md` §6.
fn after_observation(before: Option<State>, seen: &Observation) -> State {
    let at = seen.observed_at;
    if let Some(starts_at) = pending_start(before, seen) {
        return if seen.cancelled {
            State::Ended { at }
        } else {
            State::PendingDowngrade { starts_at }
        };
    }
    match (seen.is_entitled, seen.cancelled, seen.expires_at) {
        (true, false, Some(expired_at)) if expired_at <= at => State::Grace { expired_at },
        (true, cancelled, expires_at) => State::Current {
            expires_at,
            renewal: if cancelled { Renewal::Off } else { Renewal::On },
            trial: same_term_is_trial(before, expires_at),
        },
        (false, cancelled, expires_at) => match before {
            Some(over @ (State::Replaced { .. } | State::Ended { .. })) => over,
            _ if cancelled || seen.standing == Standing::Inactive => State::Ended { at },
            // Roku never calls a thing bought once "entitled" (`roku-pay.md` §3).
            _ if expires_at.is_none() => {
                State::Current { expires_at: None, renewal: Renewal::On, trial: false }
            }
            _ => State::OnHold,
        },
    }
}

/// When the downgrade that Roku describes will start, while it has not.
fn pending_start(before: Option<State>, seen: &Observation) -> Option<Timestamp> {
    if seen.standing == Standing::PendingActive {
        return Some(seen.expires_at.unwrap_or(seen.observed_at));
    }
    // Roku's words for "pending" vary; a date that has not moved past a start ahead says it too.
    match before {
        Some(State::PendingDowngrade { starts_at })
            if seen.observed_at < starts_at
                && seen.is_entitled
                && seen.expires_at.is_some_and(|end| end <= starts_at) =>
        {
            Some(starts_at)
        }
        _ => None,
    }
}

/// Roku's answer does not tell a trial; what a push said of the same term still holds.
fn same_term_is_trial(before: Option<State>, expires_at: Option<Timestamp>) -> bool {
    matches!(before, Some(State::Current { trial: true, expires_at: known, .. }) if known == expires_at)
}

/// The state of a purchase after Roku named it as the plan that another replaces.
fn after_being_replaced(before: State, by: &Observation) -> State {
    match (before, by.change) {
        (State::Replaced { .. } | State::Ended { .. }, _) => before,
        (_, Some(PlanChange::Upgrade)) if by.is_entitled => State::Replaced { at: by.observed_at },
        (State::Current { expires_at, trial, .. }, Some(PlanChange::Downgrade)) => {
            State::Current { expires_at, renewal: Renewal::Off, trial }
        }
        _ => before,
    }
}

impl State {
    fn term_end(self) -> Option<Timestamp> {
        match self {
            Self::Current { expires_at, .. } => expires_at,
            Self::Grace { expired_at } => Some(expired_at),
            Self::PendingDowngrade { starts_at } => Some(starts_at),
            Self::OnHold | Self::Replaced { .. } | Self::Ended { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
