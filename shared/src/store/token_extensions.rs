//! Customer tokens that live longer than they say: a signed token cannot be changed, so the table says
//! until when it is good. It is asked about tokens that have expired, and about no others.

use jiff::{SignedDuration, Timestamp};

use super::{EXPIRES_AT, Item, StoreError, Table, key, number};
use crate::digest::sha256;
use crate::domain::fact::later;

/// A token lives so much longer at most, however often it is extended (`cleeng-api.md` §3.6).
pub const LONGEST: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How often an extension is tried again when another was faster.
const MAX_ATTEMPTS: usize = 5;

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
        let latest = later(expires_at, LONGEST);
        for _ in 0..MAX_ATTEMPTS {
            let before = self.of(token).await?;
            let until = later(before.unwrap_or(expires_at), longer);
            if until > latest {
                return Ok(false);
            }
            if self.put(token, before, until).await? {
                return Ok(true);
            }
            // Another was faster; or the SDK has sent it twice, and the first one did it.
            if self.of(token).await? == Some(until) {
                return Ok(true);
            }
        }
        Err(StoreError::Contended)
    }

    /// Writes an end, if it was `before` until now.
    async fn put(
        &self,
        token: &str,
        before: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut item = token_key(token);
        item.insert(EXPIRES_AT.to_owned(), number(until.as_second()));
        let put = match before {
            None => self.table.put_if(item, "attribute_not_exists(pk)", None).await?,
            Some(before) => {
                let read = Item::from([(":read".to_owned(), number(before.as_second()))]);
                let condition = format!("{EXPIRES_AT} = :read");
                self.table.put_if(item, &condition, Some(read)).await?
            }
        };
        Ok(put.is_some())
    }
}

fn token_key(token: &str) -> Item {
    key(&format!("EXTENDED#{}", sha256(token)), "EXTENDED")
}
