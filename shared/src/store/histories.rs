//! A Roku account with everything that Roku told of it.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::account_item::{AccountItem, account_key, is_account, linked_to};
use super::listing::{Cursor, Listing};
use super::transaction_item::{self, transaction_key};
use super::{Item, StoreError, Table, fact_item, key, text};
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId, TransactionId};

/// How many accounts of a page are read at once: enough that the network is not what is waited for.
const AT_ONCE: usize = 16;

/// Finds Roku accounts and reads their facts.
#[derive(Debug)]
pub struct Histories {
    table: Table,
}

/// A Roku account and its history.
#[derive(Debug)]
pub struct History {
    /// The customer that the account is linked to.
    pub holder: Option<CustomerId>,
    /// What the facts add up to, as it was last written by the rules of this version.
    pub account: Account,
    /// What Roku told, in no order.
    pub facts: Vec<Fact>,
}

impl History {
    /// Whose account it is at Roku; none where no fact of it can be read.
    pub fn roku_customer(&self) -> Option<&RokuCustomerId> {
        self.facts.first().map(Fact::roku_customer)
    }
}

impl Histories {
    /// The histories of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// The Roku accounts that are linked to a customer.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of_customer(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<Vec<History>, StoreError> {
        let pages = linked_to(&self.table, publisher, customer);
        let items = pages.into_paginator().items().send().collect::<Result<Vec<Item>, _>>().await;
        let mut histories = Vec::new();
        for item in items.map_err(StoreError::unavailable)?.iter().filter(|item| is_account(item)) {
            let account_key = key(text(item, "pk")?, "ACCOUNT");
            histories.push(self.read(publisher, &account_key).await?);
        }
        Ok(histories)
    }

    /// The account of a Roku customer; none where nothing was ever told of them.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of_roku_customer(
        &self,
        publisher: &PublisherId,
        roku_customer: &RokuCustomerId,
    ) -> Result<Option<History>, StoreError> {
        let history = self.read(publisher, &account_key(publisher, roku_customer)).await?;
        Ok(Some(history).filter(|history| !history.facts.is_empty()))
    }

    /// The account that a transaction belongs to: a charge that Roku told of, the first one of a
    /// chain among them.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of_transaction(
        &self,
        publisher: &PublisherId,
        transaction: &TransactionId,
    ) -> Result<Option<History>, StoreError> {
        let item = self.table.get(&transaction_key(publisher, transaction), true).await?;
        let roku_customer =
            item.as_ref().and_then(|item| text(item, transaction_item::ROKU_CUSTOMER).ok());
        let Some(roku_customer) = roku_customer else { return Ok(None) };
        let roku_customer = RokuCustomerId::parse(roku_customer).map_err(StoreError::corrupt)?;
        self.of_roku_customer(publisher, &roku_customer).await
    }

    /// A page of a publisher's accounts, several read at once, and where the next one begins; none at
    /// the end. It is as good as the [`Listing`], whose pages these are, and may be empty.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn page(
        &self,
        publisher: &PublisherId,
        after: Option<&Cursor>,
    ) -> Result<(Vec<History>, Option<Cursor>), StoreError> {
        let from = after.cloned().unwrap_or_default();
        let (keys, next) = Listing::new(&self.table).keys(publisher, &from).await?;
        let histories = stream::iter(&keys).map(|key| self.read(publisher, key));
        let histories = histories.buffered(AT_ONCE).try_collect().await?;
        Ok((histories, next))
    }

    async fn read(
        &self,
        publisher: &PublisherId,
        account_key: &Item,
    ) -> Result<History, StoreError> {
        let pk: AttributeValue = account_key["pk"].clone();
        let (item, facts) =
            tokio::try_join!(self.table.get(account_key, true), fact_item::all(&self.table, pk))?;
        let item = AccountItem::read(account_key, item.unwrap_or_default())?;
        let facts = fact_item::readable(&facts);
        let holder = item.holder(publisher);
        let account = if item.is_outdated { fold(facts.clone()) } else { item.account };
        Ok(History { holder, account, facts })
    }
}
