//! What customers have bought, and what they, the publisher, banks and time do to it.
//!
//! Pure: every operation takes the time and gives the messages that Roku would push about it.

mod charge;
mod money;
mod order;
mod payments;
mod plan_changes;
mod purchase;
mod recovery;
mod refunds;
mod refused;
mod renewal;
mod succession;
mod terms;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use money::Refund;
pub use order::Order;
pub use payments::{Payment, PaymentKind};
pub(crate) use purchase::{PlanChange, Purchase, Standing};
pub(crate) use refunds::RefundMade;
pub use refused::Refused;

use crate::id::plain;
use crate::message::{Amounts, Event, Kind, Message};
use crate::product::Product;
use charge::Charge;

/// Everything bought from one developer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ledger {
    products: HashMap<String, Product>,
    channel: String,
    grace_days: u8,
    purchases: Vec<Purchase>,
    /// What waits to pay the next charges of each customer.
    credits: HashMap<String, Decimal>,
    credits_issued: u32,
    refunds: Vec<RefundMade>,
    /// All money that moved. What an older version wrote down has none.
    #[serde(default)]
    payments: Vec<Payment>,
}

impl Ledger {
    pub(crate) fn new(products: Vec<Product>, channel: String, grace_days: u8) -> Self {
        Self {
            products: by_code(products),
            channel,
            grace_days,
            purchases: Vec::new(),
            credits: HashMap::new(),
            credits_issued: 0,
            refunds: Vec::new(),
            payments: Vec::new(),
        }
    }

    /// Sells these products from now on. What was bought stays what it was.
    pub(crate) fn sell(&mut self, products: Vec<Product>) {
        self.products = by_code(products);
    }

    /// Everything is bought in this app from now on.
    pub(crate) fn set_channel(&mut self, channel: &str) {
        channel.clone_into(&mut self.channel);
    }

    /// A customer buys a product; with a trial of one period if `trial`.
    pub(crate) fn buy(
        &mut self,
        customer: &str,
        code: &str,
        trial: bool,
        now: Timestamp,
    ) -> Result<(Order, Vec<Message>), Refused> {
        let product = self.product(code)?;
        if self.is_subscribed(customer, &product) {
            return Err(Refused::AlreadySubscribed(code.to_owned()));
        }
        let charge = if trial {
            Charge::free(product.price, now)
        } else {
            self.charge(customer, product.price, now)
        };
        let index = self.add(Purchase { trial, ..self.purchase(customer, product, charge) });
        let message = self.tell_charge(index, Kind::Sale, now);
        Ok((Order::of(&self.purchases[index]), vec![message]))
    }

    /// A purchase by any of its transactions, compared without case and hyphens.
    pub(crate) fn find(&self, transaction: &str) -> Option<&Purchase> {
        let plain_id = plain(transaction);
        self.purchases.iter().find(|purchase| purchase.has(&plain_id))
    }

    fn position(&self, transaction: &str) -> Result<usize, Refused> {
        let plain_id = plain(transaction);
        let found = self.purchases.iter().position(|purchase| purchase.has(&plain_id));
        found.ok_or_else(|| Refused::UnknownTransaction(transaction.to_owned()))
    }

    fn product(&self, code: &str) -> Result<Product, Refused> {
        self.products.get(code).cloned().ok_or_else(|| Refused::UnknownProduct(code.to_owned()))
    }

    /// Whether a customer has a plan, running or about to start, that a product would stand beside.
    fn is_subscribed(&self, customer: &str, product: &Product) -> bool {
        self.purchases.iter().any(|one| one.is_plan_beside(customer, product) && !one.cancelled)
    }

    /// Bought in the app that sells now.
    fn purchase(&self, customer: &str, product: Product, charge: Charge) -> Purchase {
        Purchase::new(&self.channel, customer, product, charge)
    }

    fn add(&mut self, purchase: Purchase) -> usize {
        self.purchases.push(purchase);
        self.purchases.len() - 1
    }

    /// Books the newest charge of a purchase, and gives the push about it.
    fn tell_charge(&mut self, index: usize, kind: Kind, at: Timestamp) -> Message {
        self.book_charge(index, kind);
        let purchase = &self.purchases[index];
        let charge = &purchase.latest;
        // A plan change that costs nothing yet carries no amounts, nor does a recovery
        // (`roku-pay.md` §2.1).
        let has_amounts = match kind {
            Kind::Sale => true,
            Kind::UpgradeSale => !purchase.trial,
            _ => false,
        };
        let Charge { price, total, credits, .. } = *charge;
        let event = Event {
            transaction: charge.transaction.clone(),
            amounts: has_amounts.then_some(Amounts { price, total, credits }),
            ..Event::new(kind, at)
        };
        self.push(index, event)
    }

    /// The push about an event that is no charge and moves no money.
    fn tell(&mut self, index: usize, kind: Kind, at: Timestamp) -> Message {
        self.push(index, Event::new(kind, at))
    }

    fn push(&mut self, index: usize, event: Event) -> Message {
        let purchase = &mut self.purchases[index];
        let at = purchase.date_event(event.at);
        Message::about(purchase, &Event { at, ..event })
    }
}

fn by_code(products: Vec<Product>) -> HashMap<String, Product> {
    products.into_iter().map(|product| (product.code.clone(), product)).collect()
}

/// Roku dates the second push of a pair a second after the first.
fn a_second_after(moment: Timestamp) -> Timestamp {
    moment.checked_add(SignedDuration::from_secs(1)).unwrap_or(moment)
}
