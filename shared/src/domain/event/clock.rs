//! What time alone changes: the term that ends, the grace that runs out, the downgrade that begins.

use jiff::{SignedDuration, Timestamp};

use super::{EndReason, PlanMove, What};
use crate::domain::account::{Account, Purchase, State};
use crate::domain::fact::later;
use crate::domain::id::PurchaseId;
use crate::domain::plan_change::Direction;
use crate::domain::publisher::Settings;

/// How long a change of plan waits for Roku to name the plan that was left, before it is told
/// without. Roku's two pushes are a second apart, and it is asked after ten minutes.
const UNPAIRED: SignedDuration = SignedDuration::from_hours(1);

impl Account {
    /// The next moment after `since` at which the clock alone changes something. None where nothing
    /// is to come before Roku is heard of.
    pub fn next_moment(&self, settings: &Settings, since: Timestamp) -> Option<Timestamp> {
        let moments = self.moments(settings).map(|(at, ..)| at);
        moments.filter(|at| *at > since).min()
    }

    /// What the clock alone changes after `since`, up to and with `until`, in that order.
    pub(super) fn moments_between(
        &self,
        settings: &Settings,
        since: Timestamp,
        until: Timestamp,
    ) -> Vec<(Timestamp, PurchaseId, What)> {
        let come = self.moments(settings).filter(|(at, ..)| since < *at && *at <= until);
        let mut come: Vec<_> = come.map(|(at, id, what)| (at, id.clone(), what)).collect();
        come.sort_by_key(|(at, _, what)| (*at, matches!(what, What::Ended { .. })));
        come
    }

    fn moments(&self, settings: &Settings) -> impl Iterator<Item = (Timestamp, &PurchaseId, What)> {
        self.purchases.iter().flat_map(move |(id, purchase)| {
            let of_plan = self.told_without_its_pair(purchase);
            let of_state = self.moments_of_state(id, purchase, settings);
            of_state.into_iter().flatten().chain(of_plan).map(move |(at, what)| (at, id, what))
        })
    }

    /// The moments are those at which [`Standing`](crate::domain::standing::Standing) changes.
    fn moments_of_state(
        &self,
        id: &PurchaseId,
        purchase: &Purchase,
        settings: &Settings,
    ) -> [Option<(Timestamp, What)>; 2] {
        let leeway = settings.renewal_leeway();
        let ended = |at, reason| Some((at, What::Ended { reason }));
        match purchase.state {
            State::Trial { ends_at } | State::Current { ends_at: Some(ends_at) } => {
                [ended(later(ends_at, leeway), EndReason::NotHeardOf), None]
            }
            State::Grace { since } => {
                let end = later(later(since, settings.grace()), leeway);
                [ended(end, EndReason::Unpaid), None]
            }
            State::Cancelled { ends_at, .. } => [ended(ends_at, self.why_it_runs_out(id)), None],
            State::Suspended { ends_at } => [ended(ends_at, EndReason::Upgraded), None],
            State::PendingDowngrade { starts_at: Some(starts_at) } => [
                Some((starts_at, What::Downgraded(self.plan_move(purchase)))),
                ended(later(starts_at, leeway), EndReason::NotHeardOf),
            ],
            State::PendingDowngrade { starts_at: None }
            | State::Current { ends_at: None }
            | State::OnHold { .. }
            | State::Replaced { .. }
            | State::Ended { .. } => [None, None],
        }
    }

    fn told_without_its_pair(&self, purchase: &Purchase) -> Option<(Timestamp, What)> {
        let change = purchase.change.as_ref().filter(|change| change.replaces.is_none())?;
        let plan_move = self.plan_move(purchase);
        let what = match (change.direction, purchase.state) {
            (Direction::Upgrade, _) => What::Upgraded(plan_move),
            (_, State::PendingDowngrade { .. }) => What::DowngradeScheduled(plan_move),
            _ => return None,
        };
        Some((later(change.ordered_at, UNPAIRED), what))
    }

    /// Why a plan runs out whose renewals are off.
    fn why_it_runs_out(&self, id: &PurchaseId) -> EndReason {
        let is_followed = self.purchases.values().any(|new| {
            let is_downgrade =
                new.change.as_ref().is_some_and(|change| change.direction == Direction::Downgrade);
            is_downgrade && new.replaces() == Some(id) && !matches!(new.state, State::Ended { .. })
        });
        if is_followed { EndReason::Downgraded } else { EndReason::Cancelled }
    }

    /// The change of plan that a purchase came about by.
    pub(super) fn plan_move(&self, purchase: &Purchase) -> PlanMove {
        let change = purchase.change.as_ref();
        let from = change.and_then(|change| change.replaces.clone());
        let from_product = from.as_ref().and_then(|from| self.purchases.get(from)?.product.clone());
        PlanMove {
            from_purchase: from,
            from_product,
            starts_at: purchase.state.assumed_start(),
            proration: change.and_then(|change| change.charged.clone()),
        }
    }
}

impl Purchase {
    /// Whether the change of plan that it came about by is ripe to be told at a moment: once Roku has
    /// named the plan that was left, or has had the time for it.
    pub(super) fn has_paired(&self, direction: Direction, at: Timestamp) -> bool {
        let change = self.change.as_ref().filter(|change| change.direction == direction);
        change.is_some_and(|change| {
            change.replaces.is_some() || later(change.ordered_at, UNPAIRED) <= at
        })
    }
}
