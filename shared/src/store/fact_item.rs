//! How a fact is kept: what Roku said, under the name that Roku gave it. An answer is kept word for
//! word, a push less personal data.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Item, StoreError, Table, in_key, key, string, text};
use crate::domain::fact::Fact;
use crate::domain::id::{PublisherId, RokuCustomerId};
use crate::domain::notification::Notification;
use crate::domain::observation::Observation;

/// What the sort keys of facts begin with.
pub(super) const PREFIX: &str = "FACT#";

/// Every fact under a partition key, in no order that means anything.
pub(super) async fn all(table: &Table, pk: AttributeValue) -> Result<Vec<Item>, StoreError> {
    table.all_beginning(pk, PREFIX).await
}

pub(super) fn account_pk(publisher: &PublisherId, customer: &RokuCustomerId) -> String {
    format!("ROKU#{publisher}#{}", in_key(customer.as_str()))
}

/// Where a fact is kept among the facts of its account. A push is named by Roku's message key and
/// nothing else, so that it is kept once whatever comes under that key again.
pub(super) fn sort_key(fact: &Fact) -> String {
    match fact {
        Fact::Notification(push) => format!("{PREFIX}push#{}", in_key(&push.message_key)),
        Fact::Observation(_) => format!("{PREFIX}answer#{}", in_key(&fact.id().key)),
    }
}

pub(super) fn to_item(publisher: &PublisherId, fact: &Fact) -> Item {
    let mut item = key(&account_pk(publisher, fact.roku_customer()), &sort_key(fact));
    match fact {
        Fact::Notification(push) => {
            item.insert("message_key".to_owned(), string(&push.message_key));
            item.insert("message".to_owned(), string(&push.message));
            if let Some(expiry) = push.token_expires_at {
                item.insert("token_expires_at".to_owned(), string(expiry.to_string()));
            }
        }
        Fact::Observation(seen) => {
            item.insert("observed_at".to_owned(), string(seen.observed_at.to_string()));
            item.insert("answer".to_owned(), string(&seen.answer));
        }
    }
    item
}

/// The facts in items. One that cannot be read is told and left out: it must not keep the others
/// from being folded.
pub(super) fn readable(items: &[Item]) -> Vec<Fact> {
    let read = |item| match from_item(item) {
        Ok(fact) => Some(fact),
        Err(error) => {
            let (pk, sk) = (text(item, "pk").ok(), text(item, "sk").ok());
            tracing::error!(pk, sk, error = error.with_causes(), "a fact cannot be read");
            None
        }
    };
    items.iter().filter_map(read).collect()
}

fn from_item(item: &Item) -> Result<Fact, StoreError> {
    if item.contains_key("message") {
        let push = Notification::read(text(item, "message_key")?, text(item, "message")?);
        let push = push.map_err(StoreError::corrupt)?;
        let expiry = text(item, "token_expires_at").ok().and_then(|expiry| expiry.parse().ok());
        return Ok(Fact::Notification(push.in_token_until(expiry)));
    }
    let observed_at: Timestamp = text(item, "observed_at")?.parse().map_err(StoreError::corrupt)?;
    let seen = Observation::read_kept(text(item, "answer")?, observed_at);
    seen.map(Fact::Observation).ok_or_else(|| StoreError::corrupt("a kept answer is no answer"))
}
