//! What a device gets back from an order.

use serde::Serialize;

use super::Purchase;

/// What a device gets back from an order (`roSGNode ChannelStore`, `orderStatus`). Amounts are
/// text with a currency sign, as on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The transaction.
    pub purchase_id: String,
    /// The product.
    pub code: String,
    /// How many.
    pub qty: u32,
    /// The price.
    pub amount: String,
    /// What was charged.
    pub total: String,
    /// Whose Roku account it is.
    pub roku_customer_id: String,
}

impl Order {
    pub(super) fn of(purchase: &Purchase) -> Self {
        Self {
            purchase_id: purchase.original.clone(),
            code: purchase.product.code.clone(),
            qty: 1,
            amount: format!("${:.2}", purchase.product.price),
            total: format!("${:.2}", purchase.latest.total),
            roku_customer_id: purchase.customer.clone(),
        }
    }
}
