//! Customers: by e-mail, and registered on first sight.

use aws_lc_rs::rand;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use secrecy::ExposeSecret;

use super::{Item, StoreError, Table, customer_pk, key, string, text};
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, PublisherId};

/// How often registering tries another id before it gives up; two in a row are already unlikely.
const MAX_ATTEMPTS: usize = 5;

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
        itself.insert("email".to_owned(), string(email.expose_secret()));
        self.table.transact([self.put_if_free(by_email)?, self.put_if_free(itself)?]).await
    }

    fn put_if_free(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build())
    }
}

fn email_key(publisher: &PublisherId, email: &Email) -> Item {
    key(&format!("EMAIL#{publisher}#{}", email.expose_secret()), "EMAIL")
}

/// Nine digits, as Cleeng's are, so that clients that read them as integers go on (§4).
fn random_id() -> Result<CustomerId, StoreError> {
    let mut random = [0; 8];
    rand::fill(&mut random).map_err(StoreError::unavailable)?;
    let id = 100_000_000 + u64::from_le_bytes(random) % 900_000_000;
    CustomerId::parse(&id.to_string()).map_err(StoreError::corrupt)
}
