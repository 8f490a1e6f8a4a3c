//! The messages inside pushes, with the fields that Roku's samples show for each type.

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use crate::ledger::Purchase;

/// A message that is to be pushed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    /// The same when the same message is sent again.
    pub(crate) key: String,
    /// JSON, or free text.
    pub(crate) text: String,
}

/// What happened to a purchase, with what only some types of push carry.
pub(crate) struct Event<'a> {
    pub(crate) transaction_type: &'a str,
    pub(crate) at: Timestamp,
    /// The charge, or a fresh id for the event itself.
    pub(crate) transaction: &'a str,
    pub(crate) comments: &'a str,
    pub(crate) charged: Option<Charged>,
}

/// What a sale charged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charged {
    pub(crate) price: Decimal,
    pub(crate) total: Decimal,
    pub(crate) credits: Decimal,
}

impl Message {
    /// The push about an event of a purchase of a channel.
    pub(crate) fn about(purchase: &Purchase, channel: &str, event: &Event<'_>) -> Self {
        let is_first = event.transaction == purchase.original;
        let is_sale = event.transaction_type.ends_with("Sale");
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        set("customerId", json!(purchase.customer));
        set("transactionType", json!(event.transaction_type));
        set("transactionId", json!(event.transaction));
        set("channelId", json!(channel));
        set("productCode", json!(purchase.product.code));
        set("productName", json!(purchase.product.name));
        set("originalTransactionId", json!(purchase.original));
        set("eventDate", json!(date(event.at)));
        if let Some(expires_at) = purchase.expires_at {
            set("expirationDate", json!(date(expires_at)));
        }
        if !is_first {
            set("originalPurchaseDate", json!(date(purchase.purchased_at)));
        }
        if let Some(charged) = event.charged {
            set("price", amount(charged.price));
            set("total", amount(charged.total));
            set("tax", amount(Decimal::ZERO));
            set("currency", json!("usd"));
            if !charged.credits.is_zero() {
                set("creditsApplied", amount(charged.credits));
            }
        }
        if is_sale {
            set("channelName", json!("Simulated channel"));
            set("purchaseChannel", json!("DEVICE"));
            set("purchaseContext", json!("IAP"));
        }
        set("comments", json!(event.comments));
        set("responseKey", json!(crate::ledger::new_id()));
        set("isFreeTrial", json!(is_sale && purchase.trial));
        Self { key: crate::ledger::new_id(), text: Value::Object(fields).to_string() }
    }

    /// What "Send test message" of Roku's dashboard pushes: any text.
    pub(crate) fn test(text: &str) -> Self {
        Self { key: crate::ledger::new_id(), text: text.to_owned() }
    }
}

/// A date as pushes write it: with seven digits of fraction, one of the three forms seen.
fn date(moment: Timestamp) -> String {
    format!("{moment:.7}")
}

/// An amount as JSON writes it: a number.
pub(crate) fn amount(amount: Decimal) -> Value {
    json!(amount.to_f64().unwrap_or_default())
}
