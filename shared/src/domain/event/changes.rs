//! What a fact changed: the account before and after it, compared.

use jiff::Timestamp;

use super::{EndReason, Unpaid, What};
use crate::domain::account::{Account, Purchase, State as S};
use crate::domain::fact::{Fact, is_later_date, is_same_date};
use crate::domain::id::PurchaseId;
use crate::domain::plan_change::Direction;
use crate::domain::publisher::Settings;
use crate::domain::standing::Standing;
use crate::domain::transaction_type::TransactionType as T;

/// An account on both sides of a fact.
pub(super) struct Step<'a> {
    pub(super) before: &'a Account,
    pub(super) after: &'a Account,
    pub(super) fact: &'a Fact,
    pub(super) settings: &'a Settings,
}

impl Step<'_> {
    /// What changed, purchase by purchase; last what is over.
    pub(super) fn changes(&self) -> Vec<(&PurchaseId, What)> {
        let of = |id, after| OfPurchase::new(self, id, after).changes();
        let purchases = self.after.purchases.iter();
        let mut told: Vec<_> = purchases
            .flat_map(|(id, after)| of(id, after).into_iter().map(move |what| (id, what)))
            .collect();
        told.extend(self.cancelled_with_its_downgrade().map(|id| (id, What::Cancelled)));
        told.sort_by_key(|(_, what)| matches!(what, What::Ended { .. }));
        told
    }

    fn at(&self) -> Timestamp {
        self.fact.id().time
    }

    /// When it happened: a push is dated, and an answer tells of what was before it was asked for.
    pub(super) fn happened_at(&self, purchase: &PurchaseId, what: &What) -> Timestamp {
        let at = self.at();
        let (Fact::Observation(seen), Some(purchase)) =
            (self.fact, self.after.purchases.get(purchase))
        else {
            return at;
        };
        let told = match (what, purchase.state) {
            (What::Started | What::TrialStarted | What::Upgraded(_), _) => {
                Some(purchase.purchased_at)
            }
            (What::Renewed | What::TrialConverted | What::Recovered { .. }, _) => seen.charged_at,
            (What::GraceStarted, S::Grace { since }) | (What::OnHold, S::OnHold { since }) => {
                Some(since)
            }
            _ => None,
        };
        told.filter(|told| *told < at).unwrap_or(at)
    }

    fn push_type(&self) -> Option<&T> {
        match self.fact {
            Fact::Notification(push) => Some(&push.transaction_type),
            Fact::Observation(_) => None,
        }
    }

    fn is_about(&self, id: &PurchaseId) -> bool {
        self.after.purchase_of(self.fact) == Some(id)
    }

    /// The downgrade from a plan that waited for its day before the fact.
    fn waited_for(&self, id: &PurchaseId) -> Option<(&PurchaseId, &Purchase)> {
        self.before.purchases.iter().find(|(_, new)| {
            matches!(new.state, S::PendingDowngrade { .. }) && new.replaces() == Some(id)
        })
    }

    /// The plan that runs out with nothing to follow it: the customer cancelled the downgrade that was
    /// to, and does not go back.
    fn cancelled_with_its_downgrade(&self) -> Option<&PurchaseId> {
        let pending = self.before.purchases.get(self.after.purchase_of(self.fact)?)?;
        let old = pending.replaces().filter(|old| self.waited_for(old).is_some())?;
        let runs_out = matches!(self.after.purchases.get(old)?.state, S::Cancelled { .. });
        let is_last = !self.leaves_for_downgrade(old);
        let was_pending = matches!(pending.state, S::PendingDowngrade { .. });
        let is_cancellation = self.push_type() == Some(&T::Cancellation);
        (is_cancellation && was_pending && runs_out && is_last).then_some(old)
    }

    /// Whether a downgrade leads away from a plan after the fact.
    fn leaves_for_downgrade(&self, id: &PurchaseId) -> bool {
        let is_told = self.is_about(id) && self.push_type() == Some(&T::DowngradeCancellation);
        let follows = self.after.purchases.values().any(|new| {
            matches!(new.state, S::PendingDowngrade { .. }) && new.replaces() == Some(id)
        });
        is_told || follows
    }
}

