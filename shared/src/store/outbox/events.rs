//! The events of an item, and what the item knows.

use std::collections::HashSet;

use jiff::Timestamp;

use super::super::account_item::holder_in;
use super::super::receipts::KnownReceipt;
use super::super::{Item, StoreError, from_item, text};
use super::{EVENTS, Place};
use crate::domain::account::Account;
use crate::domain::event::message::{EventMessage, Source};
use crate::domain::event::row::Row;
use crate::domain::event::{Detail, Event, EventId};
use crate::domain::id::RokuCustomerId;
use crate::domain::publisher::Publisher;

/// Events that leave, each with its place in the list of its item.
#[derive(Debug)]
pub(super) struct Events {
    source: Source,
    events: Vec<(usize, Event)>,
}

impl Events {
    /// Those that the item has now and did not have before, if there are any.
    pub(super) fn read(
        place: &Place<'_>,
        new: Item,
        old: &Item,
    ) -> Result<Option<Self>, StoreError> {
        let all = events_in(&new)?;
        // Of what cannot be read in the old image it was told when that was the new one.
        let before = events_in(old).unwrap_or_default();
        let before: HashSet<&EventId> = before.iter().map(|event| &event.id).collect();
        let known_through = all.iter().map(|event| event.at).max().unwrap_or_default();
        let events = all.into_iter().enumerate();
        let events: Vec<_> = events.filter(|(_, event)| !before.contains(&event.id)).collect();
        if events.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { source: source(place, new, known_through)?, events }))
    }

    pub(super) fn details(&self, publisher: &Publisher) -> Vec<Detail> {
        let details = self.events.iter().map(|(place, event)| {
            let message = EventMessage::of(event, *place, &self.source, publisher);
            let row = Row::of(event, &message, publisher);
            Detail { event: Some(message), row }
        });
        details.collect()
    }
}

fn events_in(item: &Item) -> Result<Vec<Event>, StoreError> {
    serde_json::from_str(text(item, EVENTS)?).map_err(StoreError::corrupt)
}

/// What an item knows whose events are of `known_through` at the latest.
fn source(place: &Place<'_>, item: Item, known_through: Timestamp) -> Result<Source, StoreError> {
    let nothing =
        Source { roku_customer: None, holder: None, account: None, version: None, known_through };
    match (place.kind, place.rest) {
        ("ROKU", Some(roku_customer)) if place.sk == "ACCOUNT" => {
            account(place, roku_customer, item, known_through)
        }
        ("CUST", Some(_)) if place.sk.starts_with("RECEIPT#") => {
            let known: KnownReceipt = from_item(item)?;
            let holder = Some(known.receipt.customer);
            Ok(Source { roku_customer: known.roku_customer, holder, ..nothing })
        }
        ("ASIDE", None) if place.sk.starts_with("UNMAPPED#") => Ok(nothing),
        _ => Err(place.is_unknown()),
    }
}

/// The account as it was written, be it by these rules of the fold or by others.
fn account(
    place: &Place<'_>,
    roku_customer: &str,
    item: Item,
    known_through: Timestamp,
) -> Result<Source, StoreError> {
    let linked_to = text(&item, "linked_to").ok();
    let holder = linked_to.and_then(|link| holder_in(link, &place.publisher));
    let version = item.get("version").and_then(|version| version.as_n().ok()?.parse().ok());
    // The key of an id that is too long for one holds its hash.
    let roku_customer = Some(roku_customer).filter(|id| !id.starts_with("sha256:"));
    let account: Account = from_item(item)?;
    let folded_through = account.folded_through.as_ref().map(|fact| fact.time);
    Ok(Source {
        roku_customer: roku_customer.and_then(|id| RokuCustomerId::parse(id).ok()),
        holder,
        version,
        known_through: folded_through.map_or(known_through, |time| time.max(known_through)),
        account: Some(account),
    })
}
