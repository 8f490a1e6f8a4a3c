//! Access checks that were granted: how many to each customer on a day. Reports are made of them, and
//! no webhook is sent one.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::super::{Item, StoreError, text};
use super::{ENGAGED, Place};
use crate::domain::event::row::{Row, WATCHED};
use crate::domain::event::{Detail, EventId};
use crate::domain::id::{CustomerId, PublisherId};

/// Checks that were counted with one write.
#[derive(Debug)]
pub(super) struct Checks {
    day: Date,
    counted: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    id: EventId,
    customer: CustomerId,
    checks: u64,
}

impl Checks {
    /// Those that the item counts now and did not count before, if there are any.
    pub(super) fn read(
        place: &Place<'_>,
        new: &Item,
        old: &Item,
    ) -> Result<Option<Self>, StoreError> {
        let ("ENGAGED", Some(day)) = (place.kind, place.rest) else {
            return Err(place.is_unknown());
        };
        let day: Date = day.parse().map_err(StoreError::corrupt)?;
        let before = counts_in(old).unwrap_or_default();
        let counted = counts_in(new)?.into_iter().filter_map(|(customer, count)| {
            let more = count.saturating_sub(before.get(&customer).copied().unwrap_or_default());
            // Of a record that comes twice the ids are the same, of another write they are not.
            let day = day.to_string();
            let by = [&day, place.sk, &count.to_string()];
            let id = EventId::of(&place.publisher, customer.as_str(), WATCHED, &by);
            (more > 0).then_some(Counted { id, customer, checks: more })
        });
        let counted: Vec<_> = counted.collect();
        Ok((!counted.is_empty()).then_some(Self { day, counted }))
    }

    pub(super) fn details(&self, publisher: &PublisherId) -> Vec<Detail> {
        let rows = self.counted.iter().map(|Counted { id, customer, checks }| {
            Row::watched(id, publisher, customer, self.day, *checks)
        });
        rows.map(|row| Detail { event: None, row }).collect()
    }
}

fn counts_in(item: &Item) -> Result<BTreeMap<CustomerId, u64>, StoreError> {
    serde_json::from_str(text(item, ENGAGED)?).map_err(StoreError::corrupt)
}
