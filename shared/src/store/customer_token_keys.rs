//! The public keys of customer tokens. A key is written before the first token it signs is handed
//! out, so whoever holds a token finds its key.

use jiff::{SignedDuration, Timestamp};

use super::{EXPIRES_AT, Item, StoreError, Table, key, number, sortable, string, text};
use crate::domain::fact::later;

/// What the keys stand under.
const PK: &str = "JWKS#customer-token";
/// Key ids have 32 characters; nobody needs a read for a longer one.
const MAX_KID_BYTES: usize = 64;
/// How long a key is kept after another took its place: a token lives for two weeks, and for sixty days
/// more where it is extended.
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(80 * 24);

/// Reads and publishes the keys.
#[derive(Debug)]
pub struct CustomerTokenKeys {
    table: Table,
}

/// An Ed25519 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its id.
    pub kid: String,
    /// The key, base64url.
    pub x: String,
    /// When it was published; none for one of before that was kept.
    pub published_at: Option<Timestamp>,
    /// Until when it is kept, once another has taken its place.
    pub kept_until: Option<Timestamp>,
}

impl CustomerTokenKeys {
    /// The keys of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// The Ed25519 public key of this id, base64url.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find(&self, kid: &str) -> Result<Option<String>, StoreError> {
        if kid.is_empty() || kid.len() > MAX_KID_BYTES {
            return Ok(None);
        }
        let item = self.table.get(&item_key(kid), true).await?;
        item.map(|item| text(&item, "x").map(str::to_owned)).transpose()
    }

    /// Every key that a token may be signed with that is good at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn all(&self, now: Timestamp) -> Result<Vec<PublicKey>, StoreError> {
        let keys = self.table.all_beginning(string(PK), "").await?;
        let keys = keys.iter().map(public_key).collect::<Result<Vec<_>, _>>()?;
        Ok(keys.into_iter().filter(|key| key.kept_until.is_none_or(|end| end > now)).collect())
    }

    /// Publishes a key that is going to sign. One that had been put away is kept again.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn publish(&self, kid: &str, x: &str, now: Timestamp) -> Result<(), StoreError> {
        let request = self.table.client.update_item().set_key(Some(item_key(kid)));
        let request = request
            .update_expression(format!(
                "SET x = :x, published_at = if_not_exists(published_at, :now) REMOVE {EXPIRES_AT}"
            ))
            .expression_attribute_values(":x", string(x))
            .expression_attribute_values(":now", string(sortable(now)));
        self.table.update(request).await.map(drop)
    }

    /// Has a key go in 80 days, because another has taken its place.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn retire(&self, kid: &str, now: Timestamp) -> Result<(), StoreError> {
        let request = self.table.client.update_item().set_key(Some(item_key(kid)));
        let request = request
            .update_expression(format!("SET {EXPIRES_AT} = :end"))
            .condition_expression(format!(
                "attribute_exists(pk) AND attribute_not_exists({EXPIRES_AT})"
            ))
            .expression_attribute_values(":end", number(later(now, KEPT_AFTER).as_second()));
        self.table.update(request).await.map(drop)
    }
}

fn public_key(item: &Item) -> Result<PublicKey, StoreError> {
    let kid = text(item, "sk")?.trim_start_matches("KEY#").to_owned();
    let published_at = text(item, "published_at").ok().and_then(|at| at.parse().ok());
    let kept_until = item.get(EXPIRES_AT).and_then(|value| value.as_n().ok());
    let kept_until =
        kept_until.and_then(|seconds| Timestamp::from_second(seconds.parse().ok()?).ok());
    Ok(PublicKey { kid, x: text(item, "x")?.to_owned(), published_at, kept_until })
}

fn item_key(kid: &str) -> Item {
    key(PK, &format!("KEY#{kid}"))
}
