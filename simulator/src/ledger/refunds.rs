//! The refunds that were made, as validate-refund finds them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Ledger, Purchase};
use crate::id::plain;

/// A refund that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RefundMade {
    /// Roku's `RefundId`. The push about the refund has it for its `transactionId`.
    pub(crate) id: String,
    pub(super) purchase: usize,
    /// What went back to the customer, in US dollars: above zero.
    pub(crate) amount: Decimal,
    pub(crate) at: Timestamp,
}

impl Ledger {
    /// A refund and the purchase that it is of, compared without case and hyphens.
    pub(crate) fn find_refund(&self, id: &str) -> Option<(&RefundMade, &Purchase)> {
        let plain_id = plain(id);
        let refund = self.refunds.iter().find(|refund| refund.id == plain_id)?;
        Some((refund, self.purchases.get(refund.purchase)?))
    }
}
