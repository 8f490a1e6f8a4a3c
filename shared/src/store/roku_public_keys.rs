//! Roku's public keys, kept in the table so that the webhook makes no call out.

use super::{Item, StoreError, Table, key, string, text};

/// The key set of one address.
#[derive(Debug)]
pub struct RokuPublicKeys {
    table: Table,
    address: String,
}

impl RokuPublicKeys {
    /// The set that is published at `address`.
    pub fn new(table: &Table, address: &str) -> Self {
        Self { table: table.clone(), address: address.to_owned() }
    }

    /// The address that the set is published at.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The set as it was last fetched: JSON.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn load(&self) -> Result<Option<String>, StoreError> {
        let item = self.table.get(&self.key(), false).await?;
        item.map(|item| text(&item, "jwks").map(str::to_owned)).transpose()
    }

    /// Puts a set in the place of the one before.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn save(&self, jwks: &str) -> Result<(), StoreError> {
        let mut item = self.key();
        item.insert("jwks".to_owned(), string(jwks));
        self.table.put(item).await
    }

    fn key(&self) -> Item {
        key(&format!("JWKS#{}", self.address), "JWKS")
    }
}
