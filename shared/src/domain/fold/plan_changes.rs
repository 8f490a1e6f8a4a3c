//! What a fact about one purchase means for the plans that take each other's place
//! (`roku-pay.md` §4).
//!
//! Roku tells of a change of plan with two pushes, one about each purchase, neither of which names
//! the other. They come in any order and find each other here; an answer of Roku names the old
//! purchase. From then on the old plan follows the new one.

use jiff::{SignedDuration, Timestamp};

use super::{
    Account, Direction, Notification, Observation, PlanChange, Purchase, PurchaseId, State,
    TransactionType as T,
};
use crate::domain::fact::{is_later_date, is_same_date};

/// How far apart the two pushes of one change may be dated: as long as Roku tries to deliver one
/// (`roku-pay.md` §1). They are a second apart in its samples.
const PAIR_WINDOW: SignedDuration = SignedDuration::from_hours(36);

impl Account {
    /// After a push about `id`, which stood as it `was`.
    pub(super) fn settle_plans_after_push(
        &mut self,
        id: &PurchaseId,
        was: Option<State>,
        push: &Notification,
    ) {
        let at = push.event_at;
        match push.transaction_type {
            T::Sale => {
                self.start_downgrades_sold_anew(id, was.is_none(), at);
                self.take_renewal(id, push.expires_at, at);
            }
            T::Resubscribe => self.withdraw_downgrades_from(id, at),
            T::UpgradeSale => {
                let old = self.left_for_an_upgrade(id, at);
                self.pair(id, old);
            }
            T::UpgradeCancellation => {
                if let Some(new) = self.leave_for_an_upgrade(id, was, at) {
                    self.follow(&new, at);
                }
            }
            T::DowngradeSale => {
                let old = self.ends_when_this_starts(id);
                self.pair(id, old);
            }
            T::DowngradeCancellation => {
                if let Some(new) = self.starts_when_this_ends(id) {
                    self.pair(&new, Some(id.clone()));
                }
            }
            _ => {}
        }
        self.follow(id, at);
    }

    /// After an answer about `id`.
    pub(super) fn settle_plans_after_answer(
        &mut self,
        id: &PurchaseId,
        seen: &Observation,
        at: Timestamp,
    ) {
        if let Some(direction) = seen.change {
            self.take_named_change(id, direction, seen, at);
        }
        self.follow(id, at);
    }

    /// Roku names the direction, and the purchases that were replaced.
    fn take_named_change(
        &mut self,
        id: &PurchaseId,
        direction: Direction,
        seen: &Observation,
        at: Timestamp,
    ) {
        let named = seen.replaces.iter().map(|old| self.known(old).unwrap_or(old).clone());
        let named: Vec<PurchaseId> = named.filter(|old| old != id).collect();
        let Some(new) = self.purchases.get_mut(id) else { return };
        let change = new.change.get_or_insert(PlanChange {
            direction,
            ordered_at: new.purchased_at,
            replaces: None,
            charged: None,
        });
        change.replaces = named.first().cloned().or_else(|| change.replaces.clone());
        for old in &named {
            match direction {
                Direction::Upgrade if seen.is_entitled => self.leave_named_plan(id, old, at),
                Direction::Upgrade => {}
                Direction::Downgrade => self.let_run_out(old),
            }
        }
    }

    fn leave_named_plan(&mut self, new: &PurchaseId, old: &PurchaseId, at: Timestamp) {
        let Some(purchase) = self.purchases.get_mut(old) else { return };
        if is_over(purchase.state) {
            return;
        }
        let was = std::mem::replace(&mut purchase.state, State::Replaced { at });
        if let Some(base) = self.leave_base_of_downgrade(old, Some(was), at)
            && let Some(change) = self.purchases.get_mut(new).and_then(|new| new.change.as_mut())
        {
            change.replaces = Some(base);
        }
    }

    fn let_run_out(&mut self, old: &PurchaseId) {
        let Some(purchase) = self.purchases.get_mut(old) else { return };
        match purchase.state {
            State::Current { ends_at: Some(ends_at) } => {
                purchase.state = State::Cancelled { ends_at, trial: false };
            }
            State::Trial { ends_at } => purchase.state = State::Cancelled { ends_at, trial: true },
            _ => {}
        }
    }

    fn pair(&mut self, new: &PurchaseId, old: Option<PurchaseId>) {
        let change = self.purchases.get_mut(new).and_then(|new| new.change.as_mut());
        if let (Some(change), Some(old)) = (change, old) {
            change.replaces.get_or_insert(old);
        }
    }

    /// The plan that an upgrade ordered at `at` took the place of, where its own push came first.
    fn left_for_an_upgrade(&self, new: &PurchaseId, at: Timestamp) -> Option<PurchaseId> {
        let left = self.purchases.iter().filter_map(|(id, purchase)| match purchase.state {
            State::Replaced { at: left } if id != new && self.successor_of(id).is_none() => {
                Some((left, id))
            }
            _ => None,
        });
        nearest(left, at)
    }

