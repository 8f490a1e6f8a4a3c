//! Publisher tokens, of which only a hash is stored.

use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::{StoreError, Table, key, string, text};
use crate::cache::Cache;
use crate::digest::sha256;
use crate::domain::id::PublisherId;

/// How long a token is accepted after it was last looked up.
const FRESH: Duration = Duration::from_secs(60);

/// Longer than any token in the field (`cleeng-api.md` §7: 46 to 49 characters).
const MAX_TOKEN_BYTES: usize = 256;

/// Tells whose a publisher token is, and issues them.
#[derive(Debug)]
pub struct PublisherTokens {
    table: Table,
    cache: Cache<String, PublisherId>,
}

impl PublisherTokens {
    /// The tokens of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), cache: Cache::new(FRESH) }
    }

    /// The publisher that a token is for; none if it is no token.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn publisher_of(&self, token: &str) -> Result<Option<PublisherId>, StoreError> {
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return Ok(None);
        }
        let hash = sha256(token);
        if let Some(publisher) = self.cache.get(&hash) {
            return Ok(Some(publisher));
        }
        let item = self.table.get(&key(&format!("TOKEN#{hash}"), "TOKEN"), false).await?;
        let Some(item) = item else { return Ok(None) };
        let publisher =
            PublisherId::parse(text(&item, "publisher")?).map_err(StoreError::corrupt)?;
        self.cache.put(hash, publisher.clone());
        Ok(Some(publisher))
    }

    /// Makes a token for a publisher: 48 characters, as Cleeng's are. It is shown this once.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn issue(&self, publisher: &PublisherId) -> Result<SecretString, StoreError> {
        let mut random = [0; 36];
        rand::fill(&mut random).map_err(StoreError::unavailable)?;
        let token = SecretString::from(URL_SAFE_NO_PAD.encode(random));
        let hash = sha256(token.expose_secret());
        let mut item = key(&format!("TOKEN#{hash}"), "TOKEN");
        item.insert("publisher".to_owned(), string(publisher.as_str()));
        self.table.put(item).await?;
        Ok(token)
    }
}
