//! What happens by itself: a term ends and the next one is charged, or is not.

use std::mem;

use jiff::Timestamp;

use super::charge::Charge;
use super::{Ledger, Refused, Standing, a_second_after};
use crate::message::{Kind, Message};

impl Ledger {
    /// When something next happens by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.purchases.iter().filter_map(|purchase| purchase.due_at()).min()
    }

    /// When the term of a purchase ends, if it is to be renewed then.
    pub(crate) fn renews_at(&self, transaction: &str) -> Result<Timestamp, Refused> {
        let purchase = &self.purchases[self.position(transaction)?];
        let is_in_term = matches!(purchase.standing, Standing::Active | Standing::PendingActive);
        let renews_at = purchase.expires_at.filter(|_| is_in_term && !purchase.cancelled);
        renews_at.ok_or_else(|| Refused::DoesNotRenew(transaction.to_owned()))
    }

    /// What happens by itself at the next due moment: charges that succeed or fail, ends.
    pub(crate) fn pass(&mut self, due: Timestamp) -> Vec<Message> {
        let mut messages = Vec::new();
        for index in 0..self.purchases.len() {
            if self.purchases[index].due_at() == Some(due) {
                messages.extend(self.fall_due(index, due));
            }
        }
        messages
    }

    fn fall_due(&mut self, index: usize, due: Timestamp) -> Vec<Message> {
        let purchase = &mut self.purchases[index];
        match purchase.standing {
            Standing::Grace { .. } => vec![self.put_on_hold(index, due)],
            Standing::OnHold => vec![self.give_up(index, due)],
            // Roku never pushes a natural end (`roku-pay.md` §2).
            _ if purchase.cancelled => {
                purchase.end();
                Vec::new()
            }
            _ => self.end_term(index, due),
        }
    }

    fn end_term(&mut self, index: usize, due: Timestamp) -> Vec<Message> {
        let offer_ended = self.purchases[index].take_ended_offer();
        let charged = if self.purchases[index].payments_fail {
            self.fail_charge(index, due)
        } else {
            self.renew(index, due)
        };
        let mut messages = vec![charged];
        // After the charge: its date is not the end of the offer but that of a term ahead
        // (`roku-pay.md` §10.5).
        if offer_ended {
            messages.push(self.tell(index, Kind::CancellationOfferEnded, a_second_after(due)));
        }
        messages
    }

    fn renew(&mut self, index: usize, due: Timestamp) -> Message {
        let charge = self.charge_term(index, due);
        self.purchases[index].continue_terms(charge);
        self.tell_charge(index, Kind::Sale, a_second_after(due))
    }

    /// Charges what the next term of a purchase costs. If it is the first charge after a trial
    /// that another plan was left for, that plan is over and what it was worth pays first.
    pub(super) fn charge_term(&mut self, index: usize, at: Timestamp) -> Charge {
        self.end_replaced(index);
        let purchase = &mut self.purchases[index];
        let price = purchase.take_price();
        let credit = mem::take(&mut purchase.deferred_credit);
        let customer = purchase.customer.clone();
        self.add_credit(&customer, credit);
        self.charge(&customer, price, at)
    }
}
