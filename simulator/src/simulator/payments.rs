//! What payment methods, the publisher and banks do with a customer's money.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::Simulator;
use crate::delivery::Delivery;
use crate::ledger::{Payment, Refund, Refused};

impl Simulator {
    /// All money that moved, in the order in which it did: what a report of the receiver's must add
    /// up to.
    pub fn payments(&self) -> Vec<Payment> {
        self.read_ledger(|ledger| ledger.payments().to_vec())
    }

    /// From now on the charges for a plan fail, until its [payments are
    /// mended](Self::mend_payments). Nothing is pushed before one has failed.
    ///
    /// # Errors
    /// [`Refused`] when it will not be charged anyway.
    pub fn fail_payments(&self, transaction: &str) -> Result<(), Refused> {
        self.with_ledger(|ledger| ledger.fail_payments(transaction))
    }

    /// Payments work again, and what is outstanding is paid now: in grace for the old billing
    /// date, on hold for a term that begins now.
    ///
    /// # Errors
    /// [`Refused`] when the purchase is over.
    pub async fn mend_payments(
        self: &Arc<Self>,
        transaction: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.mend_payments(transaction, now)).await
    }

    /// A charge is refunded, in whole or in part.
    ///
    /// # Errors
    /// [`Refused`] when there is not that much left of it.
    pub async fn refund(
        self: &Arc<Self>,
        transaction: &str,
        refund: &Refund,
    ) -> Result<Vec<Delivery>, Refused> {
        Ok(self.refund_with_id(transaction, refund).await?.1)
    }

    /// The same, with Roku's `RefundId`.
    pub(crate) async fn refund_with_id(
        self: &Arc<Self>,
        transaction: &str,
        refund: &Refund,
    ) -> Result<(String, Vec<Delivery>), Refused> {
        self.obtain(|ledger, now| ledger.refund(transaction, refund, now)).await
    }

    /// The publisher gives a customer a service credit, in US dollars. It pays the customer's next
    /// charges before their own payment method does. The push echoes `partner_reference`.
    ///
    /// # Errors
    /// [`Refused`] when the customer never bought anything, or the amount is not money.
    pub async fn credit(
        self: &Arc<Self>,
        customer: &str,
        amount: Decimal,
        partner_reference: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        Ok(self.credit_with_number(customer, amount, partner_reference).await?.1)
    }

    /// The same, with Roku's `ReferenceId`.
    pub(crate) async fn credit_with_number(
        self: &Arc<Self>,
        customer: &str,
        amount: Decimal,
        partner_reference: &str,
    ) -> Result<(String, Vec<Delivery>), Refused> {
        self.obtain(|ledger, now| ledger.credit(customer, amount, partner_reference, now)).await
    }

    /// A customer disputes a charge.
    ///
    /// # Errors
    /// [`Refused`] when it was disputed before, or nothing of it is left.
    pub async fn charge_back(
        self: &Arc<Self>,
        transaction: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.charge_back(transaction, now)).await
    }

    /// Roku wins the dispute about a charge.
    ///
    /// # Errors
    /// [`Refused`] when there is none.
    pub async fn reverse_chargeback(
        self: &Arc<Self>,
        transaction: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.reverse_chargeback(transaction, now)).await
    }

    /// The customer's bank disputes a charge again after Roku won.
    ///
    /// # Errors
    /// [`Refused`] when Roku has not.
    pub async fn second_chargeback(
        self: &Arc<Self>,
        transaction: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.second_chargeback(transaction, now)).await
    }
}
