//! Why Roku does not do what somebody asks for.

use jiff::Timestamp;
use rust_decimal::Decimal;

/// Why a wish was not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The catalog has no such product.
    #[error("there is no product {0}")]
    UnknownProduct(String),
    /// The customer has no running plan of that kind.
    #[error("the customer has no running plan in the group of {0}")]
    NoPlan(String),
    /// The customer already has one; plans of a group are changed, not added.
    #[error("the customer is already subscribed in the group of {0}")]
    AlreadySubscribed(String),
    /// There is no such transaction.
    #[error("there is no transaction {0}")]
    UnknownTransaction(String),
    /// The customer has never bought anything.
    #[error("there is no customer {0}")]
    UnknownCustomer(String),
    /// It runs no more, or will not be renewed.
    #[error("the purchase {0} does not renew")]
    DoesNotRenew(String),
    /// Its last term is over, or another plan took its place.
    #[error("the purchase {0} has ended")]
    Ended(String),
    /// There is nothing to undo.
    #[error("the purchase {0} is not cancelled")]
    NotCancelled(String),
    /// The charge for its term has failed and the customer has not paid since.
    #[error("the payment for {0} is outstanding")]
    Unpaid(String),
    /// Nothing was paid for it, or all of it went back.
    #[error("nothing that was paid for {0} is left")]
    NothingPaid(String),
    /// The amount is no money, or more than there is.
    #[error("the amount must be whole cents, above 0 and at most {at_most}")]
    Amount {
        /// The most that would do, in US dollars.
        at_most: Decimal,
    },
    /// A chargeback is opened, then reversed, then opened again, once each.
    #[error("no chargeback of {0} is at the stage for that")]
    NoChargeback(String),
    /// An account has one active API key and at most one that expires (`roku-pay.md` §3).
    #[error("another API key is still expiring")]
    ApiKeyExpiring,
    /// The window of a replay ends before it begins.
    #[error("the window ends before it begins")]
    WindowReversed,
    /// The window of a replay is too long.
    #[error("the window must be at most {at_most_days} days long")]
    WindowTooLong {
        /// How long it may be.
        at_most_days: i64,
    },
    /// The window of a replay begins too long ago.
    #[error("the window must begin at most {at_most_days} days before now, {now}")]
    WindowTooOld {
        /// How far back it may begin.
        at_most_days: i64,
        /// The time in the simulation.
        now: Timestamp,
    },
}
