//! The store: one DynamoDB table, no scans.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | publisher and its settings | `PUB#{publisher}` | `PUBLISHER` |
//! | offer | `PUB#{publisher}` | `OFFER#{offerId}` |
//! | offer, in all countries → publisher | `OFFER#{offerId without country}` | `PUB#{publisher}` |
//! | publisher token, by hash only | `TOKEN#{sha256}` | `TOKEN` |
//! | its entry in the list of the publisher's | `TOKENS#{publisher}` | `TOKEN#{sha256}` |
//! | customer | `CUST#{publisher}#{customerId}` | `CUSTOMER` |
//! | from where they watch, by hashes only | `CUST#{publisher}#{customerId}` | `ADDRESSES`, `DEVICES` |
//! | receipt and its outcome | `CUST#{publisher}#{customerId}` | `RECEIPT#{transaction}` |
//! | e-mail → customer | `EMAIL#{publisher}#{lower-cased}` | `EMAIL` |
//! | the publisher's own id → customer | `EXTERNAL#{publisher}#{id}` | `EXTERNAL` |
//! | that somebody was forgotten, by hash only | `ERASED#{publisher}#{sha256}` | `ERASED` |
//! | receipts that a customer showed in an hour | `CUST#{publisher}#{customerId}` | `SHOWN#{hour}` |
//! | refresh token, by hash only | `REFRESH#{sha256}` | `REFRESH` |
//! | a customer token that lives longer | `EXTENDED#{sha256}` | `EXTENDED` |
//! | identity provider → publisher | `ISSUER#{sha256}` | `AUDIENCE#{sha256}` |
//! | push | `ROKU#{publisher}#{rokuCustomerId}` | `FACT#push#{message key}` |
//! | Roku's answer | `ROKU#{publisher}#{rokuCustomerId}` | `FACT#answer#{time}#{transaction}` |
//! | account | `ROKU#{publisher}#{rokuCustomerId}` | `ACCOUNT` |
//! | push that belongs to no account | `ASIDE#{publisher}` | `PUSH#{reason}#{message key}` |
//! | product that no offer stood for | `ASIDE#{publisher}` | `UNMAPPED#{product}` |
//! | when the last push came | `ASIDE#{publisher}` | `CHANNEL#{channel}` |
//! | transaction → Roku customer, receipt | `TX#{publisher}#{transaction}` | `TX` |
//! | Roku's key set, those of identity providers | `JWKS#{address}`, `IDPKEYS#{address}` | `JWKS` |
//! | public keys of customer tokens | `JWKS#customer-token` | `KEY#{kid}` |
//! | endpoint of webhooks | `WEBHOOKS#{publisher}` | `ENDPOINT#{endpoint}` |
//! | delivery log | `WEBHOOK#{publisher}#{endpoint}` | `DELIVERY#{time}#{event}` |
//! | event → its delivery | `WEBHOOK#{publisher}#{endpoint}` | `EVENT#{event}` |
//! | when Roku may be asked next | `TURNS#{publisher}` | `RECEIPTS`, `ACCOUNTS` |
//!
//! Index `by_customer`: the accounts that are linked to a customer, and the customer's own item once
//! tokens were revoked. Index `by_publisher`: all accounts of a publisher, in sixteen parts. Index
//! `due`: what waits for an answer of Roku, receipts and accounts. Each submodule holds the verbs of
//! one kind of item, so that what a function may do to the table is visible in what its constructor
//! takes.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem};
use jiff::Timestamp;

use crate::digest::sha256;
use crate::domain::id::{CustomerId, PublisherId};
use crate::sdk_error::root_cause;

mod account_item;
pub mod accounts;
pub mod customer_token_keys;
pub mod customers;
pub mod due;
mod fact_item;
pub mod histories;
pub mod identity_providers;
pub mod last_pushes;
pub mod listing;
mod note;
pub mod outbox;
pub mod published_keys;
pub mod publisher_tokens;
pub mod publishers;
pub mod receipts;
pub mod refresh_tokens;
pub mod set_aside;
pub mod shown_receipts;
pub mod simultaneous;
pub mod token_extensions;
mod transaction_item;
pub mod turns;
pub mod unmapped_products;
pub mod webhooks;

/// What DynamoDB deletes an item by, some time after: seconds since 1970.
const EXPIRES_AT: &str = "expires_at";

/// A sort key may have 1024 bytes, an id as many: longer ones are hashed in keys and kept whole in
/// the item (`roku-pay.md` §10.6).
const LONGEST_IN_KEY: usize = 128;

/// The pause after the first conflict between two functions; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// After a pause of this length the conflict is the caller's.
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// The table that holds everything.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB did not answer, refused, or throttled. Trying again may help.
    #[error("the table cannot be used")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Others changed the same items under every attempt. Trying again will help.
    #[error("the same items were changed under every attempt")]
    Contended,
    /// DynamoDB refuses the request itself, an item over 400 KB for one. Trying again will not help.
    #[error("the table refuses what was asked")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// It belongs to another publisher.
    #[error("{0} is another publisher's")]
    AnotherPublishers(&'static str),
    /// An item is not as this program writes it.
    #[error("an item of the table cannot be read: {0}")]
    Corrupt(String),
}

type Item = HashMap<String, AttributeValue>;

impl Table {
    /// A table by its name.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// A harmless read, so that the connection stands before the first request needs it. Its
    /// outcome does not matter.
    pub async fn warm(&self) {
        let anything = key("PUB#0", "PUBLISHER");
        let read = self.get(&anything, false);
        drop(tokio::time::timeout(Duration::from_secs(1), read).await);
    }

