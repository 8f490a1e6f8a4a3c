//! Customers: by id, by e-mail and by the publisher's own id of them, registered on first sight.
//!
//! A customer's item carries `linked_to` and `tokens_revoked_at` once their tokens have been revoked:
//! then it stands in the index `by_customer` beside their accounts, so that an access check, which
//! reads that index, sees it without a second read.

use aws_lc_rs::rand;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use super::{
    EXPIRES_AT, Item, StoreError, Table, customer_pk, from_item, in_key, key, number, simultaneous,
    sortable, string, text, to_item,
};
use crate::digest::sha256;
use crate::domain::customer::{Customer, Profile};
use crate::domain::email::Email;
use crate::domain::fact::later;
use crate::domain::id::{CustomerId, PublisherId};

/// How often registering tries another id before it gives up; two in a row are already unlikely.
const MAX_ATTEMPTS: usize = 5;

/// How long it is remembered that an address was somebody's who is forgotten: longer than the tokens of
/// identity providers live.
const KEPT_AS_ERASED: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What the customer's own item is sorted under.
pub(super) const CUSTOMER: &str = "CUSTOMER";
/// Until when tokens were revoked.
pub(super) const REVOKED_AT: &str = "tokens_revoked_at";

/// Finds customers, and writes them.
#[derive(Debug)]
pub struct Customers {
    table: Table,
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// They are a customer now.
    New(CustomerId),
    /// The address, or the publisher's own id, is this customer's already.
    Exists(CustomerId),
}

/// What became of a change of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailChange {
    /// It is the customer's.
    Changed,
    /// It is another customer's.
    Taken,
}

