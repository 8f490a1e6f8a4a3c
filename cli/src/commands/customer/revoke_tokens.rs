//! `usher customer revoke-tokens`.

use serde_json::json;
use usher::store::customers::Customers;

use super::known::{Found, KnownCustomerArguments};
use crate::commands::{Failure, print};

/// Makes every token of a customer worth nothing.
///
/// # Errors
/// When nobody is found, or the table cannot be used.
pub(super) async fn run(arguments: KnownCustomerArguments) -> Result<(), Failure> {
    let Found { config, publisher, id, now, json, .. } = arguments.open().await?;
    let revoked = Customers::new(&config.table).revoke_tokens(&publisher, &id, now).await;
    revoked.map_err(|error| error.in_short())?;
    print(&if json {
        json!({ "customer": id, "revokedUpTo": now }).to_string()
    } else {
        format!("The tokens that customer {id} was given until {now:.0} are worth nothing.")
    })
}
