//! What customers have bought, and what devices and the passage of time do to it.
//!
//! Pure: every operation takes the time and gives the messages that Roku would push about it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use uuid::Uuid;

use crate::message::{Charged, Event, Message};
use crate::product::Product;

/// Everything bought from one developer.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    products: HashMap<String, Product>,
    channel: String,
    purchases: Vec<Purchase>,
}

/// One subscription chain, or one thing bought once.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    /// The first transaction, which names the chain.
    pub(crate) original: String,
    /// All transactions, the first one included.
    pub(crate) transactions: Vec<String>,
    pub(crate) customer: String,
    pub(crate) product: Product,
    pub(crate) purchased_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) cancelled: bool,
    pub(crate) trial: bool,
    pub(crate) status: Status,
    pub(crate) change: Option<PlanChange>,
    /// What the last transaction charged, and when.
    pub(crate) total: Decimal,
    pub(crate) charged_at: Timestamp,
    /// Terms are counted from here, so that month ends do not drift.
    anchor: Timestamp,
    terms: u16,
}

/// Roku's `purchaseStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Inactive,
    PendingActive,
}

/// Which plan a purchase replaced, and in which direction.
#[derive(Debug, Clone)]
pub(crate) struct PlanChange {
    pub(crate) is_upgrade: bool,
    pub(crate) replaced: String,
}

/// What a device gets back from an order (`roSGNode ChannelStore`, `orderStatus`). Amounts are
/// text with a currency sign, as on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The transaction.
    pub purchase_id: String,
    /// The product.
    pub code: String,
    /// How many.
    pub qty: u32,
    /// The price.
    pub amount: String,
    /// What was charged.
    pub total: String,
    /// Whose Roku account it is.
    pub roku_customer_id: String,
}

/// Why a device's wish was not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The catalog has no such product.
    #[error("there is no product {0}")]
    UnknownProduct(String),
    /// The customer has no running plan of that kind.
    #[error("the customer has no running plan in the group of {0}")]
    NoPlan(String),
    /// The customer already has one; plans of a group are changed, not added.
    #[error("the customer is already subscribed in the group of {0}")]
    AlreadySubscribed(String),
    /// There is no such transaction.
    #[error("there is no transaction {0}")]
    UnknownTransaction(String),
    /// It runs no more, or will not be renewed.
    #[error("the purchase {0} does not renew")]
    DoesNotRenew(String),
}

impl Ledger {
    pub(crate) fn new(products: Vec<Product>, channel: String) -> Self {
        let products = products.into_iter().map(|product| (product.code.clone(), product));
        Self { products: products.collect(), channel, purchases: Vec::new() }
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
        let total = if trial { Decimal::ZERO } else { product.price };
        let purchase = Purchase { trial, total, ..Purchase::new(customer, product, now) };
        let message = self.sale(&purchase, "Sale", now, Decimal::ZERO);
        Ok((self.add(purchase), vec![message]))
    }

    /// A customer moves to a higher plan: at once, with the rest of the old term as a credit.
    pub(crate) fn upgrade(
        &mut self,
        customer: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Order, Vec<Message>), Refused> {
        let product = self.product(code)?;
        let old = self.plan_of(customer, &product)?;
        let credit = self.purchases[old].unused_value(now).min(product.price);
        self.purchases[old].cancelled = true;
        self.purchases[old].status = Status::Inactive;
        let replaced = self.purchases[old].original.clone();
        let purchase = Purchase {
            change: Some(PlanChange { is_upgrade: true, replaced }),
            total: product.price - credit,
            ..Purchase::new(customer, product, now)
        };
        let sale = self.sale(&purchase, "UpgradeSale", now, credit);
        let end = self.event(old, "UpgradeCancellation", a_second_after(now), "");
        Ok((self.add(purchase), vec![sale, end]))
    }