    /// A plan was left for an upgrade. Its push names no new plan: it is the upgrade that was
    /// ordered at the time. Gives that one.
    fn leave_for_an_upgrade(
        &mut self,
        old: &PurchaseId,
        was: Option<State>,
        at: Timestamp,
    ) -> Option<PurchaseId> {
        let base = self.leave_base_of_downgrade(old, was, at);
        let old = base.as_ref().unwrap_or(old);
        let known = self.upgrades().find(|(_, change)| change.replaces.as_ref() == Some(old));
        if let Some((new, _)) = known {
            return Some(new.clone());
        }
        let unpaired =
            self.upgrades().filter(|(id, change)| *id != old && change.replaces.is_none());
        let new = nearest(unpaired.map(|(id, change)| (change.ordered_at, id)), at)?;
        self.pair(&new, Some(old.clone()));
        Some(new)
    }

    fn upgrades(&self) -> impl Iterator<Item = (&PurchaseId, &PlanChange)> {
        let changes =
            self.purchases.iter().filter_map(|(id, new)| Some((id, new.change.as_ref()?)));
        changes.filter(|(_, change)| change.direction == Direction::Upgrade)
    }

    /// Where the plan that was left is a downgrade that had not begun, the plan that is running is
    /// left with it. Gives that plan.
    fn leave_base_of_downgrade(
        &mut self,
        left: &PurchaseId,
        was: Option<State>,
        at: Timestamp,
    ) -> Option<PurchaseId> {
        if !matches!(was, Some(State::PendingDowngrade { .. })) {
            return None;
        }
        let pending = self.purchases.get_mut(left)?;
        pending.state = State::Ended { at };
        let base = pending.change.as_ref()?.replaces.clone()?;
        let running = self.purchases.get_mut(&base)?;
        if let State::Cancelled { .. } = running.state {
            running.state = State::Replaced { at };
        }
        Some(base)
    }

    /// The plan whose term ends when a downgrade starts.
    fn ends_when_this_starts(&self, new: &PurchaseId) -> Option<PurchaseId> {
        let starts_at = self.purchases.get(new)?.state.term_end();
        let runs = |purchase: &Purchase| {
            matches!(
                purchase.state,
                State::Trial { .. } | State::Current { .. } | State::Cancelled { .. }
            )
        };
        let ends_then = |(id, purchase): &(&PurchaseId, &Purchase)| {
            *id != new && runs(purchase) && is_one_date(purchase.state.term_end(), starts_at)
        };
        self.purchases.iter().find(ends_then).map(|(id, _)| id.clone())
    }

    /// The pending downgrade, not paired yet, that starts when a plan ends.
    fn starts_when_this_ends(&self, old: &PurchaseId) -> Option<PurchaseId> {
        let ends_at = self.purchases.get(old)?.state.term_end();
        let starts_then = |(id, new): &(&PurchaseId, &Purchase)| {
            let unpaired = new.change.as_ref().is_some_and(|change| change.replaces.is_none());
            let is_pending = matches!(new.state, State::PendingDowngrade { .. });
            *id != old && unpaired && is_pending && is_one_date(new.state.term_end(), ends_at)
        };
        self.purchases.iter().find(starts_then).map(|(id, _)| id.clone())
    }

    /// The pending downgrades from a plan.
    fn downgrades_from(&mut self, old: &PurchaseId) -> impl Iterator<Item = &mut Purchase> {
        self.purchases.values_mut().filter(move |new| {
            matches!(new.state, State::PendingDowngrade { .. })
                && new.change.as_ref().is_some_and(|change| change.replaces.as_ref() == Some(old))
        })
    }

    /// The customer stays with the old plan after all.
    fn withdraw_downgrades_from(&mut self, old: &PurchaseId, at: Timestamp) {
        self.downgrades_from(old).for_each(|new| new.state = State::Ended { at });
    }

    /// A renewal of a plan whose downgrade is pending. Past the downgrade's day it says that the
    /// customer stays; else it is the charge for the running term, told late.
    fn take_renewal(&mut self, old: &PurchaseId, told_end: Option<Timestamp>, at: Timestamp) {
        let start = self.downgrades_from(old).find_map(|new| new.state.term_end());
        let Some(starts_at) = start else { return };
        if told_end.is_some_and(|end| is_later_date(end, starts_at)) {
            return self.withdraw_downgrades_from(old, at);
        }
        if let Some(running) = self.purchases.get_mut(old)
            && let Some(ends_at) = running.state.term_end()
        {
            running.state = State::Cancelled { ends_at, trial: false };
        }
    }

