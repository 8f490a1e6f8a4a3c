//! Facts and the accounts that they add up to.
//!
//! A fact is kept first and folded in afterwards. Both happen in two round trips: the first writes
//! the fact and, beside it, marks it on the account as not yet folded in, which also reads the
//! account; the second writes the account and takes the mark away. A function that dies in between
//! leaves the mark, and whoever folds next sees it and folds everything again.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};

use super::fact_item::{self, account_pk, sort_key};
use super::receipts::{self, KnownReceipt};
use super::{
    Item, StoreError, Table, customer_pk, from_item, in_key, is_condition_failed, key, string,
    to_item,
};
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId, TransactionId};

/// How often a fold is tried again when another function changed the account meanwhile.
const MAX_ATTEMPTS: usize = 8;
/// A customer with more Roku accounts than this is served the first ones.
const MAX_ACCOUNTS_OF_CUSTOMER: i32 = 50;

/// Keeps facts, folds them, and reads what they add up to.
#[derive(Debug)]
pub struct Accounts {
    table: Table,
}

/// A fact that is durable, and the account as it was before.
#[derive(Debug)]
pub struct Kept {
    publisher: PublisherId,
    fact: Fact,
    /// Whether the fact had not been kept before.
    pub is_new: bool,
    before: Stored,
}

/// What is decided with a fold.
#[derive(Debug, Default)]
pub struct Settlement {
    /// Whose account it is from now on; where none, it stays whose it is.
    pub link_to: Option<CustomerId>,
    /// What became of the receipt that led to it.
    pub receipt: Option<KnownReceipt>,
}

/// The account item.
#[derive(Debug, Default)]
struct Stored {
    account: Account,
    /// Counts the writes of the account; 0 is "never written".
    version: u64,
    /// The sort keys of facts that are kept and not folded in.
    unfolded: HashSet<String>,
    /// The `by_customer` key, where the account is linked.
    linked_to: Option<String>,
}

impl Accounts {
    /// The accounts of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// The accounts that are linked to a customer: one query.
    ///
    /// # Errors
    /// [`StoreError`] when the index cannot be read.
    pub async fn of_customer(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<Vec<Account>, StoreError> {
        let query =
            self.table.client.query().table_name(&self.table.name).index_name("by_customer");
        let query = query.key_condition_expression("linked_to = :customer");
        let query = query
            .expression_attribute_values(":customer", string(customer_pk(publisher, customer)))
            .limit(MAX_ACCOUNTS_OF_CUSTOMER);
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        answer.items.unwrap_or_default().into_iter().map(from_item).collect()
    }

    /// Whether a Roku account is linked to this customer.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn is_linked(
        &self,
        publisher: &PublisherId,
        roku_customer: &RokuCustomerId,
        customer: &CustomerId,
    ) -> Result<bool, StoreError> {
        let stored = self.stored(&account_key(publisher, roku_customer)).await?;
        Ok(stored.linked_to == Some(customer_pk(publisher, customer)))
    }

    /// Keeps a fact, once. When this returns, the fact cannot be lost.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the fact is kept.
    pub async fn keep(&self, publisher: &PublisherId, fact: Fact) -> Result<Kept, StoreError> {
        let (is_new, before) = tokio::try_join!(
            self.table.put_new(fact_item::to_item(publisher, &fact)),
            self.mark_unfolded(publisher, &fact),
        )?;
        Ok(Kept { publisher: publisher.clone(), fact, is_new, before })
    }

    async fn mark_unfolded(
        &self,
        publisher: &PublisherId,
        fact: &Fact,
    ) -> Result<Stored, StoreError> {
        let request = self.table.client.update_item().table_name(&self.table.name);
        let request = request
            .set_key(Some(account_key(publisher, fact.roku_customer())))
            .update_expression("ADD unfolded :fact")
            .expression_attribute_values(":fact", AttributeValue::Ss(vec![sort_key(&fact.id())]))
            .return_values(ReturnValue::AllOld);
        let answer = request.send().await.map_err(StoreError::unavailable)?;
        answer.attributes.map(Stored::read).transpose().map(Option::unwrap_or_default)
    }

