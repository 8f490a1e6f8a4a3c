//! The messages inside pushes, with the fields that Roku's samples show for each type.

mod kind;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(crate) use kind::Kind;

use crate::id::{new_hyphenated_id, new_id};
use crate::ledger::Purchase;

/// The name of the only channel.
pub(crate) const CHANNEL_NAME: &str = "Simulated channel";

/// A message that is to be pushed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// The same when the same message is sent again.
    pub(crate) key: String,
    pub(crate) kind: MessageType,
    /// JSON, or free text.
    pub(crate) text: String,
}

/// Roku's `x-Roku-message-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum MessageType {
    /// What happened to a purchase, or the text of a test.
    Push,
    /// Receivers are to forget the public keys that they have kept (`roku-pay.md` §1).
    InvalidatePublicKeys,
}

impl MessageType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Push => "roku.rpay.push",
            Self::InvalidatePublicKeys => "roku.invalidate_public_keys",
        }
    }
}

/// What happened to a purchase, with what only some types of push carry.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) at: Timestamp,
    /// The charge, or a fresh id for the event itself (`roku-pay.md` §2.2).
    pub(crate) transaction: String,
    pub(crate) amounts: Option<Amounts>,
    /// What the publisher called it, echoed.
    pub(crate) partner_reference: Option<String>,
}

impl Event {
    /// An event with an id of its own, that moves no money.
    pub(crate) fn new(kind: Kind, at: Timestamp) -> Self {
        let transaction = if kind.is_offer() { new_hyphenated_id() } else { new_id() };
        Self { kind, at, transaction, amounts: None, partner_reference: None }
    }
}

/// How much money moved, in US dollars: below zero when it went back to the customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amounts {
    pub(crate) price: Decimal,
    pub(crate) total: Decimal,
    pub(crate) credits: Decimal,
}

impl Amounts {
    /// An amount of which no part was paid with credits.
    pub(crate) fn of(amount: Decimal) -> Self {
        Self { price: amount, total: amount, credits: Decimal::ZERO }
    }
}

impl Message {
    /// The push about an event of a purchase.
    pub(crate) fn about(purchase: &Purchase, event: &Event) -> Self {
        let mut fields = Fields::default();
        fields.set("transactionType", event.kind);
        fields.set("transactionId", &event.transaction);
        fields.set("customerId", &purchase.customer);
        fields.set("channelId", &purchase.channel);
        fields.describe(purchase, event);
        fields.date(purchase, event);
        fields.count(event);
        fields.set("responseKey", new_id());
        // False on cancellations even of a trial (`roku-pay.md` §2.1).
        fields.set("isFreeTrial", event.kind.is_sale() && purchase.trial);
        Self::new(MessageType::Push, Value::Object(fields.0).to_string())
    }

    /// What "Send test message" of Roku's dashboard pushes: any text.
    pub(crate) fn test(text: &str) -> Self {
        Self::new(MessageType::Push, text.to_owned())
    }

    /// What Roku pushes when receivers are to fetch its public keys anew. What it says is not
    /// documented; its type alone is.
    pub(crate) fn invalidate_public_keys() -> Self {
        Self::new(MessageType::InvalidatePublicKeys, "{}".to_owned())
    }

    fn new(kind: MessageType, text: String) -> Self {
        Self { key: new_id(), kind, text }
    }

    /// The same under another key.
    pub(crate) fn with_new_key(self) -> Self {
        Self { key: new_id(), ..self }
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, name: &str, value: impl Serialize) {
        self.0.insert(name.to_owned(), json!(value));
    }

    /// Which product and chain it is about, and where it was bought.
    fn describe(&mut self, purchase: &Purchase, event: &Event) {
        let kind = event.kind;
        self.set("productCode", &purchase.product.code);
        if kind.has_product_name() {
            // The samples of retention offers name no product (`roku-pay.md` §2.3).
            let name = if kind.is_offer() { "DefaultText" } else { &purchase.product.name };
            self.set("productName", name);
        }
        if kind.has_channel_name() {
            self.set("channelName", CHANNEL_NAME);
        }
        if kind.belongs_to_chain() {
            self.set("originalTransactionId", &purchase.original);
        }
        if kind.is_sale() {
            self.set("purchaseChannel", "DEVICE");
            self.set("purchaseContext", "IAP");
        }
        let is_first = event.transaction == purchase.original;
        if let Some(comments) = kind.comments(&purchase.product.name, is_first) {
            self.set("comments", comments);
        }
        if let Some(reference) = &event.partner_reference {
            self.set("partnerReferenceId", reference);
        }
    }

    fn date(&mut self, purchase: &Purchase, event: &Event) {
        let kind = event.kind;
        self.set("eventDate", date(event.at));
        let is_first_sale = kind.is_sale() && event.transaction == purchase.original;
        if kind.belongs_to_chain() && !is_first_sale {
            self.set("originalPurchaseDate", date(purchase.purchased_at));
        }
        if let Some(expires_at) = purchase.expires_at.filter(|_| kind.has_expiration_date()) {
            self.set("expirationDate", date(expires_at));
        }
    }

    fn count(&mut self, event: &Event) {
        if event.kind.has_currency() {
            self.set("currency", "usd");
        }
        let Some(amounts) = event.amounts else {
            return;
        };
        self.set("price", amount(amounts.price));
        self.set("total", amount(amounts.total));
        if event.kind.has_tax() {
            self.set("tax", amount(Decimal::ZERO));
        }
        if !amounts.credits.is_zero() {
            self.set("creditsApplied", amount(amounts.credits));
        }
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
