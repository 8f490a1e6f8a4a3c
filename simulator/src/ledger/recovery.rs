//! Payments that fail, and what becomes of the plan: grace, hold, recovery or the end.

use jiff::{SignedDuration, Timestamp};

use super::{Ledger, Refused, Standing, a_second_after};
use crate::message::{Event, Kind, Message};

/// How long after the end of the term Roku's sample of GraceInitiated is dated.
const NOTICED_AFTER: SignedDuration = SignedDuration::from_secs(3);

impl Ledger {
    /// From now on the charges for a plan fail.
    pub(crate) fn fail_payments(&mut self, transaction: &str) -> Result<(), Refused> {
        let index = self.position(transaction)?;
        let purchase = &mut self.purchases[index];
        if purchase.cancelled || purchase.expires_at.is_none() {
            return Err(Refused::DoesNotRenew(transaction.to_owned()));
        }
        purchase.payments_fail = true;
        Ok(())
    }

    /// The customer has a payment method that works: what is outstanding is paid now.
    pub(crate) fn mend_payments(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let index = self.position(transaction)?;
        let standing = self.purchases[index].standing;
        if standing == Standing::Inactive {
            return Err(Refused::Ended(transaction.to_owned()));
        }
        self.purchases[index].payments_fail = false;
        if !matches!(standing, Standing::Grace { .. } | Standing::OnHold) {
            return Ok(Vec::new());
        }
        let charge = self.charge_term(index, now);
        let kind = if standing == Standing::OnHold {
            self.purchases[index].begin_terms_anew(charge);
            Kind::OnHoldRecovered
        } else {
            self.purchases[index].continue_terms(charge);
            Kind::GraceRecovered
        };
        Ok(vec![self.tell_charge(index, kind, now)])
    }

    /// The charge for the next term fails.
    pub(super) fn fail_charge(&mut self, index: usize, due: Timestamp) -> Message {
        let grace_days = self.grace_days;
        let purchase = &mut self.purchases[index];
        purchase.fall_behind(grace_days);
        if purchase.standing == Standing::OnHold {
            return self.tell(index, Kind::OnHoldInitiated, a_second_after(due));
        }
        // The sample names a charge and not the event (`roku-pay.md` §2.2).
        let transaction = purchase.latest.transaction.clone();
        let at = due.checked_add(NOTICED_AFTER).unwrap_or(due);
        self.push(index, Event { transaction, ..Event::new(Kind::GraceInitiated, at) })
    }

    /// Grace is over.
    pub(super) fn put_on_hold(&mut self, index: usize, due: Timestamp) -> Message {
        self.purchases[index].standing = Standing::OnHold;
        self.tell(index, Kind::OnHoldInitiated, a_second_after(due))
    }

    /// Roku stops asking for the money: a passive cancellation, with a date long past.
    pub(super) fn give_up(&mut self, index: usize, due: Timestamp) -> Message {
        self.purchases[index].end();
        self.reinstate_replaced(index);
        self.tell(index, Kind::Cancellation, a_second_after(due))
    }
}
