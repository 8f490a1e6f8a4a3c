//! When Roku is to be asked about a purchase: where something follows that may not be heard of.
//!
//! Roku recommends a nightly question about each purchase whose term has ended or is unpaid
//! (`roku-pay.md` §7). A question is asked once its moment has come, and daily from then on until an
//! answer settles it, for sixty days at most: by then Roku has ended what was not paid (§6). What is
//! over is asked about once more: it may have been charged just before, and nothing else would ever
//! tell of that, or of a payment that came before the end that was heard of.

use jiff::{SignedDuration, Timestamp};

use super::account::{Account, Purchase, State};
use super::fact::later;
use super::id::PurchaseId;

/// How long after an answer that settles nothing the question is asked again.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// The same where Roku did not know a purchase, on the first day: on a bad day it may say so of any.
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The first question about grace comes so long after the term: Roku may only have been late to
/// charge, and the leeway is six hours.
const FIRST_CHARGE: SignedDuration = SignedDuration::from_hours(4);
/// How long a question is asked again: Roku ends what has not been paid for so long
/// (`roku-pay.md` §6).
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How long the second push of a change of plan, and one about a charge before the end, is waited
/// for before Roku is asked. The two are dated a second apart (`roku-pay.md` §2.3).
const OTHER_HALF: SignedDuration = SignedDuration::from_mins(10);

impl Account {
    /// From when on Roku is to be asked about one of the purchases. None where nothing can follow.
    pub fn ask_roku_at(&self) -> Option<Timestamp> {
        self.purchases.values().filter_map(Purchase::ask_roku_at).min()
    }

    /// The purchases that Roku is to be asked about at `now`.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = (&PurchaseId, &Purchase)> {
        let is_due = move |purchase: &Purchase| purchase.ask_roku_at().is_some_and(|at| at <= now);
        self.purchases.iter().filter(move |(_, purchase)| is_due(purchase))
    }

    /// From when on Roku is to be asked again, after it was asked at `now` and did not know one of
    /// the purchases. None where it has been asked for long enough.
    pub fn ask_again_at(&self, now: Timestamp) -> Option<Timestamp> {
        let dates = self.purchases.values().filter_map(Purchase::ask_roku_at);
        let open = dates.filter(|at| later(*at, GIVE_UP_AFTER) > now);
        let next = |at: Timestamp| {
            let pause = if now < later(at, A_DAY) { AN_HOUR } else { A_DAY };
            if at > now { at } else { later(now, pause) }
        };
        open.map(next).min()
    }
}

impl Purchase {
    fn ask_roku_at(&self) -> Option<Timestamp> {
        let change = self.unconfirmed_change().filter(|at| self.answered_at < Some(*at));
        let amount = self.unpriced.and_then(|unpriced| self.daily_from(unpriced.since));
        change.into_iter().chain(amount).chain(self.ask_about_state_at()).min()
    }

    fn ask_about_state_at(&self) -> Option<Timestamp> {
        match self.state {
            // Asked before the end as well: who took the cancellation back, and the push about it was
            // lost, must not be locked out until Roku has answered.
            State::Cancelled { ends_at, .. } => {
                let before = later(ends_at, -A_DAY);
                let next = if self.answered_at < Some(before) { before } else { ends_at };
                Some(next).filter(|at| self.answered_at < Some(*at))
            }
            // Once more: a push about its last charge that was lost is not missed otherwise.
            State::Replaced { at } | State::Ended { at } => {
                Some(later(at, OTHER_HALF)).filter(|_| self.answered_at < Some(at))
            }
            State::Grace { since } => self.daily_from(later(since, FIRST_CHARGE)),
            State::OnHold { since } => self.daily_from(later(since, A_DAY)),
            State::PendingDowngrade { starts_at: None } => {
                self.daily_from(later(self.purchased_at, OTHER_HALF))
            }
            state => self.daily_from(state.term_end()?),
        }
    }

    /// From a moment on, and then a day after each answer.
    fn daily_from(&self, first: Timestamp) -> Option<Timestamp> {
        match self.answered_at.filter(|answered| *answered >= first) {
            None => Some(first),
            Some(answered) => {
                let next = later(answered, A_DAY);
                (next < later(first, GIVE_UP_AFTER)).then_some(next)
            }
        }
    }

    /// When to ask about a change of plan of which the purchase that it left is not known.
    fn unconfirmed_change(&self) -> Option<Timestamp> {
        let change = self.change.as_ref().filter(|change| change.replaces.is_none())?;
        let is_over = matches!(self.state, State::Ended { .. } | State::Replaced { .. });
        (!is_over).then(|| later(change.ordered_at, OTHER_HALF))
    }

    /// How Roku is asked about it.
    pub fn transaction<'a>(&'a self, id: &'a PurchaseId) -> &'a str {
        self.spelled.as_deref().unwrap_or(id.as_str())
    }
}

#[cfg(test)]
mod tests;
