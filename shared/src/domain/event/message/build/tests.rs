use serde_json::{Value, json};

use super::*;
use crate::domain::event::message::samples::{event, message_of, payment, sale, source, store};
use crate::domain::event::{EndReason, EventType, ReceiptResult, Unpaid};
use crate::domain::fact::Fact;
use crate::domain::id::TransactionId;
use crate::domain::offer::OfferId;
use crate::domain::receipt::Rejection;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, publisher, push};

const SOLD: &str = "2024-01-01T00:00:00Z";
const ORDERED: &str = "2024-01-15T00:00:00Z";
const TERM_END: &str = "2024-02-01T00:00:00Z";

fn told(kind: &str, purchase: &str, product: &str, moment: &str) -> Fact {
    push(kind, purchase, moment, Some(TERM_END), json!({ "productCode": product }))
}

/// The higher plan is left for the lower one, which starts when the term ends.
fn downgrade() -> Vec<Fact> {
    vec![
        told("Sale", PURCHASE, "S2-US", SOLD),
        told("DowngradeSale", NEW_PURCHASE, "S1-US", ORDERED),
        told("DowngradeCancellation", PURCHASE, "S2-US", "2024-01-15T00:00:01Z"),
    ]
}

fn json_of(message: &EventMessage) -> Value {
    serde_json::to_value(message).unwrap()
}

fn data_of(what: What, facts: &[Fact]) -> Value {
    json_of(&message_of(what, facts).1)["data"].clone()
}

#[test]
fn a_message_says_what_happened_to_which_subscription_of_whom() {
    let (event, message) = message_of(What::Renewed, &sale());
    let id = SubscriptionId::of(&store().id, event.purchase.as_ref().unwrap()).get();
    let expected = json!({
        "id": event.id,
        "type": "subscription.renewed",
        "version": 1,
        "timestamp": "2024-01-20T00:00:00Z",
        "publisher_id": "123456789",
        "sequence": 7002,
        "data": {
            "customer": { "id": "42" },
            "roku_customer_id": "2df58f54b4f7540ca3aa31ce8bec1fe7",
            "subscription": {
                "id": id,
                "external_id": "e875704d015211edb4490a58a9feac0c",
                "offer": {
                    "id": "S1_US", "title": "S1_US", "group": "plans", "price": "7.99",
                    "currency": "USD", "period": "month",
                },
                "product_id": "S1-US",
                "status": "active",
                "standing": "current",
                "in_trial": false,
                "started_at": "2024-01-01T00:00:00Z",
                "term_ends_at": "2024-02-01T00:00:00Z",
                "channel_id": "1143791",
            },
        },
    });
    assert_eq!(json_of(&message), expected);
    let read: EventMessage = serde_json::from_value(expected).unwrap();
    assert_eq!(read, message);
}

#[test]
fn messages_of_later_writes_have_higher_numbers_however_many_events_a_write_has() {
    let number = |version, place| {
        let source = Source { version, ..source(&sale()) };
        EventMessage::of(&event(What::Renewed), place, &source, &store()).sequence
    };
    assert_eq!(number(Some(1), 0), Some(1_000));
    assert_eq!(number(Some(1), 5_000), Some(1_999));
    assert_eq!(number(Some(2), 0), Some(2_000));
    assert_eq!(number(None, 0), None);
}

#[test]
fn how_a_subscription_stands_is_read_when_the_last_thing_was_known() {
    let stands = |known_through: &str| {
        let source = Source { known_through: at(known_through), ..source(&sale()) };
        let message = EventMessage::of(&event(What::Renewed), 0, &source, &store());
        let subscription = message.data.subscription.unwrap();
        (subscription.status, subscription.standing)
    };
    let words = |status: &str, standing: &str| (status.to_owned(), standing.to_owned());
    // Not before the event itself, by which the term had not ended.
    assert_eq!(stands(SOLD), words("active", "current"));
    assert_eq!(stands("2024-02-01T01:00:00Z"), words("active", "renewal_late"));
    assert_eq!(stands("2024-02-01T06:00:00Z"), words("expired", "ended"));
}

