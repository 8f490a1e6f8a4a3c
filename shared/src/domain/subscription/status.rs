//! How a subscription stands, in Cleeng's words.

use crate::domain::account::{Purchase, State};
use crate::domain::fact::is_later_date;
use crate::domain::standing::Standing;

/// How a subscription stands. The first two give access and the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is open and will be charged for again: a trial, grace and a late renewal among them, and
    /// a plan that a downgrade follows. What is bought once is active while it is the customer's.
    Active,
    /// Renewals are off, and the term runs. So does a plan whose upgrade was given up.
    Cancelled,
    /// Its term has ended and was not paid again. That is what on hold is as well: Roku goes on
    /// trying, and if the customer pays, the same subscription is active again. Cleeng's `paused`
    /// would be a pause that somebody asked for.
    Expired,
    /// It was taken away before the end of its term: refunded, revoked, or replaced by a higher
    /// plan. So is a plan while a higher one is on trial in its place: the customer watches that
    /// one, and two plans of one group are never both listed as running. If the trial is given up,
    /// it is [`Self::Cancelled`] again to the end of its term.
    Terminated,
}

impl Status {
    /// The status of what is not open.
    pub(super) fn of_closed(purchase: &Purchase, standing: Standing) -> Self {
        let is_taken_away = match standing {
            Standing::Replaced | Standing::Revoked => true,
            Standing::OnHold | Standing::PendingDowngrade => false,
            Standing::Ended => is_cut_short(purchase),
            // Another took its place, unless it is a term whose end Roku did not tell.
            _ => purchase.state.term_end().is_some(),
        };
        if is_taken_away { Self::Terminated } else { Self::Expired }
    }

    /// Whether it gives access.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Cancelled)
    }

    /// The word for it in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Terminated => "terminated",
        }
    }

    /// The word for a subscription in API 3.1, of `active`, `stopped`, `terminated`
    /// (`cleeng-api.md` §3.8).
    pub fn of_subscription(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Cancelled => "stopped",
            Self::Expired | Self::Terminated => "terminated",
        }
    }

    /// The word for an entitlement in API 3.1 and for a subscription in JSON-RPC, of `active`,
    /// `cancelled`, `terminated` (`cleeng-api.md` §3.6, §3.8). JSON-RPC lists only the first two.
    pub fn of_entitlement(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Cancelled => "cancelled",
            Self::Expired | Self::Terminated => "terminated",
        }
    }
}

/// Whether it ended before the end of its term. What is bought once has none to run out.
fn is_cut_short(purchase: &Purchase) -> bool {
    let Some(term_ends_at) = purchase.term_ends_at else {
        return matches!(purchase.state, State::Ended { .. });
    };
    let ended_at = match purchase.state {
        State::Ended { at } => Some(at),
        state => state.term_end(),
    };
    ended_at.is_some_and(|ended_at| is_later_date(term_ends_at, ended_at))
}
