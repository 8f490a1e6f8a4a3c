//! Finds a customer by whatever the person at the telephone has: an e-mail address, a customer id, a
//! Roku customer, or a transaction.

use usher::domain::email::Email;
use usher::domain::id::{CustomerId, PublisherId, RokuCustomerId, TransactionId};
use usher::store::customers::Customers;
use usher::store::histories::{Histories, History};
use usher::store::{StoreError, Table};

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
