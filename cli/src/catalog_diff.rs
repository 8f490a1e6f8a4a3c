//! What applying a catalog would change.

use serde::Serialize;
use usher::domain::id::PublisherId;
use usher::domain::offer::{Offer, OfferId};
use usher::domain::publisher::Publisher;

use crate::field_change::{FieldChange, field_changes};

/// The difference between a publisher as the table holds it and as a catalog would make it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CatalogDiff {
    /// Whose.
    publisher_id: PublisherId,
    /// Whether the table holds nothing of it.
    is_new: bool,
    /// The settings that change.
    settings: Vec<FieldChange>,
    /// The offers that come, in the order of the catalog.
    added: Vec<OfferId>,
    /// The offers that go.
    removed: Vec<OfferId>,
    /// The offers that stay and change.
    changed: Vec<OfferChange>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct OfferChange {
    offer: OfferId,
    fields: Vec<FieldChange>,
}

impl CatalogDiff {
    /// What becomes different when `new` takes the place of `old`. The order of offers is not kept
    /// in the table, and makes no difference.
    pub(crate) fn between(old: Option<&Publisher>, new: &Publisher) -> Self {
        let sold = old.map_or(&[][..], |old| old.catalog.offers());
        let offers = new.catalog.offers();
        let added = offers.iter().filter(|offer| same_of(sold, offer).is_none());
        let removed = sold.iter().filter(|offer| same_of(offers, offer).is_none());
        let changed = offers.iter().filter_map(|new| offer_change(same_of(sold, new)?, new));
        Self {
            publisher_id: new.id.clone(),
            is_new: old.is_none(),
            settings: field_changes(old.map(|old| &old.settings), &new.settings),
            added: added.map(|offer| offer.id.clone()).collect(),
            removed: removed.map(|offer| offer.id.clone()).collect(),
            changed: changed.collect(),
        }
    }

    /// Whether nothing would change.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { settings, added, removed, changed, .. } = self;
        let nothing = settings.is_empty() && added.is_empty();
        !self.is_new && nothing && removed.is_empty() && changed.is_empty()
    }

    /// One line for each change: `+` for what comes, `-` for what goes, `~` for what is other.
    pub(crate) fn in_text(&self) -> String {
        let mut lines = Vec::new();
        if self.is_new {
            lines.push(format!("+ publisher {}", self.publisher_id));
        }
        lines.extend(self.settings.iter().map(|change| format!("~ settings.{change}")));
        lines.extend(self.added.iter().map(|offer| format!("+ offer {offer}")));
        lines.extend(self.removed.iter().map(|offer| format!("- offer {offer}")));
        for OfferChange { offer, fields } in &self.changed {
            lines.extend(fields.iter().map(|change| format!("~ offer {offer}, {change}")));
        }
        if lines.is_empty() {
            lines.push("nothing changes".to_owned());
        }
        lines.join("\n")
    }
}

fn same_of<'a>(offers: &'a [Offer], offer: &Offer) -> Option<&'a Offer> {
    offers.iter().find(|other| other.id == offer.id)
}

/// Two ways to write one price are no change.
fn offer_change(old: &Offer, new: &Offer) -> Option<OfferChange> {
    if old == new {
        return None;
    }
    let price = if old.price == new.price { old.price } else { new.price };
    let new = Offer { price, ..new.clone() };
    Some(OfferChange { offer: new.id.clone(), fields: field_changes(Some(old), &new) })
}

#[cfg(test)]
mod tests {
    use usher::domain::catalog::Catalog;

    use super::*;
    use crate::catalog_file;

    fn with(change: impl FnOnce(&mut Vec<Offer>)) -> Publisher {
        let demo = catalog_file::demo().unwrap();
        let mut offers = demo.catalog.offers().to_vec();
        change(&mut offers);
        Publisher { catalog: Catalog::new(offers).unwrap(), ..demo }
    }

    fn told(old: &Publisher, new: &Publisher) -> String {
        CatalogDiff::between(Some(old), new).in_text()
    }

    #[test]
    fn what_comes_what_goes_and_what_is_other() {
        let (demo, basic) = (with(|_| ()), "S123456789_US");
        for (new, expected) in [
            (with(|offers| offers.reverse()), "nothing changes"),
            (with(|offers| offers[0].price = "7.990".parse().unwrap()), "nothing changes"),
            (with(|offers| drop(offers.remove(2))), "- offer S323456789_US"),
            (
                with(|offers| {
                    offers[0].price = "8.99".parse().unwrap();
                    offers[0].tags.clear();
                }),
                &format!(
                    "~ offer {basic}, price: 7.99 → 8.99\n~ offer {basic}, tags: basic → none"
                ),
            ),
            (
                with(|offers| offers[1].id = OfferId::parse("S9").unwrap()),
                "+ offer S9\n- offer S223456789_US",
            ),
        ] {
            assert_eq!(told(&demo, &new), expected);
            assert_eq!(
                CatalogDiff::between(Some(&demo), &new).is_empty(),
                expected == "nothing changes"
            );
        }
        let mut settings = demo.clone();
        settings.settings.channels.push("2".to_owned());
        assert_eq!(told(&demo, &settings), "~ settings.channels: 1143791 → 1143791, 2");
    }

    #[test]
    fn a_publisher_that_is_not_there_is_all_new() {
        let diff = CatalogDiff::between(None, &with(|offers| offers.truncate(1)));
        assert!(!diff.is_empty());
        let told = diff.in_text();
        for line in ["+ publisher 123456789", "settings.grace_days: none → 3", "+ offer S1"] {
            assert!(told.contains(line), "{told}");
        }
    }
}