/// One purchase on both sides of a fact.
struct OfPurchase<'a> {
    step: &'a Step<'a>,
    id: &'a PurchaseId,
    before: Option<&'a Purchase>,
    after: &'a Purchase,
    /// How it stood when the fact came, by the clock.
    stood: Option<Standing>,
}

impl<'a> OfPurchase<'a> {
    fn new(step: &'a Step<'a>, id: &'a PurchaseId, after: &'a Purchase) -> Self {
        let before = step.before.purchases.get(id);
        let stood = before.map(|one| Standing::told(one.state, step.settings, step.at()));
        Self { step, id, before, after, stood }
    }

    fn changes(&self) -> Vec<What> {
        let mut told = Vec::new();
        if Some(self.after.state) != self.before.map(|one| one.state) {
            told.extend(self.of_state());
            told.extend(self.end_in_the_past(&told));
        }
        if self.is_newly_paired(Direction::Upgrade) {
            told.insert(0, What::Upgraded(self.step.after.plan_move(self.after)));
        }
        let is_pending = matches!(self.after.state, S::PendingDowngrade { .. });
        if is_pending && self.is_newly_paired(Direction::Downgrade) {
            told.push(What::DowngradeScheduled(self.step.after.plan_move(self.after)));
        }
        let took_offer = self.step.push_type() == Some(&T::CancellationOfferInitiated);
        if took_offer && self.step.is_about(self.id) {
            told.push(What::OfferAccepted);
        }
        told
    }

    /// Whether a change of plan is ripe to be told that was not before.
    fn is_newly_paired(&self, direction: Direction) -> bool {
        let at = self.step.at();
        let is_told = self.before.is_some_and(|one| one.has_paired(direction, at));
        !is_told && self.after.has_paired(direction, at)
    }

    fn of_state(&self) -> Vec<What> {
        match self.after.state {
            S::Trial { .. } | S::Current { .. } => self.going_on(),
            S::Cancelled { .. } => self.running_out(),
            S::Grace { .. } => vec![What::GraceStarted],
            S::OnHold { .. } if !self.was_on_hold() => vec![What::OnHold],
            S::Replaced { .. } => self.replaced(),
            S::Ended { .. } => self.over(),
            S::OnHold { .. } | S::Suspended { .. } | S::PendingDowngrade { .. } => Vec::new(),
        }
    }

    fn was_on_hold(&self) -> bool {
        matches!(self.before.map(|one| one.state), Some(S::OnHold { .. }))
    }

    /// Whether nothing of it was left when the fact came: as far as a purchase that goes on from
    /// there is another one.
    fn was_over(&self) -> bool {
        let state = self.before.map(|one| one.state);
        let ran_out = matches!(state, Some(S::Cancelled { .. } | S::Suspended { .. }))
            && self.stood == Some(Standing::Ended);
        ran_out || matches!(state, None | Some(S::Ended { .. } | S::Replaced { .. }))
    }

    /// Whether it was paid for another term. An offer to stay moves the end as well.
    fn has_later_end(&self) -> bool {
        let is_offer = matches!(
            self.step.push_type(),
            Some(T::CancellationOfferInitiated | T::CancellationOfferEnded)
        );
        let ends = self.before.and_then(|one| one.term_ends_at).zip(self.after.term_ends_at);
        !is_offer && ends.is_some_and(|(before, after)| is_later_date(after, before))
    }

    fn going_on(&self) -> Vec<What> {
        if self.was_over() {
            return self.began().into_iter().collect();
        }
        let is_trial = matches!(self.after.state, S::Trial { .. });
        match self.before.map(|one| one.state) {
            Some(S::Trial { .. }) if !is_trial => vec![What::TrialConverted],
            Some(S::Current { .. }) if self.has_later_end() => vec![What::Renewed],
            Some(S::Grace { .. }) => self.recovered(Unpaid::Grace),
            Some(S::OnHold { .. }) => self.recovered(Unpaid::OnHold),
            Some(S::Cancelled { trial, .. }) => {
                let is_withdrawal = self.step.waited_for(self.id).is_some();
                let resubscribed = (!is_withdrawal).then_some(What::Resubscribed);
                let next = self.has_later_end() && !is_trial;
                let next = next.then_some(match trial {
                    true => What::TrialConverted,
                    false => What::Renewed,
                });
                resubscribed.into_iter().chain(next).collect()
            }
            Some(S::Suspended { .. }) => vec![What::Resubscribed],
            Some(S::PendingDowngrade { starts_at }) => self.downgrade_charged(starts_at),
            _ => Vec::new(),
        }
    }

