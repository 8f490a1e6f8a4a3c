//! What reports are made of: an event as one flat row, the same in the archive on S3 and in the
//! database of `usher report`, so that the same queries read both.
//!
//! Money is in millionths of its currency, which every engine adds up exactly. Dates are UTC; days,
//! weeks and months stand beside them, because engines name those differently.

use serde::{Deserialize, Serialize};

/// An event as a row. Moments are texts such as `2026-11-26T08:00:00.000Z`, which sort as time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The event's id, by which rows that came twice are one.
    pub event_id: String,
    /// Its type, `subscription.renewed` for one.
    pub event_type: String,
    /// When it happened.
    pub occurred_at: String,
    /// The day, `2026-11-26`.
    pub day: String,
    /// The ISO week, `2026-W48`.
    pub week: String,
    /// The month, `2026-11`.
    pub month: String,
    /// The order in which events of one account became known.
    pub sequence: Option<i64>,
    /// The publisher.
    pub publisher_id: String,
    /// The channel, where the event tells.
    pub channel_id: Option<String>,
    /// Who holds the account.
    pub customer_id: Option<String>,
    /// Roku's customer.
    pub roku_customer_id: Option<String>,
    /// The subscription's number.
    pub subscription_id: Option<i64>,
    /// Roku's chain.
    pub external_id: Option<String>,
    /// Roku's product.
    pub product_id: Option<String>,
    /// The offer that stands for it.
    pub offer_id: Option<String>,
    /// Its title.
    pub offer_title: Option<String>,
    /// Its group.
    pub offer_group: Option<String>,
    /// `month`, `year`, …
    pub offer_period: Option<String>,
    /// Its price without tax.
    pub offer_price_micros: Option<i64>,
    /// ISO 4217.
    pub offer_currency: Option<String>,
    /// The country of the offer's id, `US`; none where the id has none.
    pub country: Option<String>,
    /// What the running term is worth in a month, without tax: the offer's price by its period; 0 in
    /// a trial.
    pub mrr_micros: Option<i64>,
    /// How the subscription stood when the event left: `active`, `cancelled`, …
    pub status: Option<String>,
    /// The same, finer.
    pub standing: Option<String>,
    /// Whether it was in a free trial.
    pub in_trial: Option<bool>,
    /// When it was bought.
    pub started_at: Option<String>,
    /// When the term ends that the event gave, or that was running.
    pub term_ends_at: Option<String>,
    /// When the last term ends or ended, by all that was known when the event left.
    pub expires_at: Option<String>,
    /// Why it ended or was rejected; what it recovered from.
    pub reason: Option<String>,
    /// The offer that was left in a change of plan.
    pub from_offer_id: Option<String>,
    /// The number of the transaction, `T123456789`.
    pub transaction_id: Option<String>,
    /// Roku's id of it.
    pub external_transaction_id: Option<String>,
    /// `initial`, `renewal`, `switch`, `recovered`.
    pub transaction_kind: Option<String>,
    /// What moved, tax included; negative where it went back.
    pub total_micros: Option<i64>,
    /// The tax in it.
    pub tax_micros: Option<i64>,
    /// What was paid with a credit besides.
    pub credit_micros: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// How often the customer was let in on that day, as far as counted; in rows of the type
    /// `customer.watched` only.
    pub checks: Option<i64>,
}
