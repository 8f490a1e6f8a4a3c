//! What a publisher sells.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::id::RokuProductId;

/// A tag is at most 64 of these characters at Cleeng (`cleeng-api.md` §4).
const MAX_TAG_CHARS: usize = 64;

/// The name of an offer, `S123456789_US`: kind, eight digits or more, and the country it is
/// localised for (`cleeng-api.md` §4). Without the country it names the offer in every country.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfferId(String);

/// Why a text is not an offer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 letters, digits, `_` or `-`, as in S123456789_US")]
pub struct InvalidOfferId;

impl OfferId {
    /// Reads an offer id. Lenient on purpose: what exists is the catalog's to say.
    ///
    /// # Errors
    /// [`InvalidOfferId`] when it could be no offer's name.
    pub fn parse(text: &str) -> Result<Self, InvalidOfferId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let valid = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        valid.then(|| Self(text.to_owned())).ok_or(InvalidOfferId)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without its country: `S123456789` of `S123456789_US`.
    pub fn main_id(&self) -> &str {
        self.0.split_once('_').map_or(self.as_str(), |(main, _)| main)
    }

    /// Whether `self`, as a caller writes it, means `offer`: the same id, or its main id.
    pub fn means(&self, offer: &OfferId) -> bool {
        self == offer || self.0 == offer.main_id()
    }

    /// The country it is localised for, `US` of `S123456789_US`; none in a main id.
    pub fn country(&self) -> Option<&str> {
        self.0.split_once('_').map(|(_, country)| country)
    }

    /// Its kind, Cleeng's `offerType`: the first letter, `S` for a subscription, `P` for a pass,
    /// `E` for an event, `A` for a video, `R` for a rental (`cleeng-api.md` §4).
    pub fn kind(&self) -> &str {
        self.0.get(..1).unwrap_or_default()
    }

    /// Whether this is a subscription, which customers hold by having bought it. Other kinds
    /// (events, videos, rentals, passes) open to holders of their tags as well.
    pub fn is_subscription(&self) -> bool {
        self.0.starts_with('S')
    }

    /// Roku's product for this offer where none is named: Roku allows no `_`, so it is `-` there
    /// (`cleeng-roku-tutorial.txt`).
    pub fn default_roku_product(&self) -> RokuProductId {
        #[expect(clippy::expect_used, reason = "an offer id is short and not empty")]
        RokuProductId::parse(&self.0.replace('_', "-")).expect("an offer id makes a product id")
    }
}

impl TryFrom<String> for OfferId {
    type Error = InvalidOfferId;
    fn try_from(text: String) -> Result<Self, InvalidOfferId> {
        Self::parse(&text)
    }
}

impl From<OfferId> for String {
    fn from(id: OfferId) -> Self {
        id.0
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a customer of an offer may watch: at most 64 letters, digits, `_`, `-`, `:` and spaces
/// (`cleeng-api.md` §4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

/// Why a text is not a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tag must be 1 to {MAX_TAG_CHARS} letters, digits, `_`, `-`, `:` or spaces")]
pub struct InvalidTag;

impl TryFrom<String> for Tag {
    type Error = InvalidTag;
    fn try_from(text: String) -> Result<Self, InvalidTag> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-: ".contains(&byte);
        let valid = (1..=MAX_TAG_CHARS).contains(&text.len()) && text.bytes().all(allowed);
        if valid { Ok(Self(text)) } else { Err(InvalidTag) }
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

/// How often an offer is charged, in Cleeng's words (`cleeng-api.md` §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Period {
    #[serde(rename = "day")]
    Day,
    #[serde(rename = "week")]
    Week,
    #[serde(rename = "2weeks")]
    TwoWeeks,
    #[serde(rename = "month")]
    Month,
    #[serde(rename = "3months")]
    ThreeMonths,
    #[serde(rename = "6months")]
    SixMonths,
    #[serde(rename = "year")]
    Year,
}

impl Period {
    /// Cleeng's word for it, as it is written everywhere: `month`, `3months`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::TwoWeeks => "2weeks",
            Self::Month => "month",
            Self::ThreeMonths => "3months",
            Self::SixMonths => "6months",
            Self::Year => "year",
        }
    }

    /// The unit and how many of it, as API 3.1 writes a cycle (`cleeng-api.md` §4).
    pub fn cycle(self) -> (&'static str, u32) {
        match self {
            Self::Day => ("day", 1),
            Self::Week => ("week", 1),
            Self::TwoWeeks => ("week", 2),
            Self::Month => ("month", 1),
            Self::ThreeMonths => ("month", 3),
            Self::SixMonths => ("month", 6),
            Self::Year => ("year", 1),
        }
    }

