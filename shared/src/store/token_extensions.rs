//! Customer tokens that live longer than they say: a signed token cannot be changed, so the table says
//! until when it is good. It is asked about tokens that have expired, and about no others.

use jiff::{SignedDuration, Timestamp};

use super::{EXPIRES_AT, Item, StoreError, Table, key, number};
use crate::digest::sha256;
use crate::domain::fact::later;

/// A token lives so much longer at most, however often it is extended (`cleeng-api.md` §3.6).
pub const LONGEST: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Extends tokens, and tells until when they are good.
#[derive(Debug)]
pub struct TokenExtensions {
    table: Table,
}

impl TokenExtensions {
    /// The extensions of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Until when a token was extended; none where it never was.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of(&self, token: &str) -> Result<Option<Timestamp>, StoreError> {
        let Some(item) = self.table.get(&token_key(token), true).await? else { return Ok(None) };
        let until = item.get(EXPIRES_AT).and_then(|value| value.as_n().ok());
        let until = until.and_then(|seconds| seconds.parse().ok());
        Ok(until.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    /// Lets a token that expires at `expires_at` by its own word live `longer`, on top of what it was
    /// extended before. Says whether that is within [`LONGEST`] in sum; nothing is changed if not.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn extend(
        &self,
        token: &str,
        expires_at: Timestamp,
        longer: SignedDuration,
    ) -> Result<bool, StoreError> {
        if longer > LONGEST {
            return Ok(false);
        }
        let latest = later(later(expires_at, LONGEST), -longer);
        let request = self.table.client.update_item().set_key(Some(token_key(token)));
        let request = request
            .update_expression(format!(
                "SET {EXPIRES_AT} = if_not_exists({EXPIRES_AT}, :own) + :longer"
            ))
            .condition_expression(format!(
                "attribute_not_exists({EXPIRES_AT}) OR {EXPIRES_AT} <= :latest"
            ))
            .expression_attribute_values(":own", number(expires_at.as_second()))
            .expression_attribute_values(":longer", number(longer.as_secs()))
            .expression_attribute_values(":latest", number(latest.as_second()));
        Ok(self.table.update(request).await?.is_some())
    }
}

fn token_key(token: &str) -> Item {
    key(&format!("EXTENDED#{}", sha256(token)), "EXTENDED")
}
