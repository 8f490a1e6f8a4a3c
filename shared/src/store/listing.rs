//! All accounts of a publisher, page by page: the index `by_publisher`, in sixteen parts so that no
//! partition takes every new account, and the accounts themselves.
//!
//! An account is in the index since it was first written; one from before there was the index since
//! its next write. It stays there, so that later writes cost the index nothing.

mod cursor;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;

pub use cursor::{Cursor, InvalidCursor};

use super::account_item::AccountItem;
use super::{FIRST_PAUSE, Item, LONGEST_PAUSE, StoreError, Table, fact_item, key, string, text};
use crate::digest::sha256;
use crate::domain::account::Account;
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, PublisherId};

/// The attribute that puts an account into the index.
pub(super) const LISTED_IN: &str = "listed_in";

/// How many accounts a page has at most: as many as DynamoDB gives at once.
const MAX_PAGE: i32 = 100;

/// What of an account's item is read. The marks of facts are not of interest.
const NEEDED: &str = "pk, version, folded_by, linked_to, purchases, folded_through, other_pushes";

/// Lists the accounts of a publisher.
#[derive(Debug)]
pub struct Listing {
    table: Table,
}

/// An account, and whose it is.
#[derive(Debug)]
pub struct Listed {
    /// The customer that it is linked to; none where nobody showed a receipt for it.
    pub holder: Option<CustomerId>,
    /// The account, by the rules of this version.
    pub account: Account,
    /// The place after it, for who does not take a whole page.
    pub after: Cursor,
}

impl Listing {
    /// The accounts of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// A page of a publisher's accounts, and where the next one begins; none at the end. It is as
    /// good as the index: accounts of the last second may be missing. Only the last page may be
    /// empty. The order means nothing, and stays.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn accounts(
        &self,
        publisher: &PublisherId,
        after: Option<&Cursor>,
    ) -> Result<(Vec<Listed>, Option<Cursor>), StoreError> {
        let mut next = Some(after.cloned().unwrap_or_default());
        while let Some(from) = next {
            let (keys, following) = self.keys(publisher, &from).await?;
            let listed = self.listed(publisher, &from, keys).await?;
            if !listed.is_empty() {
                return Ok((listed, following));
            }
            next = following;
        }
        Ok((Vec::new(), None))
    }

    /// The keys of a page of one part, and where it goes on there or in the next part.
    pub(super) async fn keys(
        &self,
        publisher: &PublisherId,
        from: &Cursor,
    ) -> Result<(Vec<Item>, Option<Cursor>), StoreError> {
        let part = part(publisher, from.part());
        let query = self.table.client.query().table_name(&self.table.name);
        let query = query
            .index_name("by_publisher")
            .key_condition_expression(format!("{LISTED_IN} = :part"))
            .expression_attribute_values(":part", string(&part))
            .limit(MAX_PAGE)
            .set_exclusive_start_key(from.pk(publisher).map(|pk| {
                let mut start = key(&pk, "ACCOUNT");
                start.insert(LISTED_IN.to_owned(), string(&part));
                start
            }));
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        let found = answer.items.unwrap_or_default();
        let keys = found.iter().map(|item| Ok(key(text(item, "pk")?, text(item, "sk")?)));
        let following = match answer.last_evaluated_key {
            Some(last) => from.after(publisher, text(&last, "pk")?),
            None => from.next_part(),
        };
        Ok((keys.collect::<Result<_, StoreError>>()?, following))
    }

    async fn listed(
        &self,
        publisher: &PublisherId,
        from: &Cursor,
        keys: Vec<Item>,
    ) -> Result<Vec<Listed>, StoreError> {
        let mut items = self.items(keys).await?;
        items.sort_by(|a, b| text(a, "pk").ok().cmp(&text(b, "pk").ok()));
        let mut listed = Vec::with_capacity(items.len());
        for item in items {
            let account_key = key(text(&item, "pk")?, "ACCOUNT");
            let after = from.after(publisher, text(&item, "pk")?);
            let after = after.ok_or_else(|| StoreError::corrupt("an account of another"))?;
            let item = AccountItem::read(&account_key, item)?;
            let holder = item.holder(publisher);
            let account = if item.is_outdated {
                let facts = fact_item::all(&self.table, account_key["pk"].clone()).await?;
                fold(fact_item::readable(&facts))
            } else {
                item.account
            };
            listed.push(Listed { holder, account, after });
        }
        Ok(listed)
    }

    /// The items of these keys, in no order. DynamoDB gives at most 16 MB at once, and less when it
    /// is busy: what it left out is asked for again.
    async fn items(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut left, mut pause) = (Vec::new(), keys, FIRST_PAUSE);
        while !left.is_empty() {
            let asked = left.len();
            let (found, unread) = self.some_items(left).await?;
            items.extend(found);
            left = unread;
            if left.len() == asked {
                if pause > LONGEST_PAUSE {
                    return Err(StoreError::Unavailable("DynamoDB leaves out every key".into()));
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(items)
    }

    /// Items, and the keys that DynamoDB left out.
    async fn some_items(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
        let asked = KeysAndAttributes::builder().set_keys(Some(keys));
        let asked = asked.projection_expression(NEEDED).build().map_err(StoreError::unavailable)?;
        let request = HashMap::from([(self.table.name.clone(), asked)]);
        let request = self.table.client.batch_get_item().set_request_items(Some(request));
        let answer = request.send().await.map_err(StoreError::unavailable)?;
        let found = answer.responses.unwrap_or_default().into_values().flatten().collect();
        let unread = answer.unprocessed_keys.unwrap_or_default().into_values();
        Ok((found, unread.flat_map(|unread| unread.keys).collect()))
    }
}

/// Where an account is listed.
pub(super) fn bucket(publisher: &PublisherId, account_pk: &str) -> String {
    part(publisher, &sha256(account_pk)[..1])
}

fn part(publisher: &PublisherId, part: &str) -> String {
    format!("PUB#{publisher}#{part}")
}
