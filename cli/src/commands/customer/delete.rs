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
/// When nobody is found, it was not said to do it, or the table cannot be used: then the command with
/// the customer's id goes on where this one stopped.
pub(super) async fn run(arguments: KnownCustomerArguments, yes: bool) -> Result<(), Failure> {
    let found = arguments.open().await?;
    let id = &found.id;
    if !yes {
        let what = "address, names, tokens and posted orders";
        return Err(format!("customer {id} would be forgotten for good ({what}): add --yes").into());
    }
    erase(&found).await.map_err(|error| {
        let why = error.in_short();
        format!("{why}: go on with usher customer delete {id} --yes")
    })?;
    print(&if found.json {
        json!({ "customer": id, "deleted": true }).to_string()
    } else {
        format!("Customer {id} is forgotten. What Roku told of the money stays.")
    })
}

/// The person goes first: from then on nothing comes in under their id. What came before goes after,
/// also where an earlier try got no further.
async fn erase(found: &Found) -> Result<(), StoreError> {
    let Found { config, publisher, id, person, now, .. } = found;
    if let Some(person) = person {
        Customers::new(&config.table).erase(publisher, person, *now).await?;
    }
    Receipts::new(&config.table).forget_orders(publisher, id).await?;
    Accounts::new(&config.table).unlink(publisher, id).await
}