    /// What was unpaid is paid; after a trial for the first time.
    fn recovered(&self, from: Unpaid) -> Vec<What> {
        let is_downgrade = |one: &Purchase| {
            one.change.as_ref().is_some_and(|change| change.direction == Direction::Downgrade)
        };
        let was_trial = self.before.is_some_and(|one| !one.is_paid() && !is_downgrade(one));
        let converted = (was_trial && self.after.is_paid()).then_some(What::TrialConverted);
        [What::Recovered { from }].into_iter().chain(converted).collect()
    }

    /// The charge that a downgrade begins with. On its day the clock had it begin.
    fn downgrade_charged(&self, starts_at: Option<Timestamp>) -> Vec<What> {
        if starts_at.is_none_or(|starts_at| starts_at > self.step.at()) {
            return vec![What::Downgraded(
                self.step.before.plan_move(self.before.unwrap_or(self.after)),
            )];
        }
        // Told as over by the clock, since nothing had been heard of the charge.
        let is_back = self.stood == Some(Standing::Ended);
        is_back.then_some(What::Renewed).into_iter().collect()
    }

    /// How a purchase begins, or begins again. An upgrade is told once it has found its pair.
    fn began(&self) -> Option<What> {
        let is_known = |known: &Purchase| known.last_transaction == self.after.last_transaction;
        let is_again = self.step.push_type().is_none() && self.before.is_some_and(is_known);
        let is_trial = matches!(self.after.state, S::Trial { .. });
        let began = match self.step.push_type() {
            Some(T::Resubscribe | T::CancellationOfferInitiated | T::CancellationOfferEnded) => {
                What::Resubscribed
            }
            Some(T::GraceRecovered) => What::Recovered { from: Unpaid::Grace },
            Some(T::OnHoldRecovered) => What::Recovered { from: Unpaid::OnHold },
            // It goes on in place of the downgrade that the clock had begin.
            _ if self.step.waited_for(self.id).is_some() && !is_trial => What::Renewed,
            _ if self.downgrade_begun_here().is_some() => return self.downgrade_begun_here(),
            _ if is_trial => What::TrialStarted,
            _ if is_again => What::Resubscribed,
            _ if self.before.is_none() && self.is_upgrade() => return None,
            _ => What::Started,
        };
        Some(began)
    }

    fn is_upgrade(&self) -> bool {
        let change = self.after.change.as_ref();
        change.is_some_and(|change| change.direction == Direction::Upgrade)
    }

    /// Where a downgrade's first charge came under another chain than was announced.
    fn downgrade_begun_here(&self) -> Option<What> {
        let Step { before, after, .. } = self.step;
        let (_, pending) = before.purchases.iter().find(|(id, pending)| {
            let waited = matches!(pending.state, S::PendingDowngrade { .. });
            let is_gone = after.purchases.get(id).is_some_and(|one| {
                matches!(one.state, S::Replaced { .. }) && one.product == self.after.product
            });
            waited && is_gone && *id != self.id
        })?;
        let has_begun = pending.state.assumed_start().is_some_and(|day| day <= self.step.at());
        Some(if has_begun { What::Renewed } else { What::Downgraded(before.plan_move(pending)) })
    }

    fn running_out(&self) -> Vec<What> {
        let next = self.has_later_end();
        let stands = Standing::told(self.after.state, self.step.settings, self.step.at());
        if !stands.gives_access() && !next {
            return Vec::new(); // not that it runs out is told, but that it is over
        }
        match self.before.map(|one| one.state) {
            None => vec![What::Cancelled],
            Some(S::Cancelled { .. }) if next => vec![What::Renewed],
            Some(S::Cancelled { .. }) => Vec::new(),
            Some(S::Suspended { .. } | S::Ended { .. } | S::Replaced { .. }) => {
                vec![What::Resubscribed]
            }
            Some(S::PendingDowngrade { starts_at }) => {
                let mut told = self.downgrade_charged(starts_at);
                told.push(What::Cancelled);
                told
            }
            Some(state) => {
                let paid = match state {
                    S::Grace { .. } => Some(What::Recovered { from: Unpaid::Grace }),
                    S::OnHold { .. } => Some(What::Recovered { from: Unpaid::OnHold }),
                    S::Trial { .. } => Some(What::TrialConverted),
                    _ => Some(What::Renewed),
                };
                let cancelled =
                    (!self.step.leaves_for_downgrade(self.id)).then_some(What::Cancelled);
                paid.filter(|_| next).into_iter().chain(cancelled).collect()
            }
        }
    }

