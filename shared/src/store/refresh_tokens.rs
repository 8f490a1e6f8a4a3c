//! Refresh tokens, of which only a hash is stored. Each is good once (`cleeng-api.md` §7).

use aws_lc_rs::rand;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{EXPIRES_AT, Item, StoreError, Table, key, number, string, text};
use crate::digest::sha256;
use crate::domain::fact::later;
use crate::domain::id::{CustomerId, PublisherId};

/// How long a refresh token lives.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(100 * 24);

/// Ours have 48 characters.
const MAX_TOKEN_BYTES: usize = 256;

/// Issues refresh tokens and takes them.
#[derive(Debug)]
pub struct RefreshTokens {
    table: Table,
}

/// A refresh token that was not used and has not expired.
#[derive(Debug)]
pub struct Refreshable {
    /// The tenant.
    pub publisher: PublisherId,
    /// Whose it is.
    pub customer: CustomerId,
    /// When it was issued, in whole seconds.
    pub issued_at: Timestamp,
    key: Item,
}

impl RefreshTokens {
    /// The refresh tokens of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Makes a token for a customer. It is shown this once.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn issue(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
        now: Timestamp,
    ) -> Result<SecretString, StoreError> {
        let (token, item) = fresh(publisher, customer, now)?;
        self.table.put(item).await?;
        Ok(token)
    }

    /// Whose a token is; none where it is no token, was used, or has expired.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Refreshable>, StoreError> {
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return Ok(None);
        }
        let key = token_key(token);
        let Some(item) = self.table.get(&key, true).await? else { return Ok(None) };
        let issued_at: Timestamp =
            text(&item, "issued_at")?.parse().map_err(StoreError::corrupt)?;
        if now >= later(issued_at, LIFETIME) {
            return Ok(None);
        }
        Ok(Some(Refreshable {
            publisher: PublisherId::parse(text(&item, "publisher")?)
                .map_err(StoreError::corrupt)?,
            customer: CustomerId::parse(text(&item, "customer")?).map_err(StoreError::corrupt)?,
            issued_at,
            key,
        }))
    }

    /// Uses a token up and gives the one that takes its place; none where another was faster.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the token was used.
    pub async fn replace(
        &self,
        used: &Refreshable,
        now: Timestamp,
    ) -> Result<Option<SecretString>, StoreError> {
        let (token, item) = fresh(&used.publisher, &used.customer, now)?;
        let delete = Delete::builder().table_name(&self.table.name);
        let delete = delete
            .set_key(Some(used.key.clone()))
            .condition_expression("attribute_exists(pk)")
            .build();
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item)).build();
        let changes = [
            TransactWriteItem::builder().delete(delete.map_err(StoreError::unavailable)?).build(),
            TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build(),
        ];
        Ok(self.table.transact(changes).await?.then_some(token))
    }
}

fn fresh(
    publisher: &PublisherId,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<(SecretString, Item), StoreError> {
    let mut random = [0; 36];
    rand::fill(&mut random).map_err(StoreError::unavailable)?;
    let token = SecretString::from(URL_SAFE_NO_PAD.encode(random));
    let mut item = token_key(token.expose_secret());
    item.insert("publisher".to_owned(), string(publisher.as_str()));
    item.insert("customer".to_owned(), string(customer.as_str()));
    item.insert("issued_at".to_owned(), string(format!("{now:.0}")));
    item.insert(EXPIRES_AT.to_owned(), number(later(now, LIFETIME).as_second()));
    Ok((token, item))
}

fn token_key(token: &str) -> Item {
    key(&format!("REFRESH#{}", sha256(token)), "REFRESH")
}
