//! Facts and the accounts that they add up to.
//!
//! A fact is kept first and folded in afterwards. Both happen in two round trips: the first writes
//! the fact and, beside it, marks it on the account as not yet folded in, which also reads the
//! account; the second writes the account and takes the mark away. A function that dies in between
//! leaves the mark, and whoever folds next sees it and folds everything again.

use std::collections::HashSet;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::fact_item::{self, account_pk, sort_key};
use super::{Item, StoreError, Table, customer_pk, from_item, in_key, key, string, to_item};
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
        self.fold_and_link(kept, |holder| holder.cloned()).await
    }

    /// Folds a kept fact into its account and decides, in the same write, whose account it is:
    /// `link` is given the customer who holds it and says who shall. It may be asked again when
    /// the account changes meanwhile.
    ///
    /// # Errors
    /// As [`Self::fold`].
    pub async fn fold_and_link(
        &self,
        kept: Kept,
        mut link: impl FnMut(Option<&CustomerId>) -> Option<CustomerId>,
    ) -> Result<Account, StoreError> {
        let Kept { publisher, fact, mut before, .. } = kept;
        let account_key = account_key(&publisher, fact.roku_customer());
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                before = self.stored(&account_key).await?;
            }
            let after = self.folded(&account_key, &fact, &mut before).await?;
            let holder = before.holder(&publisher);
            let linked_to = link(holder.as_ref()).map(|id| customer_pk(&publisher, &id));
            let write = self.write(&account_key, &before, &after, linked_to);
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

    /// Writes the account unless another did since it was read; says whether it did.
    async fn write(
        &self,
        account_key: &Item,
        before: &Stored,
        after: &Account,
        linked_to: Option<String>,
    ) -> Result<bool, StoreError> {
        let mut sets = vec!["version = :next".to_owned()];
        let folded = before.unfolded.iter().cloned().collect();
        let mut request = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(account_key.clone()))
            .expression_attribute_values(":folded", AttributeValue::Ss(folded))
            .expression_attribute_values(":next", number(before.version + 1))
            .expression_attribute_values(":read", number(before.version));
        for (name, value) in to_item(after)? {
            sets.push(format!("{name} = :{name}"));
            request = request.expression_attribute_values(format!(":{name}"), value);
        }
        if let Some(customer) = linked_to {
            sets.push("linked_to = :customer".to_owned());
            request = request.expression_attribute_values(":customer", string(customer));
        }
        // The mark alone makes an item without a version.
        let unchanged = "version = :read OR (attribute_not_exists(version) AND :read = :zero)";
        let request = request
            .expression_attribute_values(":zero", number(0))
            .update_expression(format!("SET {} DELETE unfolded :folded", sets.join(", ")))
            .condition_expression(unchanged);
        outcome(request.send().await)
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

impl Stored {
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

fn outcome<T, R>(answer: Result<T, SdkError<UpdateItemError, R>>) -> Result<bool, StoreError>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if super::is_condition_failed(&error) => Ok(false),
        Err(error) => Err(StoreError::unavailable(error)),
    }
}
