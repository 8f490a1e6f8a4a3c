//! The delivery log: what each endpoint was told in the last thirty days, or is yet to be told.
//!
//! A delivery is found by time, newest first, and by its event: an item of its own leads from the
//! event to it and is written with it, so that an event that comes twice is told once.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use jiff::Timestamp;

use crate::domain::event::EventId;
use crate::domain::fact::later;
use crate::domain::id::PublisherId;
use crate::domain::webhook::EndpointId;
use crate::domain::webhook::delivery::{Delivery, DeliveryId, KEPT};
use crate::store::{EXPIRES_AT, Item, StoreError, Table, key, number, sortable, string, text};

/// What the sort keys of deliveries begin with.
const DELIVERY: &str = "DELIVERY#";
/// How many deliveries are read at once.
const PAGE: i32 = 100;
/// How often a delivery is written down before others are taken to be at it.
const MAX_ATTEMPTS: usize = 3;

/// Reads the delivery log, and writes it.
#[derive(Debug, Clone)]
pub struct Deliveries {
    table: Table,
}

/// A delivery, and which of its versions: it is written if nobody else has written it since.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// The delivery.
    pub delivery: Delivery,
    version: u64,
}

/// What became of an event that is to be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It is in the log now.
    New,
    /// It was in the log already.
    Known(Box<Versioned>),
}

impl Deliveries {
    /// The delivery log of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Writes a delivery down, unless its event is in the log.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn begin(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        delivery: &Delivery,
    ) -> Result<Told, StoreError> {
        let event = &delivery.message.id;
        let mut leader = event_key(publisher, endpoint, event);
        leader.insert("delivery".to_owned(), string(delivery.id().as_str()));
        leader.insert(EXPIRES_AT.to_owned(), expiry(delivery));
        let first = Versioned { delivery: delivery.clone(), version: 0 };
        let item = first.to_item(publisher, endpoint)?;
        for _ in 0..MAX_ATTEMPTS {
            // An event that is told again is the rule where something went wrong, and then a
            // transaction that fails is the dearer way to find out.
            if let Some(known) = self.of_event(publisher, endpoint, event).await? {
                return Ok(Told::Known(Box::new(known)));
            }
            let changes = [self.to_put_new(leader.clone())?, self.table.to_put(item.clone())?];
            if self.table.transact(changes).await? {
                return Ok(Told::New);
            }
        }
        Err(StoreError::Contended)
    }

    /// A delivery by its key; none where there is none any more.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        id: &DeliveryId,
    ) -> Result<Option<Versioned>, StoreError> {
        let item = self.table.get(&delivery_key(publisher, endpoint, id), true).await?;
        item.map(Versioned::read).transpose()
    }

    /// The delivery of an event; none where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of_event(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        event: &EventId,
    ) -> Result<Option<Versioned>, StoreError> {
        let leader = self.table.get(&event_key(publisher, endpoint, event), true).await?;
        let Some(leader) = leader else { return Ok(None) };
        let id = DeliveryId::from(text(&leader, "delivery")?.to_owned());
        self.find(publisher, endpoint, &id).await
    }

    /// A page of deliveries whose events came at `since` or later, newest first, and the key to go
    /// on after; none at the end.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn page(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        since: Option<Timestamp>,
        after: Option<&DeliveryId>,
    ) -> Result<(Vec<Versioned>, Option<DeliveryId>), StoreError> {
        let first = since.map_or_else(String::new, sortable);
        let query = self.table.client.query().table_name(&self.table.name);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", string(pk(publisher, endpoint)))
            .expression_attribute_values(":first", string(format!("{DELIVERY}{first}")))
            .expression_attribute_values(":last", string(format!("{DELIVERY}~")))
            .scan_index_forward(false)
            .limit(PAGE)
            .set_exclusive_start_key(after.map(|id| delivery_key(publisher, endpoint, id)));
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        let found = answer.items.unwrap_or_default().into_iter().map(Versioned::read);
        let found = found.collect::<Result<_, _>>()?;
        let last = answer.last_evaluated_key;
        let next = last.map(|last| text(&last, "sk").map(id_in)).transpose()?;
        Ok((found, next))
    }

    /// Writes what became of a delivery. Gives its next version; none where somebody else wrote it.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn save(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        seen: &Versioned,
        delivery: Delivery,
    ) -> Result<Option<Versioned>, StoreError> {
        let next = Versioned { delivery, version: seen.version + 1 };
        let values = Item::from([(":seen".to_owned(), number(seen.version))]);
        let item = next.to_item(publisher, endpoint)?;
        let written = self.table.put_if(item, "version = :seen", Some(values)).await?;
        Ok(written.map(|_| next))
    }

    fn to_put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build())
    }
}

impl Versioned {
    fn read(item: Item) -> Result<Self, StoreError> {
        let delivery = serde_json::from_str(text(&item, "delivery")?);
        let version = item.get("version").and_then(|version| version.as_n().ok());
        let version = version.and_then(|version| version.parse().ok());
        Ok(Self {
            delivery: delivery.map_err(StoreError::corrupt)?,
            version: version.ok_or_else(|| StoreError::corrupt("a delivery without a version"))?,
        })
    }

    fn to_item(&self, publisher: &PublisherId, endpoint: &EndpointId) -> Result<Item, StoreError> {
        let text = serde_json::to_string(&self.delivery).map_err(StoreError::corrupt)?;
        let mut item = delivery_key(publisher, endpoint, &self.delivery.id());
        item.insert("delivery".to_owned(), string(text));
        item.insert("version".to_owned(), number(self.version));
        item.insert(EXPIRES_AT.to_owned(), expiry(&self.delivery));
        Ok(item)
    }
}

fn expiry(delivery: &Delivery) -> AttributeValue {
    number(later(delivery.created_at, KEPT).as_second())
}

fn pk(publisher: &PublisherId, endpoint: &EndpointId) -> String {
    format!("WEBHOOK#{publisher}#{endpoint}")
}

fn delivery_key(publisher: &PublisherId, endpoint: &EndpointId, id: &DeliveryId) -> Item {
    key(&pk(publisher, endpoint), &format!("{DELIVERY}{id}"))
}

fn event_key(publisher: &PublisherId, endpoint: &EndpointId, event: &EventId) -> Item {
    key(&pk(publisher, endpoint), &format!("EVENT#{event}"))
}

fn id_in(sk: &str) -> DeliveryId {
    DeliveryId::from(sk.strip_prefix(DELIVERY).unwrap_or(sk).to_owned())
}
