//! Key sets that others publish, kept in the table so that functions seldom make a call out.

use jiff::{SignedDuration, Timestamp};

use super::{Item, StoreError, Table, key, sortable, string, text};
use crate::domain::fact::later;

/// The key set of one address.
#[derive(Debug)]
pub struct StoredKeys {
    table: Table,
    /// What the key of the item begins with.
    whose: &'static str,
    address: String,
}

/// A set as it was last fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The set: JSON.
    pub jwks: String,
    /// When.
    pub at: Timestamp,
}

impl StoredKeys {
    /// The set that Roku publishes at `address`.
    pub fn of_roku(table: &Table, address: &str) -> Self {
        Self { table: table.clone(), whose: "JWKS", address: address.to_owned() }
    }

    /// The set that an identity provider publishes at `address`. Apart from Roku's, so that a function
    /// that may write one may not write the other.
    pub fn of_identity_provider(table: &Table, address: &str) -> Self {
        Self { table: table.clone(), whose: "IDPKEYS", address: address.to_owned() }
    }

    /// The address that the set is published at.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The set as it was last fetched; none where it never was.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn load(&self) -> Result<Option<Fetched>, StoreError> {
        let item = self.table.get(&self.key(), false).await?.unwrap_or_default();
        let Ok(jwks) = text(&item, "jwks") else { return Ok(None) };
        let at = text(&item, "fetched_at").ok().and_then(|at| at.parse().ok());
        Ok(Some(Fetched { jwks: jwks.to_owned(), at: at.unwrap_or(Timestamp::UNIX_EPOCH) }))
    }

    /// Puts a set in the place of the one before.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn save(&self, fetched: &Fetched) -> Result<(), StoreError> {
        let request = self.table.client.update_item().set_key(Some(self.key()));
        let request = request
            .update_expression("SET jwks = :jwks, fetched_at = :at")
            .expression_attribute_values(":jwks", string(&fetched.jwks))
            .expression_attribute_values(":at", string(sortable(fetched.at)));
        self.table.update(request).await?;
        Ok(())
    }

    /// Has the schedule fetch the set with its next run. The set stays in use until then.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn expire(&self) -> Result<(), StoreError> {
        let request = self.table.client.update_item().set_key(Some(self.key()));
        self.table.update(request.update_expression("REMOVE fetched_at")).await.map(drop)
    }

    /// Whether the set may be fetched out of turn at `now`: once in a `pause`, whichever function
    /// asks first.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn may_fetch(
        &self,
        now: Timestamp,
        pause: SignedDuration,
    ) -> Result<bool, StoreError> {
        let request = self.table.client.update_item().set_key(Some(self.key()));
        let request = request
            .update_expression("SET asked_at = :now")
            // One from the future was written under another clock.
            .condition_expression(
                "attribute_not_exists(asked_at) OR asked_at <= :before OR asked_at > :now",
            )
            .expression_attribute_values(":now", string(sortable(now)))
            .expression_attribute_values(":before", string(sortable(later(now, -pause))));
        Ok(self.table.update(request).await?.is_some())
    }

    fn key(&self) -> Item {
        key(&format!("{}#{}", self.whose, self.address), "JWKS")
    }
}
