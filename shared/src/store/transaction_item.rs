//! What is known of a transaction: whose account it belongs to, and who last showed a receipt for
//! it. Two functions write an attribute each; neither knows of the other's.

use super::{Item, StoreError, Table, in_key, key, string};
use crate::domain::id::{PublisherId, TransactionId};

/// The Roku customer that the transaction belongs to.
pub(super) const ROKU_CUSTOMER: &str = "roku_customer";
/// The customer who showed a receipt for the transaction last.
pub(super) const RECEIPT_OF: &str = "receipt_of";

pub(super) fn transaction_key(publisher: &PublisherId, transaction: &TransactionId) -> Item {
    key(&format!("TX#{publisher}#{}", in_key(transaction.as_str())), "TX")
}

pub(super) async fn remember(
    table: &Table,
    publisher: &PublisherId,
    transaction: &TransactionId,
    attribute: &str,
    value: &str,
) -> Result<(), StoreError> {
    let request = table.client.update_item();
    let request = request
        .set_key(Some(transaction_key(publisher, transaction)))
        .update_expression(format!("SET {attribute} = :value"))
        .expression_attribute_values(":value", string(value));
    table.update(request).await?;
    Ok(())
}