    /// Folds a kept fact into its account.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be folded in. The fact stays kept, and whoever folds the
    /// account next folds it in.
    pub async fn fold(&self, kept: Kept) -> Result<Account, StoreError> {
        self.fold_and_settle(kept, |_| Settlement::default()).await
    }

    /// Folds a kept fact into its account and settles, in the same write, whose account it is:
    /// `settle` is given the customer who holds it. It may be asked again when the account changes
    /// meanwhile.
    ///
    /// # Errors
    /// As [`Self::fold`]. Nothing is settled then.
    pub async fn fold_and_settle(
        &self,
        kept: Kept,
        mut settle: impl FnMut(Option<&CustomerId>) -> Settlement,
    ) -> Result<Account, StoreError> {
        let Kept { publisher, fact, mut before, .. } = kept;
        let account_key = account_key(&publisher, fact.roku_customer());
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                before = self.stored(&account_key).await?;
            }
            let after = self.folded(&account_key, &fact, &mut before).await?;
            let settlement = settle(before.holder(&publisher).as_ref());
            let write = self.write(&publisher, &account_key, &before, &after, settlement);
            let (written, ()) = tokio::try_join!(write, self.remember_sale(&publisher, &fact))?;
            if written {
                return Ok(after);
            }
        }
        Err(StoreError::Contended)
    }

    /// The account with everything folded in that is kept. The common case, a fact newer than all
    /// others and nothing else waiting, needs no read.
    async fn folded(
        &self,
        account_key: &Item,
        fact: &Fact,
        before: &mut Stored,
    ) -> Result<Account, StoreError> {
        let own = sort_key(&fact.id());
        let others_wait = before.unfolded.iter().any(|waiting| *waiting != own);
        before.unfolded.insert(own);
        if before.account.is_newest(fact) && !others_wait {
            let mut account = before.account.clone();
            account.fold_newest(fact);
            return Ok(account);
        }
        Ok(fold(self.facts(account_key).await?))
    }

    async fn facts(&self, account_key: &Item) -> Result<Vec<Fact>, StoreError> {
        let pages = self.table.client.query().table_name(&self.table.name).consistent_read(true);
        let pages = pages
            .key_condition_expression("pk = :pk AND begins_with(sk, :facts)")
            .expression_attribute_values(":pk", account_key["pk"].clone())
            .expression_attribute_values(":facts", string(fact_item::PREFIX));
        let items = pages.into_paginator().items().send().collect::<Result<Vec<Item>, _>>().await;
        items.map_err(StoreError::unavailable)?.iter().map(fact_item::from_item).collect()
    }

    /// Writes the account, and the receipt that is settled with it, unless another function wrote
    /// the account since it was read; says whether it did.
    async fn write(
        &self,
        publisher: &PublisherId,
        account_key: &Item,
        before: &Stored,
        after: &Account,
        settlement: Settlement,
    ) -> Result<bool, StoreError> {
        let linked_to = settlement.link_to.map(|id| customer_pk(publisher, &id));
        let change = before.change_to(after, linked_to)?;
        let Some(receipt) = settlement.receipt else {
            let request = self.table.client.update_item().table_name(&self.table.name);
            let request = request
                .set_key(Some(account_key.clone()))
                .update_expression(change.expression)
                .condition_expression(UNCHANGED)
                .set_expression_attribute_values(Some(change.values));
            return match request.send().await {
                Ok(_) => Ok(true),
                Err(error) if is_condition_failed(&error) => Ok(false),
                Err(error) => Err(StoreError::unavailable(error)),
            };
        };
        let update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(account_key.clone()))
            .update_expression(change.expression)
            .condition_expression(UNCHANGED)
            .set_expression_attribute_values(Some(change.values));
        let update = update.build().map_err(StoreError::unavailable)?;
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(receipts::item(publisher, &receipt)?));
        let put = put.build().map_err(StoreError::unavailable)?;
        let items = [
            TransactWriteItem::builder().update(update).build(),
            TransactWriteItem::builder().put(put).build(),
        ];
        self.table.transact(items).await
    }

    /// So that support finds the account by any charge, not only by the first of a chain.
    async fn remember_sale(&self, publisher: &PublisherId, fact: &Fact) -> Result<(), StoreError> {
        let transaction = match fact {
            Fact::Notification(push) if push.transaction_type.is_sale() => {
                push.transaction.as_ref()
            }
            Fact::Notification(_) => None,
            Fact::Observation(seen) => Some(&seen.transaction),
        };
        let Some(transaction) = transaction else {
            return Ok(());
        };
        let request = self.table.client.update_item().table_name(&self.table.name);
        let request = request
            .set_key(Some(transaction_key(publisher, transaction)))
            .update_expression("SET roku_customer = :customer")
            .expression_attribute_values(":customer", string(fact.roku_customer().as_str()));
        request.send().await.map_err(StoreError::unavailable)?;
        Ok(())
    }

    async fn stored(&self, account_key: &Item) -> Result<Stored, StoreError> {
        let item = self.table.get(account_key, true).await?;
        item.map(Stored::read).transpose().map(Option::unwrap_or_default)
    }
}