#[test]
fn a_lower_plan_is_pending_before_its_day_and_over_once_withdrawn() {
    let of_new = |facts: &[Fact], what: fn(PlanMove) -> What| {
        let change = PlanMove {
            from_purchase: Some(PurchaseId::parse(PURCHASE).unwrap()),
            starts_at: Some(at(TERM_END)),
            ..PlanMove::default()
        };
        let event = Event {
            purchase: Some(PurchaseId::parse(NEW_PURCHASE).unwrap()),
            ..event(what(change))
        };
        json_of(&EventMessage::of(&event, 0, &source(facts), &store()))["data"].clone()
    };
    let ordered = of_new(&downgrade(), What::DowngradeScheduled);
    assert_eq!(ordered["subscription"]["status"], "pending");
    assert_eq!(ordered["subscription"]["standing"], "pending_downgrade");
    let old = SubscriptionId::of(&store().id, &PurchaseId::parse(PURCHASE).unwrap()).get();
    let change = json!({
        "direction": "downgrade",
        "from_subscription_id": old,
        "from_offer_id": "S2_US",
        "to_offer_id": "S1_US",
        "starts_at": "2024-02-01T00:00:00Z",
    });
    assert_eq!(ordered["plan_change"], change);

    let mut withdrawn = downgrade();
    withdrawn.push(told("Resubscribe", PURCHASE, "S2-US", "2024-01-16T00:00:00Z"));
    let withdrawn = of_new(&withdrawn, What::DowngradeWithdrawn);
    assert_eq!(withdrawn["subscription"]["status"], "terminated");
    assert_eq!(withdrawn["plan_change"]["direction"], "downgrade");
}

#[test]
fn an_upgrade_says_what_it_cost() {
    let proration = Amounts {
        total: Some("4.00".parse().unwrap()),
        credits_applied: Some("3.99".parse().unwrap()),
        currency: Some("usd".to_owned()),
        ..Amounts::default()
    };
    let change = PlanMove {
        from_product: Some(RokuProductId::parse("S2-US").unwrap()),
        proration: Some(proration),
        ..PlanMove::default()
    };
    let expected = json!({
        "direction": "upgrade",
        "from_offer_id": "S2_US",
        "to_offer_id": "S1_US",
        "proration": { "charged": "4.00", "credited": "3.99", "currency": "USD" },
    });
    assert_eq!(data_of(What::Upgraded(change), &sale())["plan_change"], expected);
}

#[test]
fn a_transaction_has_the_number_that_the_api_lists() {
    let id = TransactionId::parse("charge1").unwrap();
    let expected = json!({
        "id": TransactionNumber::of(&id).to_string(),
        "external_id": "charge1",
        "kind": "renewal",
        "total": "-7.99",
        "tax": "0.60",
        "currency": "USD",
    });
    for what in [What::Refunded, What::Credited, What::ChargedBack, What::ChargebackReversed] {
        let data = data_of(what(payment("-7.99", "usd")), &sale());
        assert_eq!(data["transaction"], expected);
    }
}

#[test]
fn every_reason_is_a_word() {
    for (what, reason) in [
        (What::Ended { reason: EndReason::TakenAway }, "taken_away"),
        (What::Recovered { from: Unpaid::OnHold }, "on_hold"),
        (
            What::ReceiptRejected { receipt: shown(None), reason: Rejection::NotEntitled },
            "not_entitled",
        ),
    ] {
        assert_eq!(data_of(what, &sale())["reason"], reason);
    }
}

fn shown(result: Option<ReceiptResult>) -> ShownReceipt {
    ShownReceipt {
        customer: CustomerId::parse("43").unwrap(),
        transaction: TransactionId::parse("charge1").unwrap(),
        offer: OfferId::parse("S1_US").unwrap(),
        result,
    }
}

#[test]
fn a_receipt_is_of_who_showed_it_and_stands_on_an_account_or_on_none() {
    let shown = What::ReceiptValidated(shown(Some(ReceiptResult::Transferred)));
    let receipt =
        json!({ "transaction_id": "charge1", "offer_id": "S1_US", "result": "transferred" });
    let data = data_of(shown.clone(), &sale());
    assert_eq!((&data["receipt"], &data["customer"]["id"]), (&receipt, &json!("43")));
    assert!(data["subscription"].is_object());

    let alone = Source { account: None, version: None, ..source(&sale()) };
    let message = EventMessage::of(&event(shown), 0, &alone, &store());
    assert_eq!(json_of(&message)["data"]["receipt"], receipt);
    assert_eq!((message.sequence, message.data.subscription), (None, None));
}

#[test]
fn a_transfer_names_both_customers() {
    let [from_customer, to_customer] = ["42", "43"].map(|id| CustomerId::parse(id).unwrap());
    let data = data_of(What::Transferred { from_customer, to_customer }, &sale());
    assert_eq!(
        (&data["customer"]["id"], &data["previous_customer_id"]),
        (&json!("43"), &json!("42"))
    );
}

#[test]
fn a_product_of_no_offer_is_named_and_so_is_how_its_subscription_stands() {
    let nothing_sold = publisher(Vec::new());
    let message =
        EventMessage::of(&event(What::ProductUnmapped), 0, &source(&sale()), &nothing_sold);
    assert_eq!(message.kind, EventType::ProductUnmapped);
    let data = json_of(&message)["data"].clone();
    assert_eq!(data["product_id"], "S1-US");
    assert_eq!(data["subscription"]["status"], "active");
    assert_eq!(data["subscription"]["offer"], Value::Null);
}
