//! How time passes.

use std::sync::Arc;

use jiff::Timestamp;

use super::Simulator;
use crate::delivery::Delivery;
use crate::ledger::{Ledger, Refused};

impl Simulator {
    /// Moves the clock to the end of a purchase's term, so that its next term is charged.
    ///
    /// # Errors
    /// [`Refused`] when it is unknown or will not be renewed.
    pub async fn renew(self: &Arc<Self>, transaction: &str) -> Result<Vec<Delivery>, Refused> {
        let due = self.read_ledger(|ledger| ledger.renews_at(transaction))?;
        Ok(self.move_clock(due).await)
    }

    /// What has fallen due by the clock of the simulation happens. Nothing does that but this and
    /// what moves the clock.
    pub async fn pass_time(self: &Arc<Self>) -> Vec<Delivery> {
        self.move_clock(self.clock.now()).await
    }

    /// Moves the clock ahead. What falls due on the way happens, in order, and is pushed.
    pub async fn move_clock(self: &Arc<Self>, to: Timestamp) -> Vec<Delivery> {
        let _passing = self.passing.lock().await;
        let mut deliveries = Vec::new();
        while let Some(due) = self.read_ledger(Ledger::next_due).filter(|due| *due <= to) {
            self.clock.move_to(due);
            let messages = self.with_ledger(|ledger| self.note(ledger.pass(due)));
            deliveries.extend(self.send(messages).await);
        }
        if self.clock.move_to(to) {
            self.changes.send_modify(|changes| *changes += 1);
        }
        deliveries
    }
}
