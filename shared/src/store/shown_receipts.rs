//! How many receipts a customer shows by themselves. Each that Roku does not know is asked about five
//! times, and the turns at asking are the publisher's: one customer must not take them all.

use jiff::Timestamp;

use super::{EXPIRES_AT, StoreError, Table, customer_pk, key, number};
use crate::domain::id::{CustomerId, PublisherId};

/// So many in an hour. An app that shows its receipt with every start does not come near.
pub const MAX_PER_HOUR: u32 = 60;

const HOUR_S: i64 = 3600;

/// Counts the receipts of customers.
#[derive(Debug)]
pub struct ShownReceipts {
    table: Table,
}

impl ShownReceipts {
    /// The counts of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Counts a receipt, and says whether the customer may show it.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn count(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let hour = now.as_second().div_euclid(HOUR_S);
        let item = key(&customer_pk(publisher, customer), &format!("SHOWN#{hour}"));
        let request = self.table.client.update_item().set_key(Some(item));
        let request = request
            .update_expression(format!("ADD shown :one SET {EXPIRES_AT} = :end"))
            .condition_expression("attribute_not_exists(shown) OR shown < :most")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(MAX_PER_HOUR))
            .expression_attribute_values(":end", number((hour + 2) * HOUR_S));
        Ok(self.table.update(request).await?.is_some())
    }
}