/// A change of the account item.
struct Change {
    expression: String,
    values: HashMap<String, AttributeValue>,
}

/// Nobody wrote the account since it was read. The mark alone makes an item without a version.
const UNCHANGED: &str = "version = :read OR (attribute_not_exists(version) AND :read = :zero)";

impl Stored {
    fn change_to(&self, after: &Account, linked_to: Option<String>) -> Result<Change, StoreError> {
        let folded = self.unfolded.iter().cloned().collect();
        let mut values = HashMap::from([
            (":folded".to_owned(), AttributeValue::Ss(folded)),
            (":next".to_owned(), number(self.version + 1)),
            (":read".to_owned(), number(self.version)),
            (":zero".to_owned(), number(0)),
        ]);
        let mut sets = vec!["version = :next".to_owned()];
        let linked_to = linked_to.map(|customer| ("linked_to".to_owned(), string(customer)));
        for (name, value) in to_item(after)?.into_iter().chain(linked_to) {
            sets.push(format!("{name} = :{name}"));
            values.insert(format!(":{name}"), value);
        }
        let expression = format!("SET {} DELETE unfolded :folded", sets.join(", "));
        Ok(Change { expression, values })
    }

    fn read(mut item: Item) -> Result<Self, StoreError> {
        let unfolded = match item.remove("unfolded") {
            Some(AttributeValue::Ss(waiting)) => waiting.into_iter().collect(),
            _ => HashSet::new(),
        };
        let linked_to = match item.remove("linked_to") {
            Some(AttributeValue::S(customer)) => Some(customer),
            _ => None,
        };
        let version = match item.remove("version") {
            Some(AttributeValue::N(version)) => version.parse().map_err(StoreError::corrupt)?,
            _ => 0,
        };
        let account = if version == 0 { Account::default() } else { from_item(item)? };
        Ok(Self { account, version, unfolded, linked_to })
    }

    fn holder(&self, publisher: &PublisherId) -> Option<CustomerId> {
        let prefix = format!("CUST#{publisher}#");
        CustomerId::parse(self.linked_to.as_deref()?.strip_prefix(&prefix)?).ok()
    }
}

pub(super) fn transaction_key(publisher: &PublisherId, transaction: &TransactionId) -> Item {
    key(&format!("TX#{publisher}#{}", in_key(transaction.as_str())), "TX")
}

fn account_key(publisher: &PublisherId, customer: &RokuCustomerId) -> Item {
    key(&account_pk(publisher, customer), "ACCOUNT")
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
