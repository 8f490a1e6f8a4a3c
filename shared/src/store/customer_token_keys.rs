//! The public keys of customer tokens. A key is written before the first token it signs is handed
//! out, so whoever holds a token finds its key.

use super::{Item, StoreError, Table, key, string, text};

/// Key ids have 32 characters; nobody needs a read for a longer one.
const MAX_KID_BYTES: usize = 64;

/// Reads and publishes the keys.
#[derive(Debug)]
pub struct CustomerTokenKeys {
    table: Table,
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

    /// Publishes a key.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn publish(&self, kid: &str, x: &str) -> Result<(), StoreError> {
        let mut item = item_key(kid);
        item.insert("x".to_owned(), string(x));
        self.table.put(item).await
    }
}

fn item_key(kid: &str) -> Item {
    key("JWKS#customer-token", &format!("KEY#{kid}"))
}
