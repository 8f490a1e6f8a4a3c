//! Events on their way out: kept on the item that they happened to, in the write that changed it, so
//! that nothing is lost between state and event. The table's stream carries them on; the next write
//! of the item takes their place.
//!
//! A record of the stream has the item before and after a write. What leaves is what the item says
//! after it and did not say before: a write that leaves the events as they are, the mark of a fact
//! for one, makes a record too, and nothing leaves with it.

mod checks;
mod events;

use aws_lambda_events::event::dynamodb::StreamRecord;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, StoreError, string, text};
use crate::domain::event::{Detail, Event};
use crate::domain::id::PublisherId;
use crate::domain::publisher::Publisher;

use checks::Checks;
use events::Events;

/// The attribute that holds them: a text, JSON, so that a filter of the stream can ask for it.
pub(super) const EVENTS: &str = "events";

/// The same for counts of access checks.
const ENGAGED: &str = "engaged";

/// What the attribute says.
pub(super) fn value(events: &[Event]) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(events).map(string).map_err(StoreError::corrupt)
}

/// What leaves the stack with one record of the stream.
#[derive(Debug)]
pub struct Leaving {
    publisher: PublisherId,
    what: What,
}

#[derive(Debug)]
enum What {
    Events(Box<Events>),
    Checks(Checks),
}

impl Leaving {
    /// Reads a record; none where nothing leaves with it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something would and the record is not as this program writes it.
    pub fn read(record: &StreamRecord) -> Result<Option<Self>, StoreError> {
        let [key, new, old]: [Item; 3] =
            [&record.keys, &record.new_image, &record.old_image].map(|item| item.clone().into());
        if !new.contains_key(EVENTS) && !new.contains_key(ENGAGED) {
            return Ok(None);
        }
        let (pk, sk) = (text(&key, "pk")?, text(&key, "sk")?);
        let place = Place::read(pk, sk)?;
        let what = if new.contains_key(EVENTS) {
            Events::read(&place, new, &old)?.map(|events| What::Events(Box::new(events)))
        } else {
            Checks::read(&place, &new, &old)?.map(What::Checks)
        };
        Ok(what.map(|what| Self { publisher: place.publisher, what }))
    }

    /// Whose it is.
    pub fn publisher(&self) -> &PublisherId {
        &self.publisher
    }

    /// What goes on the bus, in its order.
    pub fn details(&self, publisher: &Publisher) -> Vec<Detail> {
        match &self.what {
            What::Events(events) => events.details(publisher),
            What::Checks(checks) => checks.details(&publisher.id),
        }
    }
}

/// Which item it is, by its key: `{kind}#{publisher}#{rest}`, and a sort key.
#[derive(Debug)]
struct Place<'a> {
    kind: &'a str,
    publisher: PublisherId,
    rest: Option<&'a str>,
    sk: &'a str,
}

impl<'a> Place<'a> {
    fn read(pk: &'a str, sk: &'a str) -> Result<Self, StoreError> {
        let mut parts = pk.splitn(3, '#');
        let mut part = || parts.next();
        let (kind, publisher) = (part().unwrap_or_default(), part().unwrap_or_default());
        let publisher = PublisherId::parse(publisher).map_err(StoreError::corrupt)?;
        Ok(Self { kind, publisher, rest: part(), sk })
    }

    /// Nothing of this program leaves from such an item.
    fn is_unknown(&self) -> StoreError {
        let sort = self.sk.split('#').next().unwrap_or_default();
        StoreError::corrupt(format!("nothing leaves from items {}#…, {sort}", self.kind))
    }
}

#[cfg(test)]
mod tests;
