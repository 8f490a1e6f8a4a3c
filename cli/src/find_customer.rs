//! Finds a customer by whatever the person at the telephone has: an e-mail address, a customer id, a
//! Roku customer, or a transaction.

use usher::domain::email::{Email, InvalidEmail};
use usher::domain::id::{CustomerId, PublisherId, RokuCustomerId, TransactionId};
use usher::store::customers::Customers;
use usher::store::histories::{Histories, History};
use usher::store::receipts::{KnownReceipt, Receipts};
use usher::store::{StoreError, Table};

/// All that is known of a customer.
#[derive(Debug)]
pub struct Whole {
    /// Who it is; none where the Roku account that was asked for is nobody's yet.
    pub customer: Option<CustomerId>,
    /// Their address; none where they were erased, or there is nobody.
    pub email: Option<Email>,
    /// The Roku accounts that are linked to the customer, and the one that was asked for.
    pub accounts: Vec<History>,
    /// The receipts that the customer has shown.
    pub receipts: Vec<KnownReceipt>,
}

/// Why nobody is shown.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// It has an `@` in it and is no address.
    #[error(transparent)]
    NoAddress(#[from] InvalidEmail),
    /// Nobody was ever registered with the address.
    #[error("no customer is registered with this e-mail address")]
    UnknownAddress,
    /// It is no id of ours or of Roku's.
    #[error("no customer with a receipt or a Roku purchase has this id, nor has Roku told of it")]
    UnknownId,
    /// The table cannot be read.
    #[error("{}", .0.in_short())]
    Store(#[from] StoreError),
}

/// The customer that `who` means, with everything: by whichever of their ids they are asked for, it
/// is the same that is found.
///
/// # Errors
/// [`NotFound`] says what is wrong with `who`, or that the table cannot be read.
pub async fn whole_customer(
    table: &Table,
    publisher: &PublisherId,
    who: &str,
) -> Result<Whole, NotFound> {
    let asked = find_customer(table, publisher, who).await?;
    let customer = match asked.iter().find_map(|history| history.holder.clone()) {
        Some(holder) => Some(holder),
        None => without_account(table, publisher, who).await?,
    };
    let (mut accounts, mut receipts, mut email) = (Vec::new(), Vec::new(), None);
    if let Some(customer) = &customer {
        let known = Customers::new(table).get(publisher, customer).await?;
        email = known.map(|known| known.customer.email);
        accounts = Histories::new(table).of_customer(publisher, customer).await?;
        receipts = Receipts::new(table).of_customer(publisher, customer).await?;
    }
    for history in asked {
        if accounts.iter().all(|known| known.roku_customer() != history.roku_customer()) {
            accounts.push(history);
        }
    }
    if customer.is_none() && accounts.is_empty() {
        return Err(NotFound::UnknownId);
    }
    Ok(Whole { customer, email, accounts, receipts })
}

/// The customer that `who` means where no Roku account is linked to them: by their address, their
/// id, or a transaction that they showed a receipt for.
async fn without_account(
    table: &Table,
    publisher: &PublisherId,
    who: &str,
) -> Result<Option<CustomerId>, NotFound> {
    if who.contains('@') {
        let email = Email::parse(who)?;
        let customer = Customers::new(table).find(publisher, &email).await?;
        return customer.map(Some).ok_or(NotFound::UnknownAddress);
    }
    let receipts = Receipts::new(table);
    if let Ok(customer) = CustomerId::parse(who) {
        let is_registered = Customers::new(table).get(publisher, &customer).await?.is_some();
        if is_registered || !receipts.of_customer(publisher, &customer).await?.is_empty() {
            return Ok(Some(customer));
        }
    }
    let Ok(transaction) = TransactionId::parse(who) else { return Ok(None) };
    let shown = receipts.find(publisher, &transaction).await?;
    Ok(shown.map(|known| known.receipt.customer))
}

/// The Roku accounts that `who` means, each with its history; none where nobody is meant, or one who
/// has bought nothing through Roku.
///
/// # Errors
/// [`StoreError`] when the table cannot be read.
pub async fn find_customer(
    table: &Table,
    publisher: &PublisherId,
    who: &str,
) -> Result<Vec<History>, StoreError> {
    let histories = Histories::new(table);
    if who.contains('@') {
        let Ok(email) = Email::parse(who) else { return Ok(Vec::new()) };
        return match Customers::new(table).find(publisher, &email).await? {
            Some(customer) => histories.of_customer(publisher, &customer).await,
            None => Ok(Vec::new()),
        };
    }
    // A short number may be a customer's id as well as a transaction's.
    if let Ok(customer) = CustomerId::parse(who) {
        let found = histories.of_customer(publisher, &customer).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if let Ok(transaction) = TransactionId::parse(who)
        && let Some(found) = histories.of_transaction(publisher, &transaction).await?
    {
        return Ok(vec![found]);
    }
    let Ok(roku_customer) = RokuCustomerId::parse(who) else { return Ok(Vec::new()) };
    Ok(Vec::from_iter(histories.of_roku_customer(publisher, &roku_customer).await?))
}
