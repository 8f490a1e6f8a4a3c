//! What a publisher can mean, and most likely does not: settings and offers that work against each
//! other.

use std::collections::HashSet;
use std::fmt;

use super::catalog::Catalog;
use super::offer::{Offer, OfferId};
use super::publisher::{Publisher, Settings};

/// By then Roku has been asked about a renewal many times.
const LONGEST_LEEWAY_HOURS: u16 = 72;

/// Something that is allowed and should be looked at. Its text says what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contradiction {
    /// Whoever knows a transaction gets the API key (`roku-pay.md` §0).
    UnsignedPushes,
    /// Nothing keeps access while a renewal is late.
    NoPatience,
    /// Who has stopped paying goes on watching for this many hours.
    LongLeeway(u16),
    /// A channel is named more than once.
    ChannelTwice(String),
    /// A subscription that is never renewed.
    NoPeriod(OfferId),
    /// What is bought once opens by its tags, and has none.
    NoTags(OfferId),
    /// Neither of two plans is the higher one.
    SameRank {
        /// Their group.
        group: String,
        /// The plan that stands first.
        first: OfferId,
        /// The plan that stands second.
        second: OfferId,
    },
    /// The rest of one plan cannot be credited to the other.
    OtherCurrency {
        /// Their group.
        group: String,
        /// The plan that stands first.
        first: OfferId,
        /// The plan that stands second.
        second: OfferId,
    },
}

/// Everything of a publisher that should be looked at: its settings, then its offers.
pub fn contradictions(publisher: &Publisher) -> Vec<Contradiction> {
    let mut found = of_settings(&publisher.settings);
    found.extend(of_offers(&publisher.catalog));
    found
}

/// What of the settings should be looked at.
pub fn of_settings(settings: &Settings) -> Vec<Contradiction> {
    let mut found = Vec::new();
    if settings.unsigned_pushes {
        found.push(Contradiction::UnsignedPushes);
    }
    if settings.grace().is_zero() && settings.renewal_leeway().is_zero() {
        found.push(Contradiction::NoPatience);
    }
    if settings.renewal_leeway_hours > LONGEST_LEEWAY_HOURS {
        found.push(Contradiction::LongLeeway(settings.renewal_leeway_hours));
    }
    let (mut seen, mut told) = (HashSet::new(), HashSet::new());
    for channel in &settings.channels {
        if !seen.insert(channel) && told.insert(channel) {
            found.push(Contradiction::ChannelTwice(channel.clone()));
        }
    }
    found
}

/// What of the offers should be looked at, in the catalog's order.
pub fn of_offers(catalog: &Catalog) -> Vec<Contradiction> {
    let offers = catalog.offers();
    let mut found = Vec::new();
    for (index, offer) in offers.iter().enumerate() {
        if offer.id.is_subscription() && offer.period.is_none() {
            found.push(Contradiction::NoPeriod(offer.id.clone()));
        }
        if !offer.id.is_subscription() && offer.tags.is_empty() {
            found.push(Contradiction::NoTags(offer.id.clone()));
        }
        for earlier in &offers[..index] {
            found.extend(between(earlier, offer));
        }
    }
    found
}

