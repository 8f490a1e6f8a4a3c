//! How a purchase stands after Roku described it: the truth table of `roku-pay.md` §6, and §4.

use jiff::Timestamp;

use super::{Observation, Purchase, State};
use crate::domain::fact::{is_later_date, is_same_date};
use crate::domain::observation::PurchaseStatus;

/// The state after an answer that came at `at`.
pub(super) fn state(before: Option<&Purchase>, seen: &Observation, at: Timestamp) -> State {
    // A date that cannot be read is not a term that never ends.
    let expires_at = seen.expires_at.or_else(|| before?.term_ends_at);
    let before = before.map(|purchase| purchase.state);
    if let Some(pending) = pending(before, seen, at) {
        return if seen.cancelled { ended(before, at) } else { pending };
    }
    match (seen.is_entitled, seen.cancelled, expires_at) {
        (true, _, Some(ends_at)) if seen.status == PurchaseStatus::PendingInactive => {
            State::Suspended { ends_at }
        }
        (true, false, Some(end)) if end <= at => State::Grace { since: end },
        (true, true, Some(ends_at)) => {
            State::Cancelled { ends_at, trial: same_term_is_trial(before, ends_at) }
        }
        (true, false, Some(ends_at)) => {
            State::renewing(Some(ends_at), same_term_is_trial(before, ends_at))
        }
        (true, _, None) => State::Current { ends_at: None },
        (false, cancelled, expires_at) => match before {
            Some(over @ (State::Replaced { .. } | State::Ended { .. })) => over,
            _ if cancelled || seen.status == PurchaseStatus::Inactive => State::Ended { at },
            // Roku never calls a thing bought once "entitled" (`roku-pay.md` §3).
            _ if expires_at.is_none() => State::Current { ends_at: None },
            Some(held @ State::OnHold { .. }) => held,
            _ => State::OnHold { since: expires_at.filter(|end| *end < at).unwrap_or(at) },
        },
    }
}

/// The downgrade that Roku describes, while it has not started.
fn pending(before: Option<State>, seen: &Observation, at: Timestamp) -> Option<State> {
    let known_start = match before {
        Some(State::PendingDowngrade { starts_at }) => starts_at,
        _ => None,
    };
    if seen.status == PurchaseStatus::PendingActive {
        return Some(State::PendingDowngrade { starts_at: seen.expires_at.or(known_start) });
    }
    // Roku's words for "pending" vary; a date that has not moved past a start ahead says it too.
    let is_ahead = known_start.filter(|starts_at| at < *starts_at && seen.is_entitled);
    let has_not_moved =
        |starts_at: &Timestamp| seen.expires_at.is_some_and(|end| !is_later_date(end, *starts_at));
    let starts_at = is_ahead.filter(has_not_moved)?;
    Some(State::PendingDowngrade { starts_at: Some(starts_at) })
}

fn ended(before: Option<State>, at: Timestamp) -> State {
    match before {
        Some(over @ State::Ended { .. }) => over,
        _ => State::Ended { at },
    }
}

/// Roku's answer does not tell a trial; what a push said of the same term still holds.
fn same_term_is_trial(before: Option<State>, end: Timestamp) -> bool {
    match before {
        Some(State::Trial { ends_at } | State::Cancelled { ends_at, trial: true }) => {
            is_same_date(ends_at, end)
        }
        _ => false,
    }
}
