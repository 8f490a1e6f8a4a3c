//! From where each customer watches: one item for their addresses and one for their devices, of
//! which only hashes are kept. An item goes when nothing in it is held any more.

use std::num::NonZeroU16;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{EXPIRES_AT, Item, StoreError, Table, customer_pk, key, number};
use crate::domain::id::{CustomerId, PublisherId};
use crate::domain::simultaneous::{Admission, Fingerprint, Kind, Place, Places};

/// How often the places are written before who wants in is let in unwritten. An attempt fails where
/// another succeeds, and where `n` are allowed only `n` new places succeed: up to seven are counted
/// exactly.
const MAX_ATTEMPTS: u32 = 8;
/// The pause after the first attempt; it grows by as much with each.
const PAUSE: Duration = Duration::from_millis(5);

/// Knows from where customers watch.
#[derive(Debug)]
pub struct Simultaneous {
    table: Table,
}

/// What is kept of a customer's places of one kind, and the place that they want in from.
#[derive(Debug)]
pub struct Looked {
    key: Item,
    place: Fingerprint,
    kept: Kept,
}

#[derive(Debug)]
struct Kept {
    places: Places,
    /// Counts the writes; none where there is no item.
    version: Option<u64>,
}

/// Whether somebody may watch from where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They may, and the place is held for them.
    Admitted,
    /// They may not.
    Refused,
}

impl Simultaneous {
    /// The places in a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Looks up from where a customer watches: one read, which changes nothing. It may be a moment
    /// old: [`admit`](Self::admit) finds out.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn look_up(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
        place: &Place,
    ) -> Result<Looked, StoreError> {
        let key = places_key(publisher, customer, place.kind());
        let kept = self.read(&key, false).await?;
        Ok(Looked { key, place: place.fingerprint(publisher, customer), kept })
    }

    /// Lets somebody in, if the place is held already or fewer than `limit` are. However many want
    /// in at once, no more get a place; only where others wrote the item under every attempt is
    /// somebody let in without one.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn admit(
        &self,
        looked: Looked,
        limit: NonZeroU16,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let Looked { key, place, mut kept } = looked;
        for attempt in 1..=MAX_ATTEMPTS {
            match kept.places.admit(&place, limit, now) {
                Admission::Known => return Ok(Answer::Admitted),
                Admission::Refused => return Ok(Answer::Refused),
                Admission::Noted(after) => {
                    if self.write(&key, &after, kept.version).await? {
                        return Ok(Answer::Admitted);
                    }
                }
            }
            tokio::time::sleep(PAUSE * attempt).await;
            kept = self.read(&key, true).await?;
        }
        Ok(Answer::Admitted)
    }

    async fn read(&self, key: &Item, consistent: bool) -> Result<Kept, StoreError> {
        let Some(item) = self.table.get(key, consistent).await? else {
            return Ok(Kept { places: Places::default(), version: None });
        };
        let version = item.get("version").and_then(|value| value.as_n().ok()?.parse().ok());
        let version = version.ok_or_else(|| StoreError::corrupt("no version"))?;
        Ok(Kept { places: places_in(&item)?, version: Some(version) })
    }

    /// Writes the places; says whether nobody else did since they were read.
    async fn write(
        &self,
        key: &Item,
        places: &Places,
        version: Option<u64>,
    ) -> Result<bool, StoreError> {
        let mut item = key.clone();
        let noted = places
            .noted()
            .map(|(place, at)| (place.as_str().to_owned(), number(at.as_second())))
            .collect();
        item.insert("noted_at".to_owned(), AttributeValue::M(noted));
        item.insert("version".to_owned(), number(version.unwrap_or_default() + 1));
        if let Some(until) = places.held_until() {
            item.insert(EXPIRES_AT.to_owned(), number(until.as_second()));
        }
        let condition =
            if version.is_some() { "version = :read" } else { "attribute_not_exists(pk)" };
        let read = version.map(|version| Item::from([(":read".to_owned(), number(version))]));
        Ok(self.table.put_if(item, condition, read).await?.is_some())
    }
}

/// The keys of what is kept of a customer's places.
pub(super) fn all_keys(publisher: &PublisherId, customer: &CustomerId) -> [Item; 2] {
    [Kind::Address, Kind::Device].map(|kind| places_key(publisher, customer, kind))
}

fn places_key(publisher: &PublisherId, customer: &CustomerId, kind: Kind) -> Item {
    let sk = match kind {
        Kind::Address => "ADDRESSES",
        Kind::Device => "DEVICES",
    };
    key(&customer_pk(publisher, customer), sk)
}

fn places_in(item: &Item) -> Result<Places, StoreError> {
    let noted = item.get("noted_at").and_then(|value| value.as_m().ok());
    let noted = noted.ok_or_else(|| StoreError::corrupt("no noted_at"))?.iter();
    let places = noted.map(|(place, at)| {
        let at = at.as_n().ok().and_then(|seconds| seconds.parse().ok());
        let at = at.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let at = at.ok_or_else(|| StoreError::corrupt("a place without a date"))?;
        Ok((Fingerprint::kept(place.clone()), at))
    });
    places.collect::<Result<Vec<_>, StoreError>>().map(Places::new)
}
