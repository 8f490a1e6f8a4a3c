//! Roku products that no offer of the catalog stood for when something was told of them: notes for
//! the operator.

use std::time::Duration;

use jiff::Timestamp;

use super::{Item, StoreError, Table, aside_pk, in_key, key, note, outbox, sortable, string, text};
use crate::cache::Cache;
use crate::domain::event::{Event, EventId, What};
use crate::domain::id::{PublisherId, RokuProductId};
use crate::domain::publisher::Publisher;
use crate::metrics::count_unmapped;

/// What the sort keys begin with.
const PREFIX: &str = "UNMAPPED#";
/// A product is noted this often at most by each running function.
const PAUSE: Duration = Duration::from_secs(60);

/// Notes products that nobody mapped.
#[derive(Debug)]
pub struct UnmappedProducts {
    table: Table,
    noted: Cache<(PublisherId, RokuProductId), ()>,
}

/// A product that was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedProduct {
    /// Roku's code for it.
    pub product: RokuProductId,
    /// When something was last told of it and no offer stood for it.
    pub last_seen: Timestamp,
}

impl UnmappedProducts {
    /// The notes of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), noted: Cache::new(PAUSE) }
    }

    /// Counts and notes a product that no offer of the catalog stands for. Never fails, and takes
    /// half a second at most: to be run beside what matters.
    pub async fn note_if_unmapped(
        &self,
        publisher: &Publisher,
        product: Option<&RokuProductId>,
        now: Timestamp,
    ) {
        let is_unmapped = |product: &&RokuProductId| publisher.catalog.offer_of(product).is_none();
        let Some(product) = product.filter(is_unmapped) else { return };
        count_unmapped(product);
        if self.noted.put_if_stale((publisher.id.clone(), product.clone()), ()) {
            note::put(&self.table, item(&publisher.id, product, now)).await;
        }
    }

    /// All that were noted for a publisher, those among them that were mapped since.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn all(&self, publisher: &PublisherId) -> Result<Vec<UnmappedProduct>, StoreError> {
        let items = self.table.all_beginning(string(aside_pk(publisher)), PREFIX).await?;
        items.iter().map(UnmappedProduct::read).collect()
    }
}

impl UnmappedProduct {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let product = RokuProductId::parse(text(item, "product")?).map_err(StoreError::corrupt)?;
        let last_seen = text(item, "last_seen")?.parse().map_err(StoreError::corrupt)?;
        Ok(Self { product, last_seen })
    }
}

fn item(publisher: &PublisherId, product: &RokuProductId, now: Timestamp) -> Item {
    let mut item = key(&aside_pk(publisher), &format!("{PREFIX}{}", in_key(product.as_str())));
    item.insert("product".to_owned(), string(product.as_str()));
    item.insert("last_seen".to_owned(), string(sortable(now)));
    if let Ok(events) = outbox::value(&[unmapped(publisher, product, now)]) {
        item.insert(outbox::EVENTS.to_owned(), events);
    }
    item
}

/// Told once, as long as the note is kept: each later note has the same event.
fn unmapped(publisher: &PublisherId, product: &RokuProductId, now: Timestamp) -> Event {
    let what = What::ProductUnmapped;
    Event {
        id: EventId::of(publisher, product.as_str(), what.kind().as_str(), &[]),
        what,
        at: now,
        purchase: None,
        product: Some(product.clone()),
        term_ends_at: None,
        channel: None,
    }
}
