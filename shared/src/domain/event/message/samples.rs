//! Events, and an account that they happened to: for tests.

use rust_decimal::Decimal;
use serde_json::json;

use super::{EventMessage, Source};
use crate::domain::amounts::Amounts;
use crate::domain::event::{Event, EventId, Payment, What};
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, PurchaseId, RokuCustomerId, RokuProductId, TransactionId};
use crate::domain::offer::{Offer, Period};
use crate::domain::publisher::Publisher;
use crate::domain::samples::{PURCHASE, ROKU_CUSTOMER, at, offer, publisher, push};
use crate::domain::transaction::Kind;

/// Two monthly plans of one group.
pub(crate) fn store() -> Publisher {
    let plan = |id, cents| Offer {
        price: Decimal::new(cents, 2),
        period: Some(Period::Month),
        group: Some("plans".to_owned()),
        ..offer(id, &[])
    };
    publisher(vec![plan("S1_US", 799), plan("S2_US", 1199)])
}

/// The first plan, until February.
pub(crate) fn sale() -> Vec<Fact> {
    let product = json!({ "productCode": "S1-US" });
    let end = Some("2024-02-01T00:00:00Z");
    vec![push("Sale", PURCHASE, "2024-01-01T00:00:00Z", end, product)]
}

pub(crate) fn payment(total: &str, currency: &str) -> Payment {
    Payment {
        transaction: Some(TransactionId::parse("Charge-1").unwrap()),
        kind: Some(Kind::Renewal),
        amounts: Amounts {
            total: Some(total.parse().unwrap()),
            tax: Some("0.60".parse().unwrap()),
            currency: Some(currency.to_owned()),
            ..Amounts::default()
        },
    }
}

/// An id, the same for the same name.
pub(crate) fn event_id(name: &str) -> EventId {
    EventId::of(&store().id, "sample", name, &[])
}

pub(crate) fn event(what: What) -> Event {
    Event {
        id: event_id("1"),
        what,
        at: at("2024-01-20T00:00:00Z"),
        purchase: Some(PurchaseId::parse(PURCHASE).unwrap()),
        product: Some(RokuProductId::parse("S1-US").unwrap()),
        term_ends_at: Some(at("2024-03-01T00:00:00Z")),
        channel: Some("1143791".to_owned()),
    }
}

/// The seventh write of the account of these facts, which customer 42 holds.
pub(crate) fn source(facts: &[Fact]) -> Source {
    let account = fold(facts.iter().cloned());
    let known_through = account.folded_through.as_ref().map(|fact| fact.time);
    Source {
        roku_customer: Some(RokuCustomerId::parse(ROKU_CUSTOMER).unwrap()),
        holder: Some(CustomerId::parse("42").unwrap()),
        account: Some(account),
        version: Some(7),
        known_through: known_through.unwrap(),
    }
}

/// An event that stands third in the list of such an account, and the message about it.
pub(crate) fn message_of(what: What, facts: &[Fact]) -> (Event, EventMessage) {
    let event = event(what);
    let message = EventMessage::of(&event, 2, &source(facts), &store());
    (event, message)
}
