//! How time passes.

use std::sync::Arc;

use jiff::Timestamp;

use super::Simulator;
use crate::delivery::Delivery;
use crate::ledger::Refused;

impl Simulator {
    /// Moves the clock to the end of a purchase's term, so that its next term is charged.
    ///
    /// # Errors
    /// [`Refused`] when it is unknown or will not be renewed.
    pub async fn renew(self: &Arc<Self>, transaction: &str) -> Result<Vec<Delivery>, Refused> {
        let due = self.with_ledger(|ledger| ledger.renews_at(transaction))?;
        Ok(self.move_clock(due).await)
    }

    /// Moves the clock ahead. What falls due on the way happens, in order, and is pushed.
    pub async fn move_clock(self: &Arc<Self>, to: Timestamp) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while let Some(due) = self.with_ledger(|ledger| ledger.next_due()).filter(|due| *due <= to)
        {
            self.clock.move_to(due);
            let messages = self.with_ledger(|ledger| ledger.pass(due));
            deliveries.extend(self.push(messages).await);
        }
        self.clock.move_to(to);
        deliveries
    }
}
