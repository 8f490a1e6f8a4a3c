//! Facts: what Roku told us, kept for ever and never edited.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::RokuCustomerId;
use super::notification::Notification;
use super::observation::Observation;
use super::transaction_type::TransactionType;

/// Something that Roku told us: a push it signed, or an answer it gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Roku told us on its own.
    Notification(Notification),
    /// Roku told us when asked.
    Observation(Observation),
}

/// The identity of a fact and, by its order, its place in the history: first the time that Roku
/// gave it, then its kind. Telling the same thing twice makes the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FactId {
    /// By Roku's clock for a push; by ours for an answer, to the second, which is as fine as most
    /// pushes are dated.
    pub time: Timestamp,
    /// What comes first at the same moment.
    pub kind: FactKind,
    /// Roku's message key, or what was asked.
    pub key: String,
}

/// What comes first among facts of the same second. An answer comes before pushes, because a push
/// of that second which it already reflects changes nothing by coming again. Nothing is cancelled
/// before it is bought, and nothing recovers before it failed: applied backwards, such a pair would
/// lock the customer out (`roku-pay.md` §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FactKind {
    Observation,
    Sale,
    Grace,
    OnHold,
    Cancellation,
    Recovery,
    Other,
}

impl Fact {
    /// Its identity and its place in the history.
    pub fn id(&self) -> FactId {
        match self {
            Self::Notification(push) => FactId {
                time: push.event_at,
                kind: kind_of(&push.transaction_type),
                key: push.message_key.clone(),
            },
            Self::Observation(seen) => FactId {
                time: to_the_second(seen.observed_at),
                kind: FactKind::Observation,
                key: format!("{:.9}#{}", seen.observed_at, seen.transaction),
            },
        }
    }

    /// Whose account it is about.
    pub fn roku_customer(&self) -> &RokuCustomerId {
        match self {
            Self::Notification(push) => &push.roku_customer,
            Self::Observation(seen) => &seen.roku_customer,
        }
    }
}

fn to_the_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn kind_of(transaction_type: &TransactionType) -> FactKind {
    use TransactionType as T;
    match transaction_type {
        T::Sale | T::UpgradeSale | T::DowngradeSale => FactKind::Sale,
        T::GraceInitiated => FactKind::Grace,
        T::OnHoldInitiated => FactKind::OnHold,
        T::Cancellation | T::UpgradeCancellation | T::DowngradeCancellation => {
            FactKind::Cancellation
        }
        T::GraceRecovered
        | T::OnHoldRecovered
        | T::Resubscribe
        | T::CancellationOfferInitiated
        | T::CancellationOfferEnded => FactKind::Recovery,
        T::Refund
        | T::Credit
        | T::Chargeback
        | T::ChargebackReversed
        | T::SecondChargeback
        | T::Other(_) => FactKind::Other,
    }
}

/// Why something that Roku signed is not a fact about an account. It is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Plain text, as the test of Roku's dashboard sends, or JSON that is not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A field that the account cannot do without is missing or has no meaning.
    #[error("no usable {0}")]
    Missing(&'static str),
}

/// Reads a moment in any of the forms that Roku writes (`roku-pay.md` §2.1, §3): ISO 8601 with or
/// without zone (then UTC) and up to nine digits of fraction, or `/Date(1581033062000+0000)/`,
/// whose number counts milliseconds of UTC whatever offset follows it.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    if let Some(date) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        let end = date.rfind(['+', '-']).filter(|&at| at > 0).unwrap_or(date.len());
        return Timestamp::from_millisecond(date[..end].parse().ok()?).ok();
    }
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// `moment + span`, or the end of time: a date far off is a date far off, not an error.
pub(crate) fn later(moment: Timestamp, span: SignedDuration) -> Timestamp {
    moment.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// Whether two dates are one: Roku writes the same date with seven digits of fraction in a push, with
/// three in an answer, and a few seconds off in another field.
pub(crate) fn is_same_date(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() < SignedDuration::from_mins(1)
}

/// Whether a date is later than another and not the same.
pub(crate) fn is_later_date(date: Timestamp, than: Timestamp) -> bool {
    date > than && !is_same_date(date, than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_that_roku_writes() {
        for (text, moment) in [
            ("2022-07-11T19:50:18Z", "2022-07-11T19:50:18Z"),
            ("2020-02-10T22:27:03.7657086Z", "2020-02-10T22:27:03.7657086Z"),
            ("2022-07-11T20:00:45.458297119Z", "2022-07-11T20:00:45.458297119Z"),
            ("2020-02-06T23:51:02", "2020-02-06T23:51:02Z"),
            ("2020-02-06T23:51:02+01:00", "2020-02-06T22:51:02Z"),
            ("/Date(1581033062000+0000)/", "2020-02-06T23:51:02Z"),
            ("/Date(1581033062000-0700)/", "2020-02-06T23:51:02Z"),
            ("/Date(1581033062000)/", "2020-02-06T23:51:02Z"),
            ("/Date(-1000+0000)/", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(parse_time(text).map(|t| t.to_string()).as_deref(), Some(moment), "{text}");
        }
        for text in ["", "soon", "/Date()/", "/Date(x)/", "2022-13-01T00:00:00Z", "99999"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