/// A customer, and until when their tokens are worth nothing.
#[derive(Debug, Clone)]
pub struct KnownCustomer {
    /// The customer.
    pub customer: Customer,
    /// Tokens that were issued up to then are revoked.
    pub tokens_revoked_at: Option<Timestamp>,
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
        self.named(&email_key(publisher, email)).await
    }

    /// The customer whom the publisher itself calls so.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find_by_external_id(
        &self,
        publisher: &PublisherId,
        external_id: &str,
    ) -> Result<Option<CustomerId>, StoreError> {
        self.named(&external_key(publisher, external_id)).await
    }

    async fn named(&self, name: &Item) -> Result<Option<CustomerId>, StoreError> {
        let item = self.table.get(name, true).await?;
        item.map(|item| id_in(&item)).transpose()
    }

    /// A customer by id; none where nobody has it, or they were erased.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn get(
        &self,
        publisher: &PublisherId,
        id: &CustomerId,
    ) -> Result<Option<KnownCustomer>, StoreError> {
        let item = self.table.get(&own_key(publisher, id), true).await?;
        let Some(item) = item.filter(|item| item.contains_key("email")) else { return Ok(None) };
        let email = Email::parse(text(&item, "email")?).map_err(StoreError::corrupt)?;
        let (registered_at, tokens_revoked_at) =
            (moment(&item, "registered_at"), revoked_at(&item));
        let profile = from_item(item)?;
        let customer = Customer { id: id.clone(), email, profile, registered_at };
        Ok(Some(KnownCustomer { customer, tokens_revoked_at }))
    }

    /// The customer with this address, registered if need be. Two at once get the same customer.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn find_or_register(
        &self,
        publisher: &PublisherId,
        email: &Email,
        now: Timestamp,
    ) -> Result<CustomerId, StoreError> {
        if let Some(customer) = self.find(publisher, email).await? {
            return Ok(customer);
        }
        match self.register(publisher, email, &Profile::default(), now).await? {
            Registered::New(customer) | Registered::Exists(customer) => Ok(customer),
        }
    }

    /// Registers a customer, unless the address or the publisher's own id is somebody's.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn register(
        &self,
        publisher: &PublisherId,
        email: &Email,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Registered, StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            let customer = random_id()?;
            let mut itself = to_item(profile)?;
            itself.extend(own_key(publisher, &customer));
            itself.insert("email".to_owned(), string(email.expose_secret()));
            itself.insert("registered_at".to_owned(), string(sortable(now)));
            let external = profile.external_id.as_ref().map(|id| external_key(publisher, id));
            let names = [Some(email_key(publisher, email)), external].into_iter().flatten();
            let names: Vec<Item> = names.collect();
            let mut puts = vec![self.put_if_free(itself)?];
            for name in &names {
                puts.push(self.put_if_free(naming(name, &customer))?);
            }
            if self.table.transact(puts).await? {
                return Ok(Registered::New(customer));
            }
            for name in &names {
                if let Some(holder) = self.named(name).await? {
                    return Ok(Registered::Exists(holder));
                }
            }
        }
        Err(StoreError::Contended)
    }

    /// Notes the publisher's own id of a customer who has none yet, unless it is somebody else's. Says
    /// whether it is the customer's now.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn name_externally(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
        external_id: &str,
    ) -> Result<bool, StoreError> {
        let update = Update::builder().table_name(&self.table.name);
        let update = update
            .set_key(Some(own_key(publisher, customer)))
            .update_expression("SET external_id = :id")
            .condition_expression("attribute_exists(email) AND attribute_not_exists(external_id)")
            .expression_attribute_values(":id", string(external_id))
            .build();
        let update = update.map_err(StoreError::unavailable)?;
        let changes = [
            TransactWriteItem::builder().update(update).build(),
            self.put_if_free(naming(&external_key(publisher, external_id), customer))?,
        ];
        if self.table.transact(changes).await? {
            return Ok(true);
        }
        let holder = self.find_by_external_id(publisher, external_id).await?;
        Ok(holder.as_ref() == Some(customer))
    }

    /// Gives a customer another address. Their tokens stay good.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used, or the customer was changed meanwhile.
    pub async fn change_email(
        &self,
        publisher: &PublisherId,
        customer: &Customer,
        new: &Email,
    ) -> Result<EmailChange, StoreError> {
        if new.expose_secret() == customer.email.expose_secret() {
            return Ok(EmailChange::Changed);
        }
        let update = Update::builder().table_name(&self.table.name);
        let update = update
            .set_key(Some(own_key(publisher, &customer.id)))
            .update_expression("SET email = :new")
            .condition_expression("email = :old")
            .expression_attribute_values(":new", string(new.expose_secret()))
            .expression_attribute_values(":old", string(customer.email.expose_secret()))
            .build();
        let update = update.map_err(StoreError::unavailable)?;
        let changes = [
            TransactWriteItem::builder().update(update).build(),
            self.put_if_free(naming(&email_key(publisher, new), &customer.id))?,
            self.delete(email_key(publisher, &customer.email))?,
        ];
        if self.table.transact(changes).await? {
            return Ok(EmailChange::Changed);
        }
        match self.find(publisher, new).await? {
            Some(holder) if holder == customer.id => Ok(EmailChange::Changed),
            Some(_) => Ok(EmailChange::Taken),
            None => Err(StoreError::Contended),
        }
    }

    /// Makes every token that was issued to a customer until now worth nothing. What was revoked before
    /// stays revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn revoke_tokens(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let request = self.table.client.update_item().set_key(Some(own_key(publisher, customer)));
        let request = request
            .update_expression(format!("SET {REVOKED_AT} = :now, linked_to = :itself"))
            .condition_expression(format!(
                "attribute_exists(pk) AND (attribute_not_exists({REVOKED_AT}) OR {REVOKED_AT} < :now)"
            ))
            .expression_attribute_values(":now", string(sortable(now)))
            .expression_attribute_values(":itself", string(customer_pk(publisher, customer)));
        self.table.update(request).await.map(drop)
    }

    /// Forgets a customer's personal data and revokes their tokens. What is left is an id without a
    /// person, for the money that was paid under it.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used, or the customer was changed since they were read;
    /// nothing is forgotten then.
    pub async fn erase(
        &self,
        publisher: &PublisherId,
        customer: &Customer,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let pk = customer_pk(publisher, &customer.id);
        let mut left = own_key(publisher, &customer.id);
        left.insert("erased_at".to_owned(), string(sortable(now)));
        left.insert(REVOKED_AT.to_owned(), string(sortable(now)));
        left.insert("linked_to".to_owned(), string(pk));
        let put = Put::builder().table_name(&self.table.name).set_item(Some(left));
        let put = put.expression_attribute_values(":email", string(customer.email.expose_secret()));
        // As it was read: names that were given meanwhile would be left behind.
        let put = match &customer.profile.external_id {
            None => {
                put.condition_expression("email = :email AND attribute_not_exists(external_id)")
            }
            Some(id) => put
                .condition_expression("email = :email AND external_id = :id")
                .expression_attribute_values(":id", string(id)),
        };
        let put = put.build().map_err(StoreError::unavailable)?;
        let mut changes = vec![
            TransactWriteItem::builder().put(put).build(),
            self.delete(email_key(publisher, &customer.email))?,
        ];
        let mut erased = erased_key(publisher, &customer.email);
        erased.insert("erased_at".to_owned(), string(sortable(now)));
        let goes_at = later(now, KEPT_AS_ERASED).as_second();
        erased.insert(EXPIRES_AT.to_owned(), number(goes_at));
        let erased = Put::builder().table_name(&self.table.name).set_item(Some(erased)).build();
        let erased = erased.map_err(StoreError::unavailable)?;
        changes.push(TransactWriteItem::builder().put(erased).build());
        if let Some(external_id) = &customer.profile.external_id {
            changes.push(self.delete(external_key(publisher, external_id))?);
        }
        for places in simultaneous::all_keys(publisher, &customer.id) {
            changes.push(self.delete(places)?);
        }
        if self.table.transact(changes).await? { Ok(()) } else { Err(StoreError::Contended) }
    }

    /// When the customer who had this address was forgotten; none where it was nobody's, or some days
    /// have passed.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn erased_at(
        &self,
        publisher: &PublisherId,
        email: &Email,
    ) -> Result<Option<Timestamp>, StoreError> {
        let item = self.table.get(&erased_key(publisher, email), true).await?;
        Ok(item.and_then(|item| moment(&item, "erased_at")))
    }

    fn put_if_free(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table.name).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        Ok(TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build())
    }

    fn delete(&self, key: Item) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&self.table.name).set_key(Some(key)).build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(StoreError::unavailable)?).build())
    }
}

