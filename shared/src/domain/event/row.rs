//! What reports are made of: an event as one flat row, the same in the archive on S3 and in the
//! database of `usher report`, so that the same queries read both.
//!
//! Money is in millionths of its currency, which every engine adds up exactly. Dates are UTC; days,
//! weeks and months stand beside them, because engines name those differently.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::message::{EventMessage, Subscription};
use super::{Event, EventId};
use crate::domain::id::{CustomerId, PublisherId};
use crate::domain::offer::{Offer, Period};
use crate::domain::publisher::Publisher;

/// The type of the rows that count access checks. No webhook is sent them.
pub const WATCHED: &str = "customer.watched";

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

impl Row {
    /// The row of an event and of the message about it.
    pub fn of(event: &Event, message: &EventMessage, publisher: &Publisher) -> Self {
        let data = &message.data;
        let row = Self {
            event_id: message.id.to_string(),
            sequence: message.sequence.and_then(|sequence| sequence.try_into().ok()),
            publisher_id: message.publisher_id.to_string(),
            channel_id: event.channel.clone(),
            customer_id: data.customer.as_ref().map(|customer| customer.id.to_string()),
            roku_customer_id: data.roku_customer_id.as_ref().map(ToString::to_string),
            product_id: event.product.as_ref().map(ToString::to_string),
            offer_id: data.receipt.as_ref().map(|receipt| receipt.offer_id.clone()),
            term_ends_at: event.term_ends_at.map(moment),
            reason: data.reason.clone(),
            from_offer_id: data.plan_change.as_ref().and_then(|plan| plan.from_offer_id.clone()),
            ..Self::at(message.kind.as_str(), message.timestamp)
        };
        row.with_subscription(data.subscription.as_ref(), publisher).with_money(message)
    }

    /// The row of access checks that were granted to a customer on a day in UTC.
    pub fn watched(
        id: &EventId,
        publisher: &PublisherId,
        customer: &CustomerId,
        day: Date,
        checks: u64,
    ) -> Self {
        let midnight = day.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).unwrap_or_default();
        Self {
            event_id: id.to_string(),
            publisher_id: publisher.to_string(),
            customer_id: Some(customer.to_string()),
            checks: checks.try_into().ok(),
            ..Self::at(WATCHED, midnight)
        }
    }

    /// A row that knows no more than when something happened.
    fn at(event_type: &str, at: Timestamp) -> Self {
        Self {
            event_type: event_type.to_owned(),
            occurred_at: moment(at),
            day: at.strftime("%Y-%m-%d").to_string(),
            week: at.strftime("%G-W%V").to_string(),
            month: at.strftime("%Y-%m").to_string(),
            ..Self::default()
        }
    }

    fn with_subscription(self, of: Option<&Subscription>, publisher: &Publisher) -> Self {
        let Some(subscription) = of else { return self };
        let product = subscription.product_id.as_ref();
        let row = Self {
            subscription_id: Some(subscription.id.into()),
            external_id: Some(subscription.external_id.clone()),
            product_id: product.map(ToString::to_string),
            status: Some(subscription.status.clone()),
            standing: Some(subscription.standing.clone()),
            in_trial: Some(subscription.in_trial),
            started_at: Some(moment(subscription.started_at)),
            expires_at: subscription.term_ends_at.map(moment),
            ..self
        };
        match product.and_then(|product| publisher.catalog.offer_of(product)) {
            Some(offer) => row.with_offer(offer, subscription.in_trial),
            None => row,
        }
    }

    fn with_offer(self, offer: &Offer, in_trial: bool) -> Self {
        let monthly = offer.period.and_then(|period| micros_in_a_month(offer.price, period));
        Self {
            offer_id: Some(offer.id.to_string()),
            offer_title: Some(offer.title.clone()),
            offer_group: offer.group.clone(),
            offer_period: offer.period.map(|period| period.as_str().to_owned()),
            offer_price_micros: micros(offer.price),
            offer_currency: Some(offer.currency.clone()),
            country: offer.id.country().map(str::to_owned),
            mrr_micros: if in_trial { monthly.map(|_| 0) } else { monthly },
            ..self
        }
    }

    /// The money that moved, and the transaction, which a receipt has too.
    fn with_money(self, message: &EventMessage) -> Self {
        let shown = message.data.receipt.as_ref().map(|receipt| receipt.transaction_id.clone());
        let Some(moved) = &message.data.transaction else {
            return Self { external_transaction_id: shown, ..self };
        };
        Self {
            transaction_id: moved.id.clone(),
            external_transaction_id: moved.external_id.clone(),
            transaction_kind: moved.kind.clone(),
            total_micros: moved.total.and_then(micros),
            tax_micros: moved.tax.and_then(micros),
            credit_micros: moved.credits_applied.and_then(micros),
            currency: moved.currency.clone(),
            ..self
        }
    }
}

/// With three digits of fraction in UTC, so that texts sort as time.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Exactly; none for what does not fit, which no currency has.
fn micros(amount: Decimal) -> Option<i64> {
    let micros = amount.checked_mul(MILLION)?;
    micros.is_integer().then(|| micros.to_i64()).flatten()
}

/// A price by the period as one by the month, to the millionth. A year has 365 days, 52 weeks and
/// twelve months.
fn micros_in_a_month(price: Decimal, period: Period) -> Option<i64> {
    let times_in_a_year = match period {
        Period::Day => 365,
        Period::Week => 52,
        Period::TwoWeeks => 26,
        Period::Month => 12,
        Period::ThreeMonths => 4,
        Period::SixMonths => 2,
        Period::Year => 1,
    };
    let yearly = price.checked_mul(Decimal::from(times_in_a_year))?;
    let monthly = yearly.checked_mul(MILLION)?.checked_div(Decimal::from(12))?;
    monthly.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

#[cfg(test)]
mod tests;
