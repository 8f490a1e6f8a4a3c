//! How a purchase stands at a moment: what Roku told, read with a clock and the publisher's
//! settings.

use std::fmt;

use jiff::Timestamp;

use super::account::{Purchase, State};
use super::fact::later;
use super::publisher::Settings;

/// How a purchase stands at a moment, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In its free trial.
    Trial,
    /// Paid.
    Current,
    /// The term has ended and nothing was heard of what follows: access holds for the publisher's
    /// leeway, and Roku is to be asked.
    RenewalLate,
    /// A charge failed; Roku tries again.
    Grace,
    /// Unpaid for longer than grace lasts.
    OnHold,
    /// Renewals are off, and the term runs.
    Cancelled,
    /// An upgrade in its free trial stands in for it.
    Suspended,
    /// A downgrade whose day has not come.
    PendingDowngrade,
    /// Another took its place.
    Replaced,
    /// The customer's bank took the money back, and the publisher takes access away for that.
    Revoked,
    /// Over.
    Ended,
}

impl Standing {
    /// How a purchase stands at `now`.
    pub fn of(purchase: &Purchase, settings: &Settings, now: Timestamp) -> Self {
        let told = Self::told(purchase.state, settings, now);
        let is_disputed = purchase.disputed_since.is_some_and(|since| since <= now);
        let is_revoked = is_disputed && settings.revoke_on_chargeback && told.gives_access();
        if is_revoked { Self::Revoked } else { told }
    }

    pub(super) fn told(state: State, settings: &Settings, now: Timestamp) -> Self {
        let leeway = settings.renewal_leeway();
        let renewing = |word: Self, end: Timestamp| match () {
            () if now < end => word,
            () if now < later(end, leeway) => Self::RenewalLate,
            () => Self::Ended,
        };
        let running = |word: Self, end: Timestamp| if now < end { word } else { Self::Ended };
        match state {
            State::Trial { ends_at } => renewing(Self::Trial, ends_at),
            State::Current { ends_at: Some(ends_at) } => renewing(Self::Current, ends_at),
            State::Current { ends_at: None } => Self::Current,
            // One of which nothing more is heard has ended (`roku-pay.md` §10.7).
            State::Grace { since } => {
                running(Self::Grace, later(later(since, settings.grace()), leeway))
            }
            State::OnHold { .. } => Self::OnHold,
            State::Cancelled { ends_at, .. } => running(Self::Cancelled, ends_at),
            State::Suspended { ends_at } => running(Self::Suspended, ends_at),
            State::PendingDowngrade { starts_at: Some(starts_at) } => {
                renewing(Self::PendingDowngrade, starts_at)
            }
            State::PendingDowngrade { starts_at: None } => Self::PendingDowngrade,
            State::Replaced { .. } => Self::Replaced,
            State::Ended { .. } => Self::Ended,
        }
    }

    /// Whether it gives access, if nothing else takes its place.
    pub fn gives_access(self) -> bool {
        match self {
            Self::Trial
            | Self::Current
            | Self::RenewalLate
            | Self::Grace
            | Self::Cancelled
            | Self::Suspended => true,
            Self::OnHold
            | Self::PendingDowngrade
            | Self::Replaced
            | Self::Revoked
            | Self::Ended => false,
        }
    }

    /// Whether it will be charged for again.
    pub(super) fn renews(self) -> bool {
        matches!(self, Self::Trial | Self::Current | Self::RenewalLate | Self::Grace)
    }

    /// What the customer sees.
    pub fn seen_by_customer(self) -> &'static str {
        match self {
            Self::Trial => "watches, in a free trial",
            Self::Current => "watches",
            Self::RenewalLate => "watches, while Roku is asked about the renewal",
            Self::Grace => "watches; Roku asks for another way to pay",
            Self::OnHold => "cannot watch until it is paid",
            Self::Cancelled => "watches to the end of the term; can subscribe again",
            Self::Suspended => "watches the plan that is being tried",
            Self::PendingDowngrade => "watches the old plan until its term ends",
            Self::Replaced => "watches the new plan",
            Self::Revoked => "cannot watch: the money was taken back",
            Self::Ended => "cannot watch; can buy again",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trial => "trial",
            Self::Current => "current",
            Self::RenewalLate => "renewal late",
            Self::Grace => "in grace",
            Self::OnHold => "on hold",
            Self::Cancelled => "cancelled",
            Self::Suspended => "suspended",
            Self::PendingDowngrade => "pending downgrade",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        })
    }
}
