//! What customers decide about renewals: off, on again, or on at a better price.

use std::num::NonZeroU16;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Ledger, Refused, Standing};
use crate::message::{Amounts, Event, Kind, Message};

impl Ledger {
    /// A customer turns renewals off. What is unpaid ends with that, whatever date the push
    /// carries (`roku-pay.md` §10.3).
    pub(crate) fn cancel(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let index = self.position(transaction)?;
        let purchase = &mut self.purchases[index];
        if purchase.cancelled || purchase.expires_at.is_none() {
            return Err(Refused::DoesNotRenew(transaction.to_owned()));
        }
        purchase.cancelled = true;
        if matches!(purchase.standing, Standing::Grace { .. } | Standing::OnHold) {
            purchase.end();
        }
        self.reinstate_replaced(index);
        Ok(vec![self.tell(index, Kind::Cancellation, now)])
    }

    /// A customer who cancelled changes their mind before the term ends.
    pub(crate) fn resubscribe(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let index = self.in_term(transaction, now)?;
        if !self.purchases[index].cancelled {
            return Err(Refused::NotCancelled(transaction.to_owned()));
        }
        self.keep_renewing(index);
        let amounts = Some(Amounts::of(Decimal::ZERO));
        let event = Event { amounts, ..Event::new(Kind::Resubscribe, now) };
        Ok(vec![self.push(index, event)])
    }

    /// A customer who cancels, or was about to, takes an offer: the next `cycles` at half price.
    pub(crate) fn accept_offer(
        &mut self,
        transaction: &str,
        cycles: NonZeroU16,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let index = self.in_term(transaction, now)?;
        self.keep_renewing(index);
        self.purchases[index].offer_cycles = Some(cycles.get());
        Ok(vec![self.tell(index, Kind::CancellationOfferInitiated, now)])
    }

    /// A subscription in its term, or about to begin one, with no other plan in its place.
    fn in_term(&self, transaction: &str, now: Timestamp) -> Result<usize, Refused> {
        let index = self.position(transaction)?;
        let purchase = &self.purchases[index];
        match (purchase.standing, purchase.expires_at) {
            (Standing::Grace { .. } | Standing::OnHold, _) => {
                return Err(Refused::Unpaid(transaction.to_owned()));
            }
            (_, None) => return Err(Refused::DoesNotRenew(transaction.to_owned())),
            (Standing::Inactive, _) => return Err(Refused::Ended(transaction.to_owned())),
            (_, Some(end)) if end <= now => return Err(Refused::Ended(transaction.to_owned())),
            _ => {}
        }
        if purchase.cancelled && self.is_subscribed(&purchase.customer, &purchase.product) {
            return Err(Refused::AlreadySubscribed(purchase.product.code.clone()));
        }
        Ok(index)
    }

    fn keep_renewing(&mut self, index: usize) {
        self.purchases[index].cancelled = false;
        self.suspend_replaced(index);
    }
}
