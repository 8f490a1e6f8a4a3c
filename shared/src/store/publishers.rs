//! Publishers and their catalogs: one query each, remembered for a minute. Beside each catalog
//! stands which of its offers are the publisher's, for callers who name an offer and nobody whose
//! it is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use super::{Item, StoreError, Table, from_item, key, string, text, to_item};
use crate::cache::Cache;
use crate::domain::catalog::Catalog;
use crate::domain::id::PublisherId;
use crate::domain::offer::{Offer, OfferId};
use crate::domain::publisher::Publisher;

/// How long a publisher's settings and catalog are used before they are read again.
const FRESH: Duration = Duration::from_secs(60);

/// DynamoDB takes no more in one transaction.
const MAX_CHANGES_AT_ONCE: usize = 100;

/// Cleeng's offer ids are nobody else's; where publishers make up their own, so many are told
/// apart.
const MAX_SELLERS: i32 = 10;

/// Reads publishers, and lets the operator's tool save them.
#[derive(Debug)]
pub struct Publishers {
    table: Table,
    cache: Cache<PublisherId, Arc<Publisher>>,
}

impl Publishers {
    /// The publishers of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), cache: Cache::new(FRESH) }
    }

    /// A publisher, or none of that id.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read or holds what is no catalog.
    pub async fn find(&self, id: &PublisherId) -> Result<Option<Arc<Publisher>>, StoreError> {
        if let Some(publisher) = self.cache.get(id) {
            return Ok(Some(publisher));
        }
        let Some(publisher) = self.read(id).await? else {
            return Ok(None);
        };
        let publisher = Arc::new(publisher);
        self.cache.put(id.clone(), Arc::clone(&publisher));
        Ok(Some(publisher))
    }

    async fn read(&self, id: &PublisherId) -> Result<Option<Publisher>, StoreError> {
        let (mut settings, mut offers) = (None, Vec::new());
        for mut item in self.items(id).await? {
            let body = from_map(&mut item)?;
            match text(&item, "sk")? {
                "PUBLISHER" => settings = Some(from_item(body)?),
                _ => offers.push(from_item::<Offer>(body)?),
            }
        }
        let Some(settings) = settings else {
            return Ok(None);
        };
        let catalog = Catalog::new(offers).map_err(StoreError::corrupt)?;
        Ok(Some(Publisher { id: id.clone(), settings, catalog }))
    }

    async fn items(&self, id: &PublisherId) -> Result<Vec<Item>, StoreError> {
        let pages = self.table.client.query().table_name(&self.table.name);
        let pages = pages.key_condition_expression("pk = :pk");
        let pages = pages.expression_attribute_values(":pk", string(format!("PUB#{id}")));
        let items = pages.into_paginator().items().send().collect::<Result<_, _>>().await;
        items.map_err(StoreError::unavailable)
    }

    /// The publishers that sell an offer, in whichever countries.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn that_sell(&self, offer: &OfferId) -> Result<Vec<Arc<Publisher>>, StoreError> {
        let query = self.table.client.query().table_name(&self.table.name).limit(MAX_SELLERS);
        let query = query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", string(sold_as(offer.main_id())));
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        let mut sellers = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let id = text(&item, "sk")?.trim_start_matches("PUB#");
            let id = PublisherId::parse(id).map_err(StoreError::corrupt)?;
            if let Some(publisher) = self.find(&id).await?
                && publisher.catalog.offers_meant_by(offer).next().is_some()
            {
                sellers.push(publisher);
            }
        }
        Ok(sellers)
    }

    /// Saves a publisher's settings and catalog, and removes the offers that the catalog no longer
    /// has: all at once for up to 49 offers, in steps of a hundred items beyond. A reader may meet
    /// a mixture for a moment.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written; what was written until then stays.
    pub async fn save(&self, publisher: &Publisher) -> Result<(), StoreError> {
        let pk = format!("PUB#{}", publisher.id);
        let settings = with_map(key(&pk, "PUBLISHER"), to_item(&publisher.settings)?);
        let mut changes = vec![self.put(settings)?];
        let (mut kept, mut main_ids) = (Vec::new(), BTreeSet::new());
        for offer in publisher.catalog.offers() {
            let sk = format!("OFFER#{}", offer.id);
            changes.push(self.put(with_map(key(&pk, &sk), to_item(offer)?))?);
            kept.push(sk);
            if main_ids.insert(offer.id.main_id()) {
                changes.push(self.put(key(&sold_as(offer.id.main_id()), &pk))?);
            }
        }
        let mut withdrawn = BTreeSet::new();
        for item in self.items(&publisher.id).await? {
            let sk = text(&item, "sk")?;
            if sk.starts_with("OFFER#") && !kept.iter().any(|kept| kept == sk) {
                changes.push(self.delete(key(&pk, sk))?);
                let main_id = sk.trim_start_matches("OFFER#").split('_').next().unwrap_or_default();
                if !main_ids.contains(main_id) && withdrawn.insert(main_id.to_owned()) {
                    changes.push(self.delete(key(&sold_as(main_id), &pk))?);
                }
            }
        }
        for step in changes.chunks(MAX_CHANGES_AT_ONCE) {
            if !self.table.transact(step.to_vec()).await? {
                return Err(StoreError::Contended);
            }
        }
        Ok(())
    }

    fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build())
    }

    fn delete(&self, key: Item) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&self.table.name).set_key(Some(key)).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(StoreError::unavailable)?).build())
    }
}

/// The partition of the publishers that sell an offer.
fn sold_as(main_id: &str) -> String {
    format!("OFFER#{main_id}")
}

fn with_map(mut item: Item, body: Item) -> Item {
    item.insert("body".to_owned(), AttributeValue::M(body));
    item
}

fn from_map(item: &mut Item) -> Result<Item, StoreError> {
    match item.remove("body") {
        Some(AttributeValue::M(body)) => Ok(body),
        _ => Err(StoreError::corrupt("no body")),
    }
}
