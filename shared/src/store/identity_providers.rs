//! Whose identity provider an issuer is: a token that a publisher's own provider signed names its
//! issuer and audience, and no publisher.

use super::{Item, StoreError, Table, key, string, text};
use crate::digest::sha256;
use crate::domain::id::PublisherId;
use crate::domain::publisher::IdentityProvider;

/// Tells whose an identity provider is.
#[derive(Debug)]
pub struct IdentityProviders {
    table: Table,
}

impl IdentityProviders {
    /// The identity providers of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// The publisher that named this issuer and audience in its settings, when they were saved last.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn publisher_of(
        &self,
        issuer: &str,
        audience: &str,
    ) -> Result<Option<PublisherId>, StoreError> {
        let item = self.table.get(&provider_key(issuer, audience), false).await?;
        item.map(|item| PublisherId::parse(text(&item, "publisher")?).map_err(StoreError::corrupt))
            .transpose()
    }

    /// Notes whose a provider is. Says whether it is; another publisher's stays that publisher's.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn claim(
        &self,
        publisher: &PublisherId,
        provider: &IdentityProvider,
    ) -> Result<bool, StoreError> {
        let mut item = provider_key(&provider.issuer, &provider.audience);
        item.insert("publisher".to_owned(), string(publisher.as_str()));
        let own = Item::from([(":own".to_owned(), string(publisher.as_str()))]);
        let free_or_own = "attribute_not_exists(pk) OR publisher = :own";
        Ok(self.table.put_if(item, free_or_own, Some(own)).await?.is_some())
    }

    /// Lets go of a provider that a publisher does not name any more.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn release(
        &self,
        publisher: &PublisherId,
        provider: &IdentityProvider,
    ) -> Result<(), StoreError> {
        let key = provider_key(&provider.issuer, &provider.audience);
        let own = string(publisher.as_str());
        self.table.delete_if(key, "publisher = :own", Item::from([(":own".to_owned(), own)])).await
    }
}

fn provider_key(issuer: &str, audience: &str) -> Item {
    key(&format!("ISSUER#{}", sha256(issuer)), &format!("AUDIENCE#{}", sha256(audience)))
}
