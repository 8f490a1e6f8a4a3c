//! One transaction: what it charged, and how much of that went back to the customer.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Refused;
use crate::id::new_id;

/// One transaction of a chain. Amounts are in US dollars.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) transaction: String,
    pub(crate) at: Timestamp,
    /// What it costs.
    pub(crate) price: Decimal,
    /// The part that credits paid.
    pub(crate) credits: Decimal,
    /// The cash that was charged.
    pub(crate) total: Decimal,
    refunded: Decimal,
    chargeback: Option<Chargeback>,
}

/// A dispute about what was left of a charge then, from stage to stage.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Chargeback {
    amount: Decimal,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Stage {
    Opened,
    Reversed,
    OpenedAgain,
}

impl Charge {
    /// Credits pay first and cash the rest.
    pub(super) fn new(price: Decimal, credits: Decimal, at: Timestamp) -> Self {
        Self { credits, total: price - credits, ..Self::free(price, at) }
    }

    /// A trial, or a downgrade that is ordered: a transaction that charges nothing.
    pub(super) fn free(price: Decimal, at: Timestamp) -> Self {
        Self {
            transaction: new_id(),
            at,
            price,
            credits: Decimal::ZERO,
            total: Decimal::ZERO,
            refunded: Decimal::ZERO,
            chargeback: None,
        }
    }

    /// What the term was given for: cash and credits, less what went back.
    pub(super) fn worth(&self) -> Decimal {
        self.credits + self.cash_left()
    }

    /// The cash that has not gone back.
    fn cash_left(&self) -> Decimal {
        let disputed = self.chargeback.filter(|dispute| dispute.stage != Stage::Reversed);
        self.total - self.refunded - disputed.map_or(Decimal::ZERO, |dispute| dispute.amount)
    }

    /// Gives an amount back, or all that is left. Partial refunds add up to the charge and no
    /// further (`roku-pay.md` §3); what credits paid was never the customer's cash.
    pub(super) fn refund(&mut self, amount: Option<Decimal>) -> Result<Decimal, Refused> {
        let left = self.cash_left();
        if left.is_zero() {
            return Err(Refused::NothingPaid(self.transaction.clone()));
        }
        let amount = whole_cents(amount.unwrap_or(left), left)?;
        self.refunded += amount;
        Ok(amount)
    }

    /// The customer disputes what is left.
    pub(super) fn charge_back(&mut self) -> Result<Decimal, Refused> {
        if self.chargeback.is_some() {
            return Err(Refused::NoChargeback(self.transaction.clone()));
        }
        let amount = self.cash_left();
        if amount.is_zero() {
            return Err(Refused::NothingPaid(self.transaction.clone()));
        }
        self.chargeback = Some(Chargeback { amount, stage: Stage::Opened });
        Ok(amount)
    }

    /// Roku wins the dispute.
    pub(super) fn reverse_chargeback(&mut self) -> Result<Decimal, Refused> {
        self.advance_chargeback(Stage::Opened, Stage::Reversed)
    }

    /// The bank disputes that.
    pub(super) fn charge_back_again(&mut self) -> Result<Decimal, Refused> {
        self.advance_chargeback(Stage::Reversed, Stage::OpenedAgain)
    }

    fn advance_chargeback(&mut self, from: Stage, to: Stage) -> Result<Decimal, Refused> {
        match &mut self.chargeback {
            Some(dispute) if dispute.stage == from => {
                // What was refunded since the reversal cannot be disputed any more.
                let left = self.total - self.refunded;
                dispute.amount = dispute.amount.min(left);
                dispute.stage = to;
                Ok(dispute.amount)
            }
            _ => Err(Refused::NoChargeback(self.transaction.clone())),
        }
    }
}

/// An amount of money that can be moved.
pub(super) fn whole_cents(amount: Decimal, at_most: Decimal) -> Result<Decimal, Refused> {
    let fits = amount > Decimal::ZERO && amount <= at_most && amount.normalize().scale() <= 2;
    if fits { Ok(amount) } else { Err(Refused::Amount { at_most }) }
}