    async fn get(&self, key: &Item, consistent: bool) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key.clone()));
        let answer = request.consistent_read(consistent).send().await;
        Ok(answer.map_err(StoreError::unavailable)?.item)
    }

    /// The query for the items under a partition key whose sort keys begin with `prefix`; all of them
    /// where it is empty.
    fn beginning(&self, pk: AttributeValue, prefix: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name);
        let query = query.expression_attribute_values(":pk", pk);
        if prefix.is_empty() {
            return query.key_condition_expression("pk = :pk");
        }
        query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", string(prefix))
    }

    /// All of these items, in the order of their sort keys.
    async fn all_beginning(
        &self,
        pk: AttributeValue,
        prefix: &str,
    ) -> Result<Vec<Item>, StoreError> {
        let pages = self.beginning(pk, prefix).consistent_read(true).into_paginator();
        let items = pages.items().send().collect::<Result<_, _>>().await;
        items.map_err(StoreError::unavailable)
    }

    async fn put(&self, item: Item) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let answer = despite_conflicts(|| request.clone().send()).await;
        answer.map(drop).map_err(StoreError::unavailable)
    }

    /// Puts an item unless its key is taken; says whether it did.
    async fn put_new(&self, item: Item) -> Result<bool, StoreError> {
        Ok(self.put_if(item, "attribute_not_exists(pk)", None).await?.is_some())
    }

    /// Puts an item if a condition holds, and gives the one that it took the place of, empty where
    /// there was none; none if the condition did not hold.
    async fn put_if(
        &self,
        item: Item,
        condition: &str,
        values: Option<Item>,
    ) -> Result<Option<Item>, StoreError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let request = request
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllOld);
        match despite_conflicts(|| request.clone().send()).await {
            Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Deletes an item if a condition holds.
    async fn delete_if(&self, key: Item, condition: &str, values: Item) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        let request =
            request.condition_expression(condition).set_expression_attribute_values(Some(values));
        match despite_conflicts(|| request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Updates an item and gives what `ReturnValues` asked for; none if its condition did not hold.
    async fn update(&self, request: UpdateItemFluentBuilder) -> Result<Option<Item>, StoreError> {
        let request = request.table_name(&self.name);
        match despite_conflicts(|| request.clone().send()).await {
            Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// A put that is part of a transaction.
    fn to_put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build())
    }

    /// A removal that is part of a transaction.
    fn to_delete(&self, key: Item) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key)).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(StoreError::unavailable)?).build())
    }

    /// Writes all items or none; says whether their conditions held and nobody else was writing.
    async fn transact(
        &self,
        items: impl IntoIterator<Item = TransactWriteItem>,
    ) -> Result<bool, StoreError> {
        let items = items.into_iter().collect();
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_contention) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

impl StoreError {
    fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(cause))
    }

    fn corrupt(what: impl ToString) -> Self {
        Self::Corrupt(what.to_string())
    }

    /// The error with its causes, for the log. Nothing that we send to DynamoDB is in it.
    pub fn with_causes(&self) -> String {
        aws_sdk_dynamodb::error::DisplayErrorContext(self).to_string()
    }

    /// The error in a line, for the person at the terminal.
    pub fn in_short(&self) -> String {
        match self {
            Self::Unavailable(cause) | Self::Refused(cause) => {
                format!("{self}: {}", root_cause(cause.as_ref()))
            }
            Self::Contended | Self::AnotherPublishers(_) | Self::Corrupt(_) => self.to_string(),
        }
    }
}

/// Whether a transaction was cancelled because of what others wrote, and not for a fault of its own.
fn is_contention(refusal: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = refusal else {
        return false;
    };
    let passes = |code| matches!(code, "None" | "ConditionalCheckFailed" | "TransactionConflict");
    cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).all(passes)
}

/// Writes again while the item is part of another function's transaction: DynamoDB refuses then, and
/// the SDK does not count that among the errors that pass.
async fn despite_conflicts<T, E, R, F>(write: impl Fn() -> F) -> Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match write().await {
            Err(error) if is_conflict(&error) && pause <= LONGEST_PAUSE => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            outcome => return outcome,
        }
    }
}

fn is_condition_failed<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    has_code(error, "ConditionalCheckFailedException")
}

fn is_conflict<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    has_code(error, "TransactionConflictException")
}

fn is_refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    has_code(error, "ValidationException")
}

fn has_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, code: &str) -> bool {
    error.as_service_error().and_then(|error| error.code()) == Some(code)
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), string(pk)), ("sk".to_owned(), string(sk))])
}

fn customer_pk(publisher: &PublisherId, customer: &CustomerId) -> String {
    format!("CUST#{publisher}#{customer}")
}

fn aside_pk(publisher: &PublisherId) -> String {
    format!("ASIDE#{publisher}")
}

fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A moment in UTC and with three digits of fraction, so that text sorts as time.
fn sortable(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| StoreError::corrupt(format!("no {name}")))
}

/// An id as it may stand in a key.
fn in_key(id: &str) -> String {
    if id.len() <= LONGEST_IN_KEY { id.to_owned() } else { format!("sha256:{}", sha256(id)) }
}

fn from_item<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(StoreError::corrupt)
}

fn to_item(value: &impl serde::Serialize) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value).map_err(StoreError::corrupt)
}
