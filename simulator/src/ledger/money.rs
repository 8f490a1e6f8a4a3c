//! Money that goes back: refunds, service credits, chargebacks.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::charge::{Charge, whole_cents};
use super::refunds::RefundMade;
use super::{Ledger, Refused, Standing, a_second_after};
use crate::id::plain;
use crate::message::{Amounts, Event, Kind, Message};

/// The largest service credit; Roku's price tiers end below it (`roku-pay.md` §5).
const LARGEST_CREDIT: Decimal = Decimal::ONE_THOUSAND;
/// Credits have short numbers for ids. This is that of Roku's sample.
const FIRST_CREDIT: u32 = 579_743;

/// What is to be refunded of a charge, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Refund {
    /// How much, in US dollars and without tax; all that is left if not given.
    pub amount: Option<Decimal>,
    /// The customer never ordered it: Roku cancels the purchase too.
    pub unauthorized: bool,
    /// What the publisher calls it. The push echoes it.
    pub partner_reference_id: String,
}

impl Ledger {
    /// The publisher or Roku refunds a charge. Gives the id of the refund.
    pub(crate) fn refund(
        &mut self,
        transaction: &str,
        refund: &Refund,
        now: Timestamp,
    ) -> Result<(String, Vec<Message>), Refused> {
        let amount = self.charge_of(transaction)?.refund(refund.amount)?;
        let index = self.position(transaction)?;
        let event = money_moved(Kind::Refund, -amount, &refund.partner_reference_id, now);
        self.book_return(index, transaction, &event);
        let id = event.transaction.clone();
        self.refunds.push(RefundMade { id: id.clone(), purchase: index, amount, at: now });
        let mut messages = vec![self.push(index, event)];
        if refund.unauthorized && self.purchases[index].standing != Standing::Inactive {
            messages.extend(self.end_unauthorized(index, now));
        }
        Ok((id, messages))
    }

    /// Nothing of what the customer never ordered goes on, a downgrade that waits included.
    fn end_unauthorized(&mut self, index: usize, now: Timestamp) -> Vec<Message> {
        let dropped = self.drop_pending(index);
        self.purchases[index].cut_short(now);
        let ended = [index].into_iter().chain(dropped);
        ended.map(|index| self.tell(index, Kind::Cancellation, a_second_after(now))).collect()
    }

    /// The publisher gives a customer a service credit, which pays the next charges.
    /// Gives the number of the credit.
    pub(crate) fn credit(
        &mut self,
        customer: &str,
        amount: Decimal,
        partner_reference: &str,
        now: Timestamp,
    ) -> Result<(String, Vec<Message>), Refused> {
        let theirs = |index: &usize| self.purchases[*index].customer == customer;
        let is_alive = |index: &usize| self.purchases[*index].standing != Standing::Inactive;
        let newest = (0..self.purchases.len()).filter(theirs).max_by_key(is_alive);
        let index = newest.ok_or_else(|| Refused::UnknownCustomer(customer.to_owned()))?;
        self.add_credit(customer, whole_cents(amount, LARGEST_CREDIT)?);
        let number = FIRST_CREDIT.saturating_add(self.credits_issued).to_string();
        let moved = money_moved(Kind::Credit, amount, partner_reference, now);
        let event = Event { transaction: number.clone(), ..moved };
        self.book_credit(index, &event);
        self.credits_issued = self.credits_issued.saturating_add(1);
        Ok((number, vec![Message::about(&self.purchases[index], &event)]))
    }

    /// The customer has their bank take a charge back.
    pub(crate) fn charge_back(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let amount = self.charge_of(transaction)?.charge_back()?;
        self.tell_chargeback(transaction, Kind::Chargeback, -amount, now)
    }

    /// Roku wins the dispute.
    pub(crate) fn reverse_chargeback(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let amount = self.charge_of(transaction)?.reverse_chargeback()?;
        self.tell_chargeback(transaction, Kind::ChargebackReversed, amount, now)
    }

    /// The bank does not accept that.
    pub(crate) fn second_chargeback(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let amount = self.charge_of(transaction)?.charge_back_again()?;
        self.tell_chargeback(transaction, Kind::SecondChargeback, -amount, now)
    }

    fn tell_chargeback(
        &mut self,
        transaction: &str,
        kind: Kind,
        amount: Decimal,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let index = self.position(transaction)?;
        let event = money_moved(kind, amount, "", now);
        self.book_return(index, transaction, &event);
        Ok(vec![self.push(index, event)])
    }

    fn charge_of(&mut self, transaction: &str) -> Result<&mut Charge, Refused> {
        let index = self.position(transaction)?;
        let charge = self.purchases[index].charge_mut(&plain(transaction));
        charge.ok_or_else(|| Refused::UnknownTransaction(transaction.to_owned()))
    }

    pub(super) fn add_credit(&mut self, customer: &str, amount: Decimal) {
        *self.credits.entry(customer.to_owned()).or_default() += amount;
    }

    /// Charges a price: credits pay first and cash the rest.
    pub(super) fn charge(&mut self, customer: &str, price: Decimal, at: Timestamp) -> Charge {
        let balance = self.credits.entry(customer.to_owned()).or_default();
        let credits = price.min(*balance);
        *balance -= credits;
        Charge::new(price, credits, at)
    }
}

fn money_moved(kind: Kind, amount: Decimal, partner_reference: &str, at: Timestamp) -> Event {
    Event {
        amounts: Some(Amounts::of(amount)),
        partner_reference: Some(partner_reference.to_owned()),
        ..Event::new(kind, at)
    }
}
