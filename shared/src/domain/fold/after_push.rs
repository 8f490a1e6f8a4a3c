//! How a purchase stands after a push about it (`roku-pay.md` §2).

use jiff::Timestamp;

use super::{Direction, Notification, PlanChange, Purchase, State, TransactionType as T};
use crate::domain::fact::is_later_date;

/// The state after a push; none where it changes none.
pub(super) fn state(before: Option<&Purchase>, push: &Notification) -> Option<State> {
    let known_end = before.and_then(|purchase| purchase.term_ends_at);
    let before = before.map(|purchase| purchase.state);
    let (at, told_end) = (push.event_at, push.expires_at);
    match push.transaction_type {
        T::Sale | T::UpgradeSale => {
            Some(State::renewing(told_end.or(known_end), push.is_free_trial))
        }
        T::GraceRecovered | T::OnHoldRecovered => {
            Some(State::renewing(told_end.or(known_end), false))
        }
        // The date of a DowngradeSale is the end of the plan it follows: its own start.
        T::DowngradeSale => Some(State::PendingDowngrade { starts_at: told_end }),
        T::GraceInitiated => unless_left(before, State::Grace { since: began(told_end, at) }),
        T::OnHoldInitiated => unless_left(before, State::OnHold { since: at }),
        T::Cancellation | T::DowngradeCancellation => {
            Some(after_cancellation(before, told_end, known_end, at))
        }
        // The old plan is over although the date, the end of its term, is ahead.
        T::UpgradeCancellation => match before {
            Some(State::Suspended { ends_at }) => {
                Some(State::Suspended { ends_at: told_end.unwrap_or(ends_at) })
            }
            Some(over @ (State::Replaced { .. } | State::Ended { .. })) => Some(over),
            _ => Some(State::Replaced { at }),
        },
        T::Resubscribe => Some(after_resubscription(before, told_end.or(known_end))),
        T::CancellationOfferInitiated => Some(after_offer(before, latest(known_end, told_end))),
        T::CancellationOfferEnded => Some(after_offer_ended(before, told_end)),
        T::Refund
        | T::Credit
        | T::Chargeback
        | T::ChargebackReversed
        | T::SecondChargeback
        | T::Other(_) => None,
    }
}

/// The change of plan that a sale tells of.
pub(super) fn change(known: Option<PlanChange>, push: &Notification) -> Option<PlanChange> {
    let direction = match push.transaction_type {
        T::UpgradeSale => Direction::Upgrade,
        T::DowngradeSale => Direction::Downgrade,
        _ => return known,
    };
    let replaces = known.and_then(|change| change.replaces);
    let charged = (direction == Direction::Upgrade && !push.is_free_trial)
        .then(|| push.amounts.clone())
        .filter(|amounts| amounts.total.is_some());
    Some(PlanChange { direction, ordered_at: push.event_at, replaces, charged })
}

/// When grace began: the end of the term, which has come when the first charge fails.
fn began(told_end: Option<Timestamp>, at: Timestamp) -> Timestamp {
    told_end.filter(|end| *end <= at).unwrap_or(at)
}

/// What has left its place to another is not charged any more.
fn unless_left(before: Option<State>, after: State) -> Option<State> {
    match before {
        Some(left @ (State::Replaced { .. } | State::Suspended { .. })) => Some(left),
        _ => Some(after),
    }
}

/// Renewals are off. Access lasts to the end of the term, if there is one to last.
fn after_cancellation(
    before: Option<State>,
    told_end: Option<Timestamp>,
    known_end: Option<Timestamp>,
    at: Timestamp,
) -> State {
    let running_out = |ends_at: Option<Timestamp>, trial| match ends_at {
        Some(ends_at) => State::Cancelled { ends_at, trial },
        None => State::Ended { at },
    };
    match before {
        Some(over @ (State::Replaced { .. } | State::Ended { .. })) => over,
        // "No longer valid" at once, whatever date the push carries (`roku-pay.md` §10.3).
        Some(State::Grace { .. } | State::OnHold { .. }) => State::Ended { at },
        // A downgrade that never starts; a later date says that it had started.
        Some(State::PendingDowngrade { starts_at }) => {
            let had_started =
                |end: &Timestamp| starts_at.is_some_and(|starts_at| is_later_date(*end, starts_at));
            running_out(told_end.filter(had_started), false)
        }
        // Its renewals were off before.
        Some(suspended @ State::Suspended { .. }) => match told_end {
            Some(end) if end <= at => State::Ended { at },
            _ => suspended,
        },
        Some(State::Trial { ends_at }) => running_out(told_end.or(Some(ends_at)), true),
        Some(State::Cancelled { ends_at, trial }) => running_out(told_end.or(Some(ends_at)), trial),
        Some(State::Current { ends_at }) => running_out(told_end.or(ends_at), false),
        None => running_out(told_end.or(known_end), false),
    }
}

/// The customer undid the cancellation: the term is what it was before.
fn after_resubscription(before: Option<State>, known_end: Option<Timestamp>) -> State {
    match before {
        Some(State::Cancelled { ends_at, trial }) => {
            State::renewing(known_end.or(Some(ends_at)), trial)
        }
        None | Some(State::Ended { .. } | State::Replaced { .. } | State::Suspended { .. }) => {
            State::renewing(known_end, false)
        }
        Some(going_on) => going_on,
    }
}

/// The customer took an offer to stay: renewals are on, and the date is the term's end and not the
/// offer's (`roku-pay.md` §10.5).
fn after_offer(before: Option<State>, end: Option<Timestamp>) -> State {
    match before {
        None | Some(State::Current { .. } | State::Ended { .. }) => State::renewing(end, false),
        Some(State::Trial { ends_at }) => State::renewing(end.or(Some(ends_at)), true),
        Some(State::Cancelled { ends_at, trial }) => {
            State::renewing(latest(Some(ends_at), end), trial)
        }
        Some(other) => other,
    }
}

/// The terms of the offer have elapsed. Roku's page lists the rule for a cancellation, which its own
/// sample contradicts: nothing is taken away (`roku-pay.md` §2).
fn after_offer_ended(before: Option<State>, told_end: Option<Timestamp>) -> State {
    match before {
        None => State::renewing(told_end, false),
        Some(State::Trial { ends_at }) => State::renewing(latest(Some(ends_at), told_end), true),
        // What never ends does not begin to.
        Some(State::Current { ends_at: Some(ends_at) }) => {
            State::renewing(latest(Some(ends_at), told_end), false)
        }
        Some(State::Cancelled { ends_at, trial }) => {
            State::Cancelled { ends_at: latest(Some(ends_at), told_end).unwrap_or(ends_at), trial }
        }
        Some(other) => other,
    }
}

/// The later of two dates, of which either may be unknown.
fn latest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.max(other)
}
