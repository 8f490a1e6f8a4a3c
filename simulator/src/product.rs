//! What Roku sells for the developer.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One entry of the developer's catalog at Roku.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Roku's code: `productCode` in pushes, `productId` in the web service.
    pub code: String,
    /// What the customer reads.
    pub name: String,
    /// What one period costs, in US dollars.
    pub price: Decimal,
    /// How often it is charged; none for what is bought once.
    pub period: Option<Period>,
    /// The product (exclusivity) group: plans of one group replace each other.
    pub group: Option<String>,
}

/// The length of a term in the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// So many days.
    Days(u16),
    /// So many months: from the 31st to the last day of a shorter month, and back.
    Months(u16),
}

impl Period {
    /// The end of the `terms`th term that began at `anchor`. Counted from the anchor, so that a
    /// month end does not drift. What is beyond the calendar is at its end.
    pub(crate) fn end(self, anchor: Timestamp, terms: u32) -> Timestamp {
        let span = match self {
            Self::Days(days) => Span::new().try_days(i64::from(days) * i64::from(terms)),
            Self::Months(months) => Span::new().try_months(i64::from(months) * i64::from(terms)),
        };
        let end = span.and_then(|span| anchor.to_zoned(TimeZone::UTC).checked_add(span));
        end.map_or(Timestamp::MAX, |end| end.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_ends_do_not_drift() {
        let anchor: Timestamp = "2024-01-31T10:00:00Z".parse().unwrap();
        let ends = [1, 2, 13].map(|terms| Period::Months(1).end(anchor, terms).to_string());
        assert_eq!(ends, ["2024-02-29T10:00:00Z", "2024-03-31T10:00:00Z", "2025-02-28T10:00:00Z"]);
    }
}
