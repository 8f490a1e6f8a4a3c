//! `usher customer delete`: erasure.

use serde_json::json;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::customers::Customers;
use usher::store::receipts::Receipts;

use super::known::{Found, KnownCustomerArguments};
use crate::commands::{Failure, print};

/// Forgets a customer.
///
/// # Errors
/// When nobody is found, it was not said to do it, or the table cannot be used: then the same command
/// goes on where this one stopped.
pub(super) async fn run(arguments: KnownCustomerArguments, yes: bool) -> Result<(), Failure> {
    let found = arguments.open().await?;
    let id = found.customer.id.clone();
    if !yes {
        let what = "address, names, tokens and posted orders";
        return Err(format!("customer {id} would be forgotten for good ({what}): add --yes").into());
    }
    erase(&found).await.map_err(|error| error.in_short())?;
    print(&if found.json {
        json!({ "customer": id, "deleted": true }).to_string()
    } else {
        format!("Customer {id} is forgotten. What Roku told of the money stays.")
    })
}

/// The address goes last, so that a customer who is forgotten by half is found again.
async fn erase(found: &Found) -> Result<(), StoreError> {
    let Found { config, publisher, customer, now, .. } = found;
    Receipts::new(&config.table).forget_orders(publisher, &customer.id).await?;
    Accounts::new(&config.table).unlink(publisher, &customer.id).await?;
    Customers::new(&config.table).erase(publisher, customer, *now).await
}
