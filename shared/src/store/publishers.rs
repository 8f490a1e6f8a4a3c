//! Publishers and their catalogs: one query each, remembered for a minute. Beside each catalog
//! stands which of its offers are the publisher's, for callers who name an offer and nobody whose
//! it is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::identity_providers::IdentityProviders;
use super::{Item, StoreError, Table, from_item, key, string, text, to_item};
use crate::cache::Cache;
use crate::domain::catalog::Catalog;
use crate::domain::id::PublisherId;
use crate::domain::offer::{Offer, OfferId};
use crate::domain::publisher::{IdentityProvider, Publisher, Settings};

/// How long a publisher's settings and catalog are used before they are read again.
const FRESH: Duration = Duration::from_secs(60);

/// DynamoDB takes no more in one transaction.
const MAX_CHANGES_AT_ONCE: usize = 100;

/// What the sort keys of offers begin with.
const OFFER: &str = "OFFER#";
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

    /// The publisher that a token names, and which therefore is there.
    ///
    /// # Errors
    /// [`StoreError`] as for [`find`](Self::find), and where it is gone all the same.
    pub async fn of_token(&self, id: &PublisherId) -> Result<Arc<Publisher>, StoreError> {
        let known = self.find(id).await?;
        known.ok_or_else(|| StoreError::corrupt(format!("publisher {id} is gone")))
    }

    async fn read(&self, id: &PublisherId) -> Result<Option<Publisher>, StoreError> {
        let (mut settings, mut offers) = (None, Vec::new());
        for mut item in self.table.all_beginning(string(pk(id)), "").await? {
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

    /// Makes a publisher that sells nothing yet; says whether it did. One that is there already is
    /// left as it is.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written, or the identity provider is another
    /// publisher's.
    pub async fn create(&self, id: &PublisherId, settings: &Settings) -> Result<bool, StoreError> {
        if self.read(id).await?.is_some() {
            return Ok(false);
        }
        self.claim_identity_provider(id, settings).await?;
        self.table.put_new(settings_item(id, settings)?).await
    }

    /// Gives a publisher other settings, and leaves its catalog.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn save_settings(
        &self,
        id: &PublisherId,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        self.claim_identity_provider(id, settings).await?;
        self.table.put(settings_item(id, settings)?).await
    }

    /// Gives a publisher another catalog, and leaves its settings; else as [`save`](Self::save).
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written; what was written until then stays.
    pub async fn save_catalog(
        &self,
        id: &PublisherId,
        catalog: &Catalog,
    ) -> Result<(), StoreError> {
        self.write(self.catalog_changes(id, catalog).await?).await
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
    /// [`StoreError`] when the table cannot be written, and what was written until then stays; or when
    /// the identity provider is another publisher's, and nothing was.
    pub async fn save(&self, publisher: &Publisher) -> Result<(), StoreError> {
        self.claim_identity_provider(&publisher.id, &publisher.settings).await?;
        let settings = settings_item(&publisher.id, &publisher.settings)?;
        let mut changes = vec![self.table.to_put(settings)?];
        changes.extend(self.catalog_changes(&publisher.id, &publisher.catalog).await?);
        self.write(changes).await
    }

    async fn catalog_changes(
        &self,
        id: &PublisherId,
        catalog: &Catalog,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let pk = pk(id);
        let mut changes = Vec::new();
        for offer in catalog.offers() {
            let own = key(&pk, &format!("{OFFER}{}", offer.id));
            changes.push(self.table.to_put(with_map(own, to_item(offer)?))?);
        }
        let main_ids: BTreeSet<&str> =
            catalog.offers().iter().map(|one| one.id.main_id()).collect();
        for main_id in &main_ids {
            changes.push(self.table.to_put(key(&sold_as(main_id), &pk))?);
        }
        let mut withdrawn = BTreeSet::new();
        for item in self.table.all_beginning(string(pk.clone()), OFFER).await? {
            let sold = text(&item, "sk")?.trim_start_matches(OFFER);
            let sold = OfferId::parse(sold).map_err(StoreError::corrupt)?;
            if !catalog.offers().iter().any(|offer| offer.id == sold) {
                changes.push(self.table.to_delete(key(&pk, &format!("{OFFER}{sold}")))?);
                withdrawn.insert(sold.main_id().to_owned());
            }
        }
        for main_id in withdrawn.iter().filter(|gone| !main_ids.contains(gone.as_str())) {
            changes.push(self.table.to_delete(key(&sold_as(main_id), &pk))?);
        }
        Ok(changes)
    }

    async fn claim_identity_provider(
        &self,
        id: &PublisherId,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        let providers = IdentityProviders::new(&self.table);
        if let Some(provider) = &settings.identity_provider
            && !providers.claim(id, provider).await?
        {
            let what = "the issuer and audience of the identity provider";
            return Err(StoreError::AnotherPublishers(what));
        }
        let before = self.read(id).await?.and_then(|known| known.settings.identity_provider);
        let is_same = |before: &IdentityProvider| {
            settings.identity_provider.as_ref().is_some_and(|provider| {
                provider.issuer == before.issuer && provider.audience == before.audience
            })
        };
        if let Some(before) = before.filter(|before| !is_same(before)) {
            providers.release(id, &before).await?;
        }
        Ok(())
    }

    async fn write(&self, changes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        for step in changes.chunks(MAX_CHANGES_AT_ONCE) {
            if !self.table.transact(step.to_vec()).await? {
                return Err(StoreError::Contended);
            }
        }
        Ok(())
    }
}

fn pk(id: &PublisherId) -> String {
    format!("PUB#{id}")
}

fn settings_item(id: &PublisherId, settings: &Settings) -> Result<Item, StoreError> {
    Ok(with_map(key(&pk(id), "PUBLISHER"), to_item(settings)?))
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
