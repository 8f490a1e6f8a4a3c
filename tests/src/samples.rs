//! Pushes in the form of Roku's sample payloads (`roku-pay.md` §2.3).
//!
//! `samples/pushes.json` holds one of each type, with the field names, the missing fields and the
//! odd ids that Roku documents. A test takes one and replaces what the scenario is about.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

const PUSHES: &str = include_str!("../samples/pushes.json");

/// The Roku account of the samples.
pub const ROKU_CUSTOMER: &str = "2df58f54b4f7540ca3aa31ce8bec1fe7";
/// The product of the demo publisher's Basic plan.
pub const BASIC_PRODUCT: &str = "S123456789-US";
/// The product of the demo publisher's Premium plan.
pub const PREMIUM_PRODUCT: &str = "S223456789-US";

/// Every sample, as Roku documents it.
pub fn all() -> Vec<Map<String, Value>> {
    serde_json::from_str(PUSHES).expect("samples/pushes.json")
}

/// The sample of a type, about a purchase of the demo publisher.
pub fn push(transaction_type: &str, purchase: &str, product: &str) -> Push {
    let sample = all().into_iter().find(|sample| sample["transactionType"] == transaction_type);
    let push = Push(sample.expect("a sample of the type"));
    push.with("originalTransactionId", purchase)
        .with("productCode", product)
        .with("customerId", ROKU_CUSTOMER)
        .with("channelId", "1143791")
}

/// A push that a test changes to its needs.
#[derive(Debug, Clone)]
pub struct Push(Map<String, Value>);

impl Push {
    /// The push with another value in a field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// The push without a field.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.0.remove(field);
        self
    }

    /// The push at a moment, about a term that ends at another.
    #[must_use]
    pub fn at(self, event: Timestamp, expiration: Timestamp) -> Self {
        let second = |moment: Timestamp| json!(format!("{moment:.0}"));
        self.with("eventDate", second(event)).with("expirationDate", second(expiration))
    }

    /// The message.
    pub fn message(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// A moment some days before (negative) or after `now`.
pub fn days(now: Timestamp, days: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * days)).expect("a moment near ours")
}
