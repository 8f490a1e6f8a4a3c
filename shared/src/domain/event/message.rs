//! What leaves the stack: an event with what it happened to, in a form of its own that has a version
//! (`docs/events.md`, `events/*.schema.json`). No e-mail address is in it: a webhook adds who the
//! customer is when it is delivered, so that nothing on the way holds personal data.

mod build;
#[cfg(test)]
pub(crate) mod samples;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{EventId, EventType};
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId, RokuProductId};

pub use build::Source;

/// The version of the form. A field may be added within a version; what is there keeps its meaning.
pub const VERSION: u32 = 1;

/// An event as receivers get it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventMessage {
    /// Its id: the same event told twice has the same.
    pub id: EventId,
    /// What kind of event.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// [`VERSION`].
    pub version: u32,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Whose customer it happened to.
    pub publisher_id: PublisherId,
    /// The order in which events of one Roku account became known, rising. None for what is about
    /// no account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What it happened to.
    pub data: Data,
}

/// What an event happened to, as it stands after everything that was known when the event left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// The customer who holds the Roku account; none while nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// The customer who held it before, where it was transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_customer_id: Option<CustomerId>,
    /// Roku's id of its customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roku_customer_id: Option<RokuCustomerId>,
    /// The subscription or the thing bought once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
    /// The money that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Transaction>,
    /// The change of plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_change: Option<PlanChange>,
    /// The receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Why, where there is a why: of what ended or was rejected, and what a recovery was from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Roku's product, where it is what the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<RokuProductId>,
}

/// Who it happened to. On its way an event has only the id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// Their address; none once they were forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The publisher's own id of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// A subscription, or a thing bought once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its number, the one that the API lists.
    pub id: u32,
    /// Roku's id of the chain, as Roku spelt it.
    pub external_id: String,
    /// What it is of; none for a product that no offer stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// Roku's code of what was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<RokuProductId>,
    /// `active`, `cancelled`, `expired`, `terminated`, or `pending` for a downgrade before its day.
    pub status: String,
    /// The same, finer: `trial`, `current`, `in_grace`, `on_hold`, …
    pub standing: String,
    /// Whether it is in a free trial.
    pub in_trial: bool,
    /// When it was bought.
    pub started_at: Timestamp,
    /// When its last term ends or ended; none for what is bought once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_ends_at: Option<Timestamp>,
    /// The channel that it was bought in, where the event tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
}

/// An offer of the catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its group, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its price without tax, as text.
    pub price: Decimal,
    /// ISO 4217, upper case.
    pub currency: String,
    /// `month`, `year`, …; none for what is bought once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
}

/// Money that moved. What went back to the customer is negative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its number, the one that the API lists; none where Roku named no transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Roku's id, as ids are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `initial`, `renewal`, `switch`, `recovered`; none for what is no charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Tax included, as text; none where Roku did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
    /// The tax in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// What was paid with a credit besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits_applied: Option<Decimal>,
    /// ISO 4217, upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A change of plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanChange {
    /// `upgrade` or `downgrade`.
    pub direction: String,
    /// The number of the subscription that is left, as far as Roku has told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_subscription_id: Option<u32>,
    /// Its offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_offer_id: Option<String>,
    /// The offer that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_offer_id: Option<String>,
    /// When it begins, where that is ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// What an upgrade cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proration: Option<Proration>,
}

/// What an upgrade cost, as Roku told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proration {
    /// What was charged at once, tax included.
    pub charged: Decimal,
    /// What the rest of the old term paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<Decimal>,
    /// ISO 4217, upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The transaction that was to prove it.
    pub transaction_id: String,
    /// What was said to have been bought.
    pub offer_id: String,
    /// `linked`, `confirmed`, `transferred`; none where it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}