    fn replaced(&self) -> Vec<What> {
        let was_plan =
            !matches!(self.before.map(|one| one.state), Some(S::PendingDowngrade { .. }));
        let was_open = self.stood.is_some_and(Standing::gives_access) || self.was_on_hold();
        let is_told = was_plan && was_open;
        is_told.then_some(What::Ended { reason: EndReason::Upgraded }).into_iter().collect()
    }

    fn over(&self) -> Vec<What> {
        let at = self.step.at();
        let reason = match self.before.map(|one| one.state) {
            None | Some(S::Ended { .. } | S::Replaced { .. }) => return Vec::new(),
            Some(S::PendingDowngrade { starts_at }) => {
                let is_waiting = starts_at.is_none_or(|starts_at| starts_at > at);
                if is_waiting || !self.step.is_about(self.id) {
                    let waited = self.step.before.plan_move(self.before.unwrap_or(self.after));
                    return vec![What::DowngradeWithdrawn(waited)];
                }
                EndReason::Unpaid
            }
            Some(S::OnHold { .. }) => EndReason::Unpaid,
            Some(S::Grace { .. }) if self.stood == Some(Standing::Ended) => return Vec::new(),
            Some(S::Grace { .. }) => EndReason::Unpaid,
            Some(S::Cancelled { .. } | S::Suspended { .. })
                if self.stood == Some(Standing::Ended) =>
            {
                return Vec::new();
            }
            Some(S::Cancelled { ends_at, .. } | S::Suspended { ends_at }) => {
                if is_same_date(ends_at, at) { EndReason::Cancelled } else { EndReason::TakenAway }
            }
            Some(S::Trial { ends_at } | S::Current { ends_at: Some(ends_at) })
                if ends_at <= at || is_same_date(ends_at, at) =>
            {
                self.why_not_renewed()
            }
            Some(S::Trial { .. } | S::Current { .. }) => EndReason::TakenAway,
        };
        vec![What::Ended { reason }]
    }

    fn why_not_renewed(&self) -> EndReason {
        match self.step.fact {
            Fact::Observation(seen) if !seen.cancelled => EndReason::Unpaid,
            _ => EndReason::Cancelled,
        }
    }

    /// What ended before it was heard of: the clock, which looks ahead, will not come by that.
    fn end_in_the_past(&self, told: &[What]) -> Option<What> {
        let ends = told.iter().any(|what| matches!(what, What::Ended { .. }));
        // Of what the clock ended unheard of, Roku has said why.
        let was_going_on =
            matches!(self.before.map(|one| one.state), Some(S::Trial { .. } | S::Current { .. }));
        let was_open = was_going_on || self.stood.is_none_or(Standing::gives_access);
        let is_open = Standing::told(self.after.state, self.step.settings, self.step.at());
        if ends || is_open.gives_access() || (!was_open && told.is_empty()) {
            return None;
        }
        let reason = match self.after.state {
            S::Trial { .. } | S::Current { .. } => EndReason::NotHeardOf,
            S::Grace { .. } => EndReason::Unpaid,
            S::Cancelled { ends_at, .. } => {
                let term = self.before.and_then(|one| one.term_ends_at);
                match term {
                    Some(term) if is_later_date(term, ends_at) => EndReason::TakenAway,
                    _ if is_same_date(ends_at, self.step.at()) => EndReason::Cancelled,
                    // Roku cancels by itself what was not paid (`roku-pay.md` §2, §6).
                    _ => EndReason::Unpaid,
                }
            }
            _ => return None,
        };
        Some(What::Ended { reason })
    }
}
