//! How a plan hangs together with the one that it replaced, while neither has won: the downgrade
//! that waits, and the plan that is suspended for a trial (`roku-pay.md` §4).

use super::{Ledger, Purchase, Standing};

impl Ledger {
    /// The downgrade that waits for the end of a plan.
    pub(super) fn pending_after(&self, index: usize) -> Option<usize> {
        let follows = |plan: &Purchase| {
            let change = plan.change.as_ref();
            change.is_some_and(|change| change.replaced == self.purchases[index].original)
        };
        self.purchases.iter().position(|plan| {
            plan.standing == Standing::PendingActive && !plan.cancelled && follows(plan)
        })
    }

    /// Gives up the downgrade that waits for the end of a plan.
    pub(super) fn drop_pending(&mut self, index: usize) -> Option<usize> {
        let pending = self.pending_after(index)?;
        self.purchases[pending].end();
        Some(pending)
    }

    /// The plan that an upgrade replaced.
    fn left_for(&self, index: usize) -> Option<usize> {
        let change = self.purchases[index].change.as_ref().filter(|change| change.is_upgrade)?;
        self.purchases.iter().position(|plan| plan.original == change.replaced)
    }

    /// The plans that were suspended for the trial of an upgrade are over. There are several after
    /// an upgrade from trial to trial.
    pub(super) fn end_replaced(&mut self, index: usize) {
        let mut at = index;
        while let Some(old) = self.left_for(at) {
            if self.purchases[old].standing == Standing::PendingInactive {
                self.purchases[old].end();
            }
            at = old;
        }
    }

    /// The plan that was suspended for the trial of an upgrade is back. It will not renew.
    pub(super) fn reinstate_replaced(&mut self, index: usize) {
        self.set_replaced(index, Standing::PendingInactive, Standing::Active);
    }

    /// The trial of an upgrade goes on after all.
    pub(super) fn suspend_replaced(&mut self, index: usize) {
        self.set_replaced(index, Standing::Active, Standing::PendingInactive);
    }

    fn set_replaced(&mut self, index: usize, from: Standing, to: Standing) {
        if let Some(old) = self.left_for(index).filter(|old| self.purchases[*old].standing == from)
        {
            self.purchases[old].standing = to;
        }
    }
}
