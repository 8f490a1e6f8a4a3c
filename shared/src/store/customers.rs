//! Customers: by e-mail, and registered on first sight.

use std::fmt;

use aws_lc_rs::rand;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use secrecy::{ExposeSecret, SecretString};

use super::{Item, StoreError, Table, customer_pk, key, string, text};
use crate::domain::id::{CustomerId, PublisherId};

/// An e-mail address is at most 254 characters long (RFC 5321 §4.5.3).
const MAX_EMAIL_BYTES: usize = 254;
/// How often registering tries another id before it gives up; two in a row are already unlikely.
const MAX_ATTEMPTS: usize = 5;

/// A customer's e-mail address, compared without case. Never shown in a log.
#[derive(Clone)]
pub struct Email(SecretString);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address of at most {MAX_EMAIL_BYTES} characters")]
pub struct InvalidEmail;

impl Email {
    /// Reads an address. Lenient on purpose: the publisher's own sign-up has checked it.
    ///
    /// # Errors
    /// [`InvalidEmail`] when it cannot be one.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let has_two_sides = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        if has_two_sides && plain && text.len() <= MAX_EMAIL_BYTES {
            Ok(Self(SecretString::from(text.to_lowercase())))
        } else {
            Err(InvalidEmail)
        }
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}

/// Finds customers.
#[derive(Debug)]
pub struct Customers {
    table: Table,
}

impl Customers {
    /// The customers of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// The customer with this address, if one is registered.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find(
        &self,
        publisher: &PublisherId,
        email: &Email,
    ) -> Result<Option<CustomerId>, StoreError> {
        let item = self.table.get(&email_key(publisher, email), true).await?;
        let id = |item: Item| {
            CustomerId::parse(text(&item, "customer_id")?).map_err(StoreError::corrupt)
        };
        item.map(id).transpose()
    }

    /// The customer with this address, registered if need be. Two at once get the same customer.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn find_or_register(
        &self,
        publisher: &PublisherId,
        email: &Email,
    ) -> Result<CustomerId, StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            if let Some(customer) = self.find(publisher, email).await? {
                return Ok(customer);
            }
            let customer = random_id()?;
            if self.register(publisher, email, &customer).await? {
                return Ok(customer);
            }
        }
        Err(StoreError::Contended)
    }

    /// Writes both items or neither; says whether both keys were free.
    async fn register(
        &self,
        publisher: &PublisherId,
        email: &Email,
        customer: &CustomerId,
    ) -> Result<bool, StoreError> {
        let mut by_email = email_key(publisher, email);
        by_email.insert("customer_id".to_owned(), string(customer.as_str()));
        let mut itself = key(&customer_pk(publisher, customer), "CUSTOMER");
        itself.insert("email".to_owned(), string(email.0.expose_secret()));
        self.table.transact([self.put_if_free(by_email)?, self.put_if_free(itself)?]).await
    }

    fn put_if_free(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build())
    }
}

fn email_key(publisher: &PublisherId, email: &Email) -> Item {
    key(&format!("EMAIL#{publisher}#{}", email.0.expose_secret()), "EMAIL")
}

/// Nine digits, as Cleeng's are, so that clients that read them as integers go on (§4).
fn random_id() -> Result<CustomerId, StoreError> {
    let mut random = [0; 8];
    rand::fill(&mut random).map_err(StoreError::unavailable)?;
    let id = 100_000_000 + u64::from_le_bytes(random) % 900_000_000;
    CustomerId::parse(&id.to_string()).map_err(StoreError::corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_without_case_and_never_shown() {
        let email = Email::parse(" Ann@Example.com ").unwrap();
        assert_eq!(email.0.expose_secret(), "ann@example.com");
        assert_eq!(format!("{email:?}"), "Email(hidden)");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "ann", "@b", "a@", "a@b@c", "a b@c", "a@b\n", &format!("{}@b", "a".repeat(254))]
        {
            let refused = Email::parse(text).is_err();
            assert!(refused || text == "a@b\n", "{text}");
        }
    }
}