/// Until when the tokens of the customer were revoked whose item this is.
pub(super) fn revoked_at(item: &Item) -> Option<Timestamp> {
    moment(item, REVOKED_AT)
}

fn moment(item: &Item, name: &str) -> Option<Timestamp> {
    text(item, name).ok()?.parse().ok()
}

fn own_key(publisher: &PublisherId, id: &CustomerId) -> Item {
    key(&customer_pk(publisher, id), CUSTOMER)
}

fn email_key(publisher: &PublisherId, email: &Email) -> Item {
    key(&format!("EMAIL#{publisher}#{}", email.expose_secret()), "EMAIL")
}

/// By hash: it is about somebody who asked to be forgotten.
fn erased_key(publisher: &PublisherId, email: &Email) -> Item {
    key(&format!("ERASED#{publisher}#{}", sha256(email.expose_secret())), "ERASED")
}

fn external_key(publisher: &PublisherId, external_id: &str) -> Item {
    key(&format!("EXTERNAL#{publisher}#{}", in_key(external_id)), "EXTERNAL")
}

/// The item by which a name finds its customer.
fn naming(name: &Item, customer: &CustomerId) -> Item {
    let mut item = name.clone();
    item.insert("customer_id".to_owned(), string(customer.as_str()));
    item
}

fn id_in(item: &Item) -> Result<CustomerId, StoreError> {
    CustomerId::parse(text(item, "customer_id")?).map_err(StoreError::corrupt)
}

/// Nine digits, as Cleeng's are, so that clients that read them as integers go on (§4).
fn random_id() -> Result<CustomerId, StoreError> {
    let mut random = [0; 8];
    rand::fill(&mut random).map_err(StoreError::unavailable)?;
    let id = 100_000_000 + u64::from_le_bytes(random) % 900_000_000;
    CustomerId::parse(&id.to_string()).map_err(StoreError::corrupt)
}