    /// So many days, or so many months of the calendar.
    fn length(self) -> (Unit, i64) {
        match self {
            Self::Day => (Unit::Day, 1),
            Self::Week => (Unit::Day, 7),
            Self::TwoWeeks => (Unit::Day, 14),
            Self::Month => (Unit::Month, 1),
            Self::ThreeMonths => (Unit::Month, 3),
            Self::SixMonths => (Unit::Month, 6),
            Self::Year => (Unit::Month, 12),
        }
    }

    /// The end of the `terms`th term after `start`, by the calendar of UTC: from the 31st to the
    /// last day of a shorter month. Negative ones lie before it.
    pub fn after(self, start: Timestamp, terms: i32) -> Timestamp {
        let (unit, length) = self.length();
        let length = length * i64::from(terms);
        let span = match unit {
            Unit::Month => Span::new().try_months(length),
            _ => Span::new().try_days(length),
        };
        let end = span.and_then(|span| start.to_zoned(TimeZone::UTC).checked_add(span));
        end.map_or(if terms < 0 { Timestamp::MIN } else { Timestamp::MAX }, |end| end.timestamp())
    }

    /// The two terms, counted from the first, one of which may end at `end` if the first began at
    /// `start`: the last that has ended by then and the next one.
    pub fn terms_ending_at(self, start: Timestamp, end: Timestamp) -> [i32; 2] {
        let (unit, length) = self.length();
        let [start, end] = [start, end].map(|moment| moment.to_zoned(TimeZone::UTC));
        let passed = start.until((unit, &end)).unwrap_or_default();
        let passed = if unit == Unit::Month { passed.get_months() } else { passed.get_days() };
        let ended = i32::try_from(i64::from(passed) / length).unwrap_or_default();
        [ended, ended + 1]
    }
}

/// What the publisher sells: one entry of the catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Its name, `S123456789_US`.
    pub id: OfferId,
    /// What customers call it.
    pub title: String,
    /// What one period costs, in `currency`.
    pub price: Decimal,
    /// ISO 4217, upper case.
    pub currency: String,
    /// How often it is charged; none for what is bought once.
    #[serde(default)]
    pub period: Option<Period>,
    /// What it opens.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Roku's product (exclusivity) group: plans that customers move between (`roku-pay.md` §4).
    #[serde(default)]
    pub group: Option<String>,
    /// Its place in the group; moving to a higher rank is an upgrade.
    #[serde(default)]
    pub rank: u32,
    /// Roku's product where it is not the id with `-` for `_`.
    #[serde(default)]
    pub roku_product: Option<RokuProductId>,
    /// How many days a new customer watches for nothing. Shown to clients only: whether a customer
    /// is in a trial Roku says. Left out of what is kept where there is none, so that functions of
    /// an earlier version read it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub free_days: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(days: &u32) -> bool {
    *days == 0
}

impl Offer {
    /// Roku's product for this offer: the one the catalog names, else the one the rule gives.
    pub fn roku_product(&self) -> RokuProductId {
        self.roku_product.clone().unwrap_or_else(|| self.id.default_roku_product())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> OfferId {
        OfferId::parse(text).unwrap()
    }

    #[test]
    fn an_underscore_becomes_a_hyphen_at_roku() {
        assert_eq!(id("S123456789_US").default_roku_product().as_str(), "S123456789-US");
    }

    #[test]
    fn an_id_without_country_means_the_offer_in_every_country() {
        assert!(id("S123456789").means(&id("S123456789_US")));
        assert!(id("S123456789_US").means(&id("S123456789_US")));
        assert!(!id("S123456789_DE").means(&id("S123456789_US")));
        assert!(!id("S123456789_US").means(&id("S123456789")));
    }

    #[test]
    fn an_id_says_its_kind_and_country() {
        assert_eq!((id("S123456789_US").kind(), id("S123456789_US").country()), ("S", Some("US")));
        assert_eq!((id("E123456789").kind(), id("E123456789").country()), ("E", None));
    }

    #[test]
    fn a_period_has_one_word_everywhere() {
        for period in [
            Period::Day,
            Period::Week,
            Period::TwoWeeks,
            Period::Month,
            Period::ThreeMonths,
            Period::SixMonths,
            Period::Year,
        ] {
            assert_eq!(serde_json::json!(period), period.as_str());
        }
    }

    #[test]
    fn what_is_no_offer_id_is_refused() {
        for text in ["", "S1 2", "S1/../x", "é", &"S".repeat(65)] {
            assert_eq!(OfferId::parse(text), Err(InvalidOfferId), "{text}");
        }
    }
}
