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
                    self.start_when_ends(&new, id);
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
        let known = change.replaces.clone();
        change.replaces = named.first().cloned().or_else(|| known.clone());
        let goes_on = new.state.goes_on();
        for old in &named {
            match direction {
                // Every later answer names it again; by then it may have been taken up again.
                Direction::Upgrade if known.as_ref() == Some(old) => {}
                Direction::Upgrade if seen.is_entitled => self.leave_named_plan(id, old, at),
                Direction::Downgrade if goes_on => self.let_run_out(old),
                _ => {}
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
            State::Replaced { at: left } if id != new && is_in_window(left, at) => Some((left, id)),
            _ => None,
        });
        nearest(left.filter(|(_, id)| self.successor_of(id).is_none()), at)
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
        let unpaired = self.upgrades().filter(|(id, change)| {
            *id != old && change.replaces.is_none() && is_in_window(change.ordered_at, at)
        });
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
        let base = pending.replaces()?.clone();
        let running = self.purchases.get_mut(&base)?;
        if let State::Cancelled { .. } = running.state {
            running.state = State::Replaced { at };
        }
        Some(base)
    }

    /// The plan whose term ends when a downgrade starts, if it is but one: to the digit, or else
    /// about then.
    fn ends_when_this_starts(&self, new: &PurchaseId) -> Option<PurchaseId> {
        let starts_at = self.purchases.get(new)?.state.term_end();
        let runs = |state: State| {
            matches!(state, State::Trial { .. } | State::Current { .. } | State::Cancelled { .. })
        };
        let running = self.purchases.iter().filter(|(id, one)| *id != new && runs(one.state));
        let ends = running.map(|(id, one)| (one.state.term_end(), id));
        let ends: Vec<_> = ends.filter(|(end, _)| is_one_date(*end, starts_at)).collect();
        let exactly: Vec<_> = ends.iter().filter(|(end, _)| *end == starts_at).copied().collect();
        match (&exactly[..], &ends[..]) {
            ([(_, old)], _) | ([], [(_, old)]) => Some((*old).clone()),
            _ => None,
        }
    }

    /// The pending downgrade that starts when a plan ends, unless a plan that runs out is known to
    /// be the one that it follows.
    fn starts_when_this_ends(&self, old: &PurchaseId) -> Option<PurchaseId> {
        let ends_at = self.purchases.get(old)?.state.term_end();
        let is_pending = |new: &Purchase| matches!(new.state, State::PendingDowngrade { .. });
        if self.purchases.values().any(|new| is_pending(new) && new.replaces() == Some(old)) {
            return None; // it is known already
        }
        let starts_then = |(id, new): &(&PurchaseId, &Purchase)| {
            let State::PendingDowngrade { starts_at } = new.state else { return false };
            let known = new.replaces().and_then(|known| self.purchases.get(known));
            // Paired by its date alone, with a plan that another one shares its date with.
            let is_guess = known.is_none_or(|known| known.state.goes_on());
            *id != old && is_guess && (starts_at.is_none() || is_one_date(starts_at, ends_at))
        };
        self.purchases.iter().find(starts_then).map(|(id, _)| id.clone())
    }

    /// Pairs a pending downgrade with the plan that Roku says it follows.
    fn start_when_ends(&mut self, new: &PurchaseId, old: &PurchaseId) {
        let ends_at = self.purchases.get(old).and_then(|old| old.state.term_end());
        let Some(new) = self.purchases.get_mut(new) else { return };
        if let State::PendingDowngrade { starts_at: starts_at @ None } = &mut new.state {
            *starts_at = ends_at;
        }
        if let Some(change) = &mut new.change {
            change.replaces = Some(old.clone());
        }
    }

    /// The pending downgrades from a plan.
    fn downgrades_from(&mut self, old: &PurchaseId) -> impl Iterator<Item = &mut Purchase> {
        self.purchases.values_mut().filter(move |new| {
            matches!(new.state, State::PendingDowngrade { .. }) && new.replaces() == Some(old)
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
            let same_chain = is_new || pending.replaces() == Some(sold);
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
                Direction::Upgrade if !self.follow_upgrade(&new, &old, at) => return,
                Direction::Upgrade => new = old,
                Direction::Downgrade => return self.keep_last_downgrade(&old, at),
            }
        }
    }

    /// Says whether anything changed for the old plan.
    fn follow_upgrade(&mut self, new: &PurchaseId, old: &PurchaseId, at: Timestamp) -> bool {
        let (Some(after), Some(before)) = (self.purchases.get(new), self.purchases.get(old)) else {
            return false;
        };
        let state = after_upgrade(before, after, at);
        let is_changed = before.state != state;
        if let Some(before) = self.purchases.get_mut(old) {
            before.state = state;
            if let State::Suspended { ends_at } = state {
                before.term_ends_at = Some(ends_at);
            }
        }
        if matches!(state, State::Replaced { .. } | State::Suspended { .. }) {
            self.withdraw_downgrades_from(old, at);
        }
        is_changed
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

fn is_in_window(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= PAIR_WINDOW
}

/// The one dated nearest to a moment. None where two are about as near: one order may change two
/// plans of different groups (`roku-pay.md` §4), and Roku's answer tells which is which.
fn nearest<'a>(
    dated: impl Iterator<Item = (Timestamp, &'a PurchaseId)>,
    to: Timestamp,
) -> Option<PurchaseId> {
    let apart = |(moment, _): &(Timestamp, &PurchaseId)| moment.duration_since(to).abs();
    let mut dated: Vec<_> = dated.collect();
    dated.sort_by_key(apart);
    match dated[..] {
        [first, second, ..] if is_same_date(first.0, second.0) => None,
        [first, ..] => Some(first.1.clone()),
        [] => None,
    }
}

/// The state of a plan that was left for an upgrade. While the upgrade is in its free trial the old
/// plan is suspended; paid for, it replaces it; given up unpaid, the old plan comes back and runs
/// out.
fn after_upgrade(old: &Purchase, new: &Purchase, at: Timestamp) -> State {
    let ordered_at = new.change.as_ref().map(|change| change.ordered_at);
    let ends_at = match old.state {
        State::Suspended { ends_at } => ends_at,
        // What runs out because it was taken up again after the upgrade runs out for itself.
        State::Cancelled { .. } if Some(old.confirmed_at) > ordered_at => return old.state,
        State::Cancelled { ends_at, trial: false } => ends_at,
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