    /// A downgrade's first charge may come under a chain of its own, or under the old plan's: then
    /// what was pending has begun there.
    fn start_downgrades_sold_anew(&mut self, sold: &PurchaseId, is_new: bool, at: Timestamp) {
        let Some(product) = self.purchases.get(sold).and_then(|sold| sold.product.clone()) else {
            return;
        };
        let begun = self.purchases.iter_mut().find(|(id, pending)| {
            let starts =
                matches!(pending.state, State::PendingDowngrade { starts_at: Some(start) } if start <= at);
            let old = pending.change.as_ref().and_then(|change| change.replaces.as_ref());
            let same_chain = is_new || old == Some(sold);
            *id != sold && starts && same_chain && pending.product.as_ref() == Some(&product)
        });
        let Some((_, pending)) = begun else { return };
        pending.state = State::Replaced { at };
        let change = pending.change.take().filter(|change| change.replaces.as_ref() != Some(sold));
        if let Some(sold) = self.purchases.get_mut(sold) {
            sold.change = change;
        }
    }

    /// Brings the plan that `new` replaces in line with how `new` stands now, and the one that that
    /// plan had replaced, and so on.
    fn follow(&mut self, new: &PurchaseId, at: Timestamp) {
        let mut new = new.clone();
        // As many steps as there are plans: histories that go round in circles end as well.
        for _ in 0..self.purchases.len() {
            let Some(change) = self.purchases.get(&new).and_then(|new| new.change.clone()) else {
                return;
            };
            let Some(old) = change.replaces else { return };
            match change.direction {
                // What Roku has told of the old plan since then holds for itself.
                Direction::Upgrade if self.is_confirmed_since(&old, change.ordered_at) => return,
                Direction::Upgrade => self.follow_upgrade(&new, &old, at),
                Direction::Downgrade => self.keep_last_downgrade(&old, at),
            }
            new = old;
        }
    }

    fn is_confirmed_since(&self, purchase: &PurchaseId, moment: Timestamp) -> bool {
        self.purchases.get(purchase).is_some_and(|purchase| purchase.confirmed_at > moment)
    }

    fn follow_upgrade(&mut self, new: &PurchaseId, old: &PurchaseId, at: Timestamp) {
        let (Some(after), Some(before)) = (self.purchases.get(new), self.purchases.get(old)) else {
            return;
        };
        let state = after_upgrade(before, after, at);
        let is_left = matches!(state, State::Replaced { .. } | State::Suspended { .. });
        if let Some(before) = self.purchases.get_mut(old) {
            before.state = state;
        }
        if is_left {
            self.withdraw_downgrades_from(old, at);
        }
    }

    /// Of several downgrades from one plan the one that was ordered last is the one that will be.
    fn keep_last_downgrade(&mut self, old: &PurchaseId, at: Timestamp) {
        let ordered_at = |new: &Purchase| new.change.as_ref().map(|change| change.ordered_at);
        let last = self.downgrades_from(old).filter_map(|new| ordered_at(new)).max();
        for new in self.downgrades_from(old) {
            if ordered_at(new) < last {
                new.state = State::Ended { at };
            }
        }
    }
}

fn is_one_date(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.zip(other).is_some_and(|(one, other)| is_same_date(one, other))
}

fn is_over(state: State) -> bool {
    matches!(state, State::Replaced { .. } | State::Suspended { .. } | State::Ended { .. })
}

/// The one dated nearest to a moment, within the window.
fn nearest<'a>(
    dated: impl Iterator<Item = (Timestamp, &'a PurchaseId)>,
    to: Timestamp,
) -> Option<PurchaseId> {
    let apart = |moment: Timestamp| moment.duration_since(to).abs();
    let found = dated.filter(|(moment, _)| apart(*moment) <= PAIR_WINDOW);
    found.min_by_key(|(moment, _)| apart(*moment)).map(|(_, id)| id.clone())
}

/// The state of a plan that was left for an upgrade. While the upgrade is in its free trial the old
/// plan is suspended; paid for, it replaces it; given up unpaid, the old plan comes back and runs
/// out.
fn after_upgrade(old: &Purchase, new: &Purchase, at: Timestamp) -> State {
    let ends_at = match old.state {
        State::Suspended { ends_at } | State::Cancelled { ends_at, trial: false } => ends_at,
        State::Replaced { at } => old.term_ends_at.unwrap_or(at),
        _ => return old.state,
    };
    let is_replaced = new.is_paid() || matches!(new.state, State::Replaced { .. });
    match (old.state, new.state) {
        (replaced @ State::Replaced { .. }, _) if is_replaced => replaced,
        _ if is_replaced => State::Replaced { at },
        (_, State::Trial { .. } | State::Grace { .. } | State::Suspended { .. }) => {
            State::Suspended { ends_at }
        }
        _ => State::Cancelled { ends_at, trial: false },
    }
}
