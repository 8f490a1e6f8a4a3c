//! Publisher tokens, of which only a hash is stored.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::rand;
use aws_sdk_dynamodb::types::TransactWriteItem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::{Item, StoreError, Table, key, sortable, string, text};
use crate::cache::Cache;
use crate::digest::sha256;
use crate::domain::id::PublisherId;

/// How long a token is accepted after it was last looked up.
const FRESH: Duration = Duration::from_secs(60);

/// Longer than any token in the field (`cleeng-api.md` §7: 46 to 49 characters).
const MAX_TOKEN_BYTES: usize = 256;

/// Of a hash: enough to tell a publisher's tokens apart.
const ID_DIGITS: usize = 12;

const MAX_NAME_CHARS: usize = 64;

/// What the sort keys of a publisher's list begin with.
const ENTRY: &str = "TOKEN#";

/// Tells whose a publisher token is, issues them, lists them and takes them back.
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
    pub async fn issue(
        &self,
        publisher: &PublisherId,
        name: Option<TokenName>,
        now: Timestamp,
    ) -> Result<SecretString, StoreError> {
        let mut random = [0; 36];
        rand::fill(&mut random).map_err(StoreError::unavailable)?;
        let token = SecretString::from(URL_SAFE_NO_PAD.encode(random));
        let hash = sha256(token.expose_secret());
        let [mut item, mut entry] = keys(publisher, &hash);
        item.insert("publisher".to_owned(), string(publisher.as_str()));
        entry.insert("created_at".to_owned(), string(sortable(now)));
        if let Some(TokenName(name)) = name {
            entry.insert("name".to_owned(), string(name));
        }
        self.write([self.table.to_put(item)?, self.table.to_put(entry)?]).await?;
        Ok(token)
    }

    /// The tokens of a publisher, the oldest first. Those that were issued before there was a list
    /// are not in it.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn list(&self, publisher: &PublisherId) -> Result<Vec<ListedToken>, StoreError> {
        let entries = self.table.all_beginning(string(list_pk(publisher)), ENTRY).await?;
        let mut listed = entries.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        listed.sort_by_key(|token| token.created_at);
        Ok(listed)
    }

    /// Takes a token back; says whether the publisher had it. Functions that have looked it up
    /// accept it for up to a minute more.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn revoke(&self, publisher: &PublisherId, id: &TokenId) -> Result<bool, StoreError> {
        let prefix = format!("{ENTRY}{}", id.0);
        let entries = self.table.all_beginning(string(list_pk(publisher)), &prefix).await?;
        for entry in &entries {
            let [item, entry] = keys(publisher, hash_of(entry)?);
            self.write([self.table.to_delete(item)?, self.table.to_delete(entry)?]).await?;
        }
        Ok(!entries.is_empty())
    }

    async fn write(&self, changes: [TransactWriteItem; 2]) -> Result<(), StoreError> {
        let written = self.table.transact(changes).await?;
        written.then_some(()).ok_or(StoreError::Contended)
    }
}

/// A token as its publisher's list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedToken {
    /// What it is revoked by.
    pub id: TokenId,
    /// What it is for, if anybody said.
    pub name: Option<TokenName>,
    /// When it was issued.
    pub created_at: Timestamp,
}

/// What a token is called by where it must not be shown: the first twelve digits of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenId(String);

/// Why a text is no id of a token. Does not repeat it, since it may be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the {ID_DIGITS} hexadecimal digits that the list of tokens shows")]
pub struct InvalidTokenId;

impl TokenId {
    /// The id of a token.
    pub fn of(token: &SecretString) -> Self {
        Self(sha256(token.expose_secret())[..ID_DIGITS].to_owned())
    }

    /// Reads an id.
    ///
    /// # Errors
    /// [`InvalidTokenId`] when it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidTokenId> {
        let text = text.trim().to_ascii_lowercase();
        let is_id = text.len() == ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then_some(Self(text)).ok_or(InvalidTokenId)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a publisher calls a token, so as to know it again: 1 to 64 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenName(String);

/// Why a text is no name of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_NAME_CHARS} characters on one line")]
pub struct InvalidTokenName;

impl TokenName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidTokenName`] when it is empty, too long, or has control characters in it.
    pub fn parse(text: &str) -> Result<Self, InvalidTokenName> {
        let text = text.trim();
        let fits = (1..=MAX_NAME_CHARS).contains(&text.chars().count());
        let is_name = fits && !text.chars().any(char::is_control);
        is_name.then(|| Self(text.to_owned())).ok_or(InvalidTokenName)
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys of a token, and of its entry in the list of the publisher's.
fn keys(publisher: &PublisherId, hash: &str) -> [Item; 2] {
    let entry = key(&list_pk(publisher), &format!("{ENTRY}{hash}"));
    [key(&format!("TOKEN#{hash}"), "TOKEN"), entry]
}

fn list_pk(publisher: &PublisherId) -> String {
    format!("TOKENS#{publisher}")
}

fn hash_of(entry: &Item) -> Result<&str, StoreError> {
    let hash = text(entry, "sk")?.strip_prefix(ENTRY);
    hash.ok_or_else(|| StoreError::corrupt("no hash of a token"))
}

fn listed(entry: &Item) -> Result<ListedToken, StoreError> {
    let id = hash_of(entry)?.get(..ID_DIGITS);
    let id = TokenId::parse(id.unwrap_or_default()).map_err(StoreError::corrupt)?;
    let name = entry.contains_key("name").then(|| text(entry, "name")).transpose()?;
    let name = name.map(TokenName::parse).transpose().map_err(StoreError::corrupt)?;
    let created_at = text(entry, "created_at")?.parse().map_err(StoreError::corrupt)?;
    Ok(ListedToken { id, name, created_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_called_by_the_beginning_of_its_hash() {
        let token = SecretString::from("a token");
        let id = TokenId::of(&token);
        let [_, entry] = keys(&PublisherId::parse("1").unwrap(), &sha256("a token"));
        assert_eq!(hash_of(&entry).unwrap()[..ID_DIGITS], id.to_string());
        assert_eq!(TokenId::parse(&format!(" {} ", id.to_string().to_uppercase())), Ok(id));
    }

    #[test]
    fn what_is_no_id_or_no_name_is_refused() {
        for text in ["", "0123456789a", "0123456789abc", "0123456789ag", "0123456789é"] {
            assert_eq!(TokenId::parse(text), Err(InvalidTokenId), "{text}");
        }
        for text in ["", " ", "two\nlines", &"n".repeat(65)] {
            assert_eq!(TokenName::parse(text), Err(InvalidTokenName), "{text}");
        }
        let longest = "ä".repeat(64);
        assert_eq!(TokenName::parse(&longest).unwrap().to_string(), longest);
    }
}