    /// A customer moves to a lower plan: when the old term ends, and free until then.
    pub(crate) fn downgrade(
        &mut self,
        customer: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Order, Vec<Message>), Refused> {
        let product = self.product(code)?;
        let old = self.plan_of(customer, &product)?;
        self.purchases[old].cancelled = true;
        let replaced = self.purchases[old].original.clone();
        let starts_at = self.purchases[old].expires_at;
        let purchase = Purchase {
            change: Some(PlanChange { is_upgrade: false, replaced }),
            status: Status::PendingActive,
            expires_at: starts_at,
            anchor: starts_at.unwrap_or(now),
            terms: 0,
            total: Decimal::ZERO,
            ..Purchase::new(customer, product, now)
        };
        let sale = self.sale(&purchase, "DowngradeSale", now, Decimal::ZERO);
        let end = self.event(old, "DowngradeCancellation", a_second_after(now), "");
        Ok((self.add(purchase), vec![sale, end]))
    }

    /// A customer turns renewals off.
    pub(crate) fn cancel(
        &mut self,
        transaction: &str,
        now: Timestamp,
    ) -> Result<Vec<Message>, Refused> {
        let index = self.position(transaction)?;
        self.purchases[index].cancelled = true;
        Ok(vec![self.event(index, "Cancellation", now, "Subscription cancelled.")])
    }

    /// When something next happens by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.purchases.iter().filter_map(Purchase::due_at).min()
    }

    /// When the term of a purchase ends, if it will be renewed then.
    pub(crate) fn renews_at(&self, transaction: &str) -> Result<Timestamp, Refused> {
        let purchase = &self.purchases[self.position(transaction)?];
        let due = purchase.due_at().filter(|_| !purchase.cancelled);
        due.ok_or_else(|| Refused::DoesNotRenew(transaction.to_owned()))
    }

    /// What happens by itself at the next due moment: renewals, first charges of downgrades, ends.
    pub(crate) fn pass(&mut self, due: Timestamp) -> Vec<Message> {
        let mut messages = Vec::new();
        for index in 0..self.purchases.len() {
            let purchase = &mut self.purchases[index];
            if purchase.due_at() != Some(due) {
                continue;
            }
            if purchase.cancelled {
                purchase.status = Status::Inactive;
                continue;
            }
            purchase.renew();
            let charge = purchase.transactions.last().cloned().unwrap_or_default();
            let charged =
                Charged { price: purchase.total, total: purchase.total, credits: Decimal::ZERO };
            let event = Event {
                transaction_type: "Sale",
                at: a_second_after(due),
                transaction: &charge,
                comments: "Recurring subscription processed",
                charged: Some(charged),
            };
            messages.push(Message::about(&self.purchases[index], &self.channel, &event));
        }
        messages
    }

    /// A purchase by any of its transactions, compared without case and hyphens.
    pub(crate) fn find(&self, transaction: &str) -> Option<&Purchase> {
        let wanted = plain(transaction);
        self.purchases.iter().find(|purchase| purchase.transactions.contains(&wanted))
    }

    fn position(&self, transaction: &str) -> Result<usize, Refused> {
        let wanted = plain(transaction);
        let found = self.purchases.iter().position(|one| one.transactions.contains(&wanted));
        found.ok_or_else(|| Refused::UnknownTransaction(transaction.to_owned()))
    }

    fn product(&self, code: &str) -> Result<Product, Refused> {
        self.products.get(code).cloned().ok_or_else(|| Refused::UnknownProduct(code.to_owned()))
    }

    /// The running plan of a customer that a product would replace.
    fn plan_of(&self, customer: &str, product: &Product) -> Result<usize, Refused> {
        let is_running = |plan: &Purchase| plan.status == Status::Active;
        let found = self
            .purchases
            .iter()
            .position(|one| one.is_plan_beside(customer, product) && is_running(one));
        found.ok_or_else(|| Refused::NoPlan(product.code.clone()))
    }

    /// Whether a customer has a plan, running or about to start, that a product would stand beside.
    fn is_subscribed(&self, customer: &str, product: &Product) -> bool {
        let is_alive = |plan: &Purchase| plan.status != Status::Inactive;
        self.purchases.iter().any(|one| one.is_plan_beside(customer, product) && is_alive(one))
    }

    fn add(&mut self, purchase: Purchase) -> Order {
        let order = Order {
            purchase_id: purchase.original.clone(),
            code: purchase.product.code.clone(),
            qty: 1,
            amount: format!("${:.2}", purchase.product.price),
            total: format!("${:.2}", purchase.total),
            roku_customer_id: purchase.customer.clone(),
        };
        self.purchases.push(purchase);
        order
    }

    fn sale(&self, purchase: &Purchase, kind: &str, at: Timestamp, credits: Decimal) -> Message {
        let charged = Charged { price: purchase.product.price, total: purchase.total, credits };
        // A plan change that costs nothing yet carries no amounts.
        let charged = (kind != "DowngradeSale").then_some(charged);
        let comments = "New order processed.";
        let transaction = &purchase.original;
        let event = Event { transaction_type: kind, at, transaction, comments, charged };
        Message::about(purchase, &self.channel, &event)
    }

    /// An event that is no charge has an id of its own.
    fn event(&self, index: usize, kind: &str, at: Timestamp, comments: &str) -> Message {
        let transaction = &new_id();
        let event = Event { transaction_type: kind, at, transaction, comments, charged: None };
        Message::about(&self.purchases[index], &self.channel, &event)
    }
}

