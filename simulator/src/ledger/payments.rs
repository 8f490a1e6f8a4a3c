//! The book of all money that moved, as a bank statement has it: written when it moves and never
//! changed, so that whoever keeps accounts of their own can compare.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::charge::Charge;
use super::{Ledger, Purchase};
use crate::id::plain;
use crate::message::{Event, Kind};

/// All charges are in US dollars.
const CURRENCY: &str = "usd";

/// Money that moved once. What went back to the customer is negative, as in pushes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Why it moved.
    pub kind: PaymentKind,
    /// Its id: the transaction of a charge; of a refund, a chargeback and a credit the event's own.
    pub transaction: String,
    /// The charge that it is about: itself, or the one that it takes back. None for a credit.
    pub charge: Option<String>,
    /// The chain of that charge: its first transaction. None for a credit.
    pub purchase: Option<String>,
    /// Whose Roku account it is.
    pub customer: String,
    /// The product; of a credit, the one that its push names.
    pub product: String,
    /// When it moved.
    pub at: Timestamp,
    /// What moved in cash, tax included. A credit is what the customer may spend.
    pub total: Decimal,
    /// The tax in it.
    pub tax: Decimal,
    /// What credits paid of a charge besides.
    pub credits_applied: Decimal,
    /// ISO 4217, lower case as in pushes.
    pub currency: String,
}

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentKind {
    /// Something was bought.
    Purchase,
    /// A later term began: after another one, after a trial, or with a downgrade.
    Renewal,
    /// A higher plan took the place of another.
    Upgrade,
    /// A charge that had failed was paid, in grace or on hold.
    Recovery,
    /// A charge went back to the customer, in whole or in part.
    Refund,
    /// The customer was given something to spend. No cash moved.
    Credit,
    /// The customer's bank took a charge back.
    Chargeback,
    /// Roku won that dispute.
    ChargebackReversed,
    /// The bank did not accept that.
    SecondChargeback,
}

impl PaymentKind {
    /// Whether a customer was charged.
    pub fn is_charge(self) -> bool {
        matches!(self, Self::Purchase | Self::Renewal | Self::Upgrade | Self::Recovery)
    }
}

impl Ledger {
    /// All money that moved, in the order in which it did.
    pub(crate) fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// Books the newest charge of a purchase. A trial and an order for later charge nothing.
    pub(super) fn book_charge(&mut self, index: usize, told_as: Kind) {
        let purchase = &self.purchases[index];
        let Charge { ref transaction, at, total, credits, .. } = purchase.latest;
        if total.is_zero() && credits.is_zero() {
            return;
        }
        let kind = match told_as {
            Kind::UpgradeSale => PaymentKind::Upgrade,
            Kind::GraceRecovered | Kind::OnHoldRecovered => PaymentKind::Recovery,
            _ if *transaction == purchase.original => PaymentKind::Purchase,
            _ => PaymentKind::Renewal,
        };
        let payment = Payment {
            charge: Some(transaction.clone()),
            credits_applied: credits,
            ..Payment::of(purchase, kind, transaction, total, at)
        };
        self.payments.push(payment);
    }

    /// Books what went back of a charge, or came again of it.
    pub(super) fn book_return(&mut self, index: usize, charge: &str, event: &Event) {
        let payment = Payment {
            charge: Some(plain(charge)),
            ..Payment::moved_by(event, &self.purchases[index])
        };
        self.payments.push(payment);
    }

    /// Books what a customer may spend from now on.
    pub(super) fn book_credit(&mut self, index: usize, event: &Event) {
        let payment =
            Payment { purchase: None, ..Payment::moved_by(event, &self.purchases[index]) };
        self.payments.push(payment);
    }
}

impl Payment {
    fn moved_by(event: &Event, purchase: &Purchase) -> Self {
        let kind = match event.kind {
            Kind::Credit => PaymentKind::Credit,
            Kind::Chargeback => PaymentKind::Chargeback,
            Kind::ChargebackReversed => PaymentKind::ChargebackReversed,
            Kind::SecondChargeback => PaymentKind::SecondChargeback,
            _ => PaymentKind::Refund,
        };
        let total = event.amounts.map_or(Decimal::ZERO, |amounts| amounts.total);
        Self::of(purchase, kind, &event.transaction, total, event.at)
    }

    fn of(
        purchase: &Purchase,
        kind: PaymentKind,
        transaction: &str,
        total: Decimal,
        at: Timestamp,
    ) -> Self {
        Self {
            kind,
            transaction: transaction.to_owned(),
            charge: None,
            purchase: Some(purchase.original.clone()),
            customer: purchase.customer.clone(),
            product: purchase.product.code.clone(),
            at,
            total,
            tax: Decimal::ZERO,
            credits_applied: Decimal::ZERO,
            currency: CURRENCY.to_owned(),
        }
    }
}