/// What is wrong between two plans that a customer may move between: of one group, in one country.
fn between(first: &Offer, second: &Offer) -> Vec<Contradiction> {
    let Some(group) = first.group.clone().filter(|group| second.group.as_ref() == Some(group))
    else {
        return Vec::new();
    };
    let countries = (first.id.country(), second.id.country());
    if matches!(countries, (Some(one), Some(other)) if one != other) {
        return Vec::new();
    }
    let ids = || (group.clone(), first.id.clone(), second.id.clone());
    let mut found = Vec::new();
    if first.rank == second.rank {
        let (group, first, second) = ids();
        found.push(Contradiction::SameRank { group, first, second });
    }
    if first.currency != second.currency {
        let (group, first, second) = ids();
        found.push(Contradiction::OtherCurrency { group, first, second });
    }
    found
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsignedPushes => f.write_str(
                "unsigned_pushes is on: whoever knows a transaction gets your API key; turn it off \
                 unless a test rig needs it",
            ),
            Self::NoPatience => f.write_str(
                "grace_days and renewal_leeway_hours are both 0: a renewal that Roku reports a \
                 minute late locks its customer out; set renewal_leeway_hours to 6 or so",
            ),
            Self::LongLeeway(hours) => write!(
                f,
                "renewal_leeway_hours is {hours}: who has stopped paying watches for that long; \
                 {LONGEST_LEEWAY_HOURS} is plenty",
            ),
            Self::ChannelTwice(channel) => {
                write!(f, "channel {channel} is named twice: name the one that was meant")
            }
            Self::NoPeriod(offer) => write!(
                f,
                "offer {offer} is a subscription without a period: say how often it is charged",
            ),
            Self::NoTags(offer) => write!(
                f,
                "offer {offer} is no subscription and has no tags: holders of a plan cannot open \
                 it; give it a tag unless it is to be bought alone",
            ),
            Self::SameRank { group, first, second } => write!(
                f,
                "offers {first} and {second} of group {group} have the same rank: neither is the \
                 upgrade; give the higher plan the higher rank",
            ),
            Self::OtherCurrency { group, first, second } => write!(
                f,
                "offers {first} and {second} of group {group} have different currencies: what is \
                 left of one cannot be credited to the other; use one currency in a country",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::offer::Period;
    use crate::domain::publisher::GraceDays;
    use crate::domain::samples;

    fn plan(id: &str, rank: u32) -> Offer {
        let (group, period) = (Some("plans".to_owned()), Some(Period::Month));
        Offer { rank, group, period, ..samples::offer(id, &[]) }
    }

    fn told(offers: Vec<Offer>) -> Vec<String> {
        of_offers(&Catalog::new(offers).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn offers_that_work_against_each_other_are_told_by_name() {
        let mark = Offer { currency: "EUR".to_owned(), ..plan("S2_US", 2) };
        for (offers, expected) in [
            (vec![plan("S1_US", 1), plan("S2_US", 2)], &[][..]),
            (
                vec![Offer { period: None, ..plan("S1_US", 1) }],
                &["S1_US is a subscription without"],
            ),
            (
                vec![samples::offer("A1_US", &[])],
                &["offer A1_US is no subscription and has no tags"],
            ),
            (
                vec![plan("S1_US", 1), plan("S2_US", 1), plan("S3_US", 2)],
                &["offers S1_US and S2_US of group plans have the same rank"],
            ),
            (vec![plan("S1_US", 1), mark.clone()], &["different currencies"]),
            (
                vec![plan("S1", 1), Offer { rank: 1, ..mark }],
                &["have the same rank", "different currencies"],
            ),
        ] {
            let told = told(offers);
            assert_eq!(told.len(), expected.len(), "{told:?}");
            for (told, expected) in told.iter().zip(expected) {
                assert!(told.contains(expected), "{told}");
            }
        }
    }

    #[test]
    fn the_same_plan_in_another_country_contradicts_nothing() {
        let mark = Offer { currency: "EUR".to_owned(), ..plan("S1_DE", 1) };
        assert_eq!(told(vec![plan("S1_US", 1), mark]), [""; 0]);
        let other = Offer { group: Some("sports".to_owned()), ..plan("S2_US", 1) };
        assert_eq!(told(vec![plan("S1_US", 1), other]), [""; 0], "nor does another group");
    }

    #[test]
    fn settings_that_nobody_means_are_told() {
        let sound = || Settings::of_channels(vec!["1".to_owned()]);
        let no_grace = GraceDays::try_from(0).unwrap();
        let channels = ["1", "2", "1", "1"].map(str::to_owned).to_vec();
        for (settings, expected) in [
            (sound(), vec![]),
            (Settings { revoke_on_chargeback: true, ..sound() }, vec![]),
            (Settings { unsigned_pushes: true, ..sound() }, vec![Contradiction::UnsignedPushes]),
            (Settings { grace_days: no_grace, ..sound() }, vec![]),
            (Settings { renewal_leeway_hours: 0, ..sound() }, vec![]),
            (
                Settings { grace_days: no_grace, renewal_leeway_hours: 0, ..sound() },
                vec![Contradiction::NoPatience],
            ),
            (Settings { renewal_leeway_hours: 72, ..sound() }, vec![]),
            (Settings { renewal_leeway_hours: 73, ..sound() }, vec![Contradiction::LongLeeway(73)]),
            (Settings { channels, ..sound() }, vec![Contradiction::ChannelTwice("1".to_owned())]),
        ] {
            assert_eq!(of_settings(&settings), expected, "{settings:?}");
        }
    }
}