impl Purchase {
    fn new(customer: &str, product: Product, now: Timestamp) -> Self {
        let original = new_id();
        Self {
            transactions: vec![original.clone()],
            original,
            customer: customer.to_owned(),
            purchased_at: now,
            charged_at: now,
            expires_at: product.period.map(|period| period.end(now, 1)),
            cancelled: false,
            trial: false,
            status: Status::Active,
            change: None,
            total: product.price,
            anchor: now,
            terms: 1,
            product,
        }
    }

    /// Whether this is a plan of the customer's, to be renewed, in the group of a product.
    fn is_plan_beside(&self, customer: &str, product: &Product) -> bool {
        let same_group = product.group.is_some() && self.product.group == product.group;
        self.customer == customer && same_group && !self.cancelled
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.expires_at.filter(|_| self.status != Status::Inactive)
    }

    /// The charge for the next term, under a new transaction id.
    fn renew(&mut self) {
        self.charged_at = self.expires_at.unwrap_or(self.charged_at);
        self.terms += 1;
        self.status = Status::Active;
        self.trial = false;
        self.total = self.product.price;
        self.transactions.push(new_id());
        let period = self.product.period;
        self.expires_at = period.map(|period| period.end(self.anchor, self.terms));
    }

    /// What the rest of the term is worth, to the cent.
    fn unused_value(&self, now: Timestamp) -> Decimal {
        let (Some(end), Some(period)) = (self.expires_at, self.product.period) else {
            return Decimal::ZERO;
        };
        let start = period.end(self.anchor, self.terms.saturating_sub(1));
        let seconds = |from: Timestamp, to: Timestamp| {
            Decimal::from(to.duration_since(from).as_secs().max(0))
        };
        let share = seconds(now, end) / seconds(start, end).max(Decimal::ONE);
        (self.total * share).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
    }

    /// Roku's `isEntitled` (`roku-pay.md` §6).
    pub(crate) fn is_entitled(&self, now: Timestamp) -> bool {
        self.status == Status::Active && self.expires_at.is_some_and(|end| now < end)
    }
}

/// Roku dates the second push of a pair a second after the first.
fn a_second_after(moment: Timestamp) -> Timestamp {
    moment.checked_add(SignedDuration::from_secs(1)).unwrap_or(moment)
}

/// An id as most of Roku's are: 32 hexadecimal digits.
pub(crate) fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn plain(id: &str) -> String {
    id.chars().filter(|c| *c != '-').collect::<String>().to_lowercase()
}
