use serde_json::{Value, json};

use super::*;
use crate::domain::account::Account;
use crate::domain::event::What;
use crate::domain::event::message::samples::{event, event_id, payment, sale, store};
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, RokuCustomerId, TransactionId};
use crate::domain::offer::OfferId;
use crate::domain::receipt::{Outcome, Receipt};
use crate::domain::samples::{ROKU_CUSTOMER, at};
use crate::store::receipts::KnownReceipt;
use crate::store::to_item;
use crate::store::{key, number};

fn happened(ids: &[&str]) -> Vec<Event> {
    ids.iter().map(|id| Event { id: event_id(id), ..event(What::Renewed) }).collect()
}

fn with_events(mut item: Item, events: &[Event]) -> Item {
    item.insert(EVENTS.to_owned(), value(events).unwrap());
    item
}

/// The seventh write of an account that customer 42 holds.
fn account_item(events: &[Event]) -> Item {
    let account: Account = fold(sale());
    let mut item = key(&format!("ROKU#123456789#{ROKU_CUSTOMER}"), "ACCOUNT");
    item.extend(to_item(&account).unwrap());
    item.insert("version".to_owned(), number(7));
    item.insert("linked_to".to_owned(), string("CUST#123456789#42"));
    with_events(item, events)
}

fn record(old: Option<Item>, new: Item) -> StreamRecord {
    let mut record = StreamRecord::default();
    let own = |item: &Item| {
        let own = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        Item::from(own)
    };
    record.keys = own(&new).into();
    record.new_image = new.into();
    record.old_image = old.unwrap_or_default().into();
    record
}

fn leaving(old: Option<Item>, new: Item) -> Vec<Value> {
    let read = Leaving::read(&record(old, new)).unwrap();
    read.map(|leaving| {
        let details = leaving.details(&store());
        details.iter().map(|detail| serde_json::to_value(detail).unwrap()).collect()
    })
    .unwrap_or_default()
}

fn refused(new: Item) -> String {
    Leaving::read(&record(None, new)).unwrap_err().to_string()
}

#[test]
fn what_leaves_is_what_the_item_did_not_say_before() {
    let ids = |old: Option<&[&str]>, new: &[&str]| -> Vec<(String, u64)> {
        let old = old.map(|ids| account_item(&happened(ids)));
        let left = leaving(old, account_item(&happened(new)));
        let told = left.iter().map(|one| {
            let sequence = one["event"]["sequence"].as_u64().unwrap();
            (one["event"]["id"].as_str().unwrap().to_owned(), sequence)
        });
        told.collect()
    };
    let told = |id: &str, sequence| (event_id(id).to_string(), sequence);
    assert_eq!(ids(None, &["a", "b"]), [told("a", 7000), told("b", 7001)]);
    assert_eq!(ids(Some(&["a"]), &["a", "b"]), [told("b", 7001)]);
    assert_eq!(ids(Some(&["a"]), &["b"]), [told("b", 7000)]);
    assert_eq!(ids(Some(&["a", "b"]), &["a", "b"]), []);
    assert_eq!(ids(Some(&["a"]), &[]), []);
}

#[test]
fn a_mark_on_an_account_and_an_item_without_events_leave_nothing() {
    let told = account_item(&happened(&["a"]));
    let mut marked = told.clone();
    marked.insert("unfolded".to_owned(), AttributeValue::Ss(vec!["FACT#push#1".to_owned()]));
    assert_eq!(leaving(Some(told.clone()), marked), [] as [Value; 0]);
    let mut silent = told;
    silent.remove(EVENTS);
    assert_eq!(leaving(None, silent), [] as [Value; 0]);
}

#[test]
fn events_of_an_account_leave_with_what_it_knows() {
    let charged = event(What::Charged(payment("7.99", "usd")));
    let [detail] = &leaving(None, account_item(&[charged]))[..] else { panic!("one") };
    let data = &detail["event"]["data"];
    assert_eq!(data["customer"]["id"], "42");
    assert_eq!(data["roku_customer_id"], ROKU_CUSTOMER);
    assert_eq!(data["subscription"]["status"], "active");
    assert_eq!(detail["row"]["total_micros"], 7_990_000);
    assert_eq!(detail["row"]["event_id"], detail["event"]["id"]);
}

#[test]
fn the_hash_of_a_long_id_is_not_taken_for_the_id() {
    let mut item = account_item(&happened(&["a"]));
    item.insert("pk".to_owned(), string(format!("ROKU#123456789#sha256:{}", "0".repeat(64))));
    let left = leaving(None, item);
    assert_eq!(left[0]["event"]["data"]["roku_customer_id"], Value::Null);
}

#[test]
fn events_of_a_receipt_are_its_customers_and_have_no_number() {
    let receipt = Receipt {
        customer: CustomerId::parse("43").unwrap(),
        transaction: TransactionId::parse("charge1").unwrap(),
        purchase_id: "charge1".to_owned(),
        offer: OfferId::parse("S1_US").unwrap(),
        order: "{}".to_owned(),
        received_at: at("2024-01-20T00:00:00Z"),
    };
    let roku_customer = Some(RokuCustomerId::parse(ROKU_CUSTOMER).unwrap());
    let known = KnownReceipt { receipt, outcome: Outcome::Granted, roku_customer };
    let mut item = key("CUST#123456789#43", "RECEIPT#charge1");
    item.extend(to_item(&known).unwrap());
    let left = leaving(None, with_events(item, &happened(&["a"])));
    let message = &left[0]["event"];
    assert_eq!(message["data"]["customer"]["id"], "43");
    assert_eq!(message["data"]["roku_customer_id"], ROKU_CUSTOMER);
    assert_eq!(message["sequence"], Value::Null);
}

#[test]
fn a_note_of_an_unmapped_product_leaves_as_an_event() {
    let item = key("ASIDE#123456789", "UNMAPPED#gold");
    let left = leaving(None, with_events(item, &[event(What::ProductUnmapped)]));
    assert_eq!(left[0]["event"]["type"], "product.unmapped");
}

#[test]
fn what_is_not_as_it_is_written_here_is_refused_without_its_text() {
    let unreadable = |mut item: Item, name: &str, value: AttributeValue| {
        item.insert(name.to_owned(), value);
        refused(item)
    };
    let item = || account_item(&happened(&["a"]));
    for why in [
        unreadable(item(), EVENTS, string("secret")),
        unreadable(item(), EVENTS, number(1)),
        unreadable(item(), "purchases", string("secret")),
        unreadable(item(), "pk", string("ROKU#secret#1")),
        unreadable(item(), "pk", string("TX#1#1")),
        unreadable(item(), "sk", string("FACT#push#1")),
    ] {
        assert!(why.starts_with("an item of the table cannot be read"), "{why}");
        assert!(!why.contains("secret"), "{why}");
    }
    let elsewhere = refused(with_events(key("CUST#1#2", "CUSTOMER"), &happened(&["a"])));
    let expected =
        "an item of the table cannot be read: nothing leaves from items CUST#…, CUSTOMER";
    assert_eq!(elsewhere, expected);
}

fn engaged(counts: Value) -> Item {
    let mut item = key("ENGAGED#123456789#2026-11-26", "00ff");
    item.insert(ENGAGED.to_owned(), string(counts.to_string()));
    item
}

#[test]
fn counts_leave_as_rows_and_as_nothing_else() {
    let left = leaving(None, engaged(json!({ "42": 3, "43": 1 })));
    let told = |one: &Value| (one["row"]["customer_id"].clone(), one["row"]["checks"].clone());
    let told: Vec<_> = left.iter().map(told).collect();
    assert_eq!(told, [(json!("42"), json!(3)), (json!("43"), json!(1))]);
    let row = &left[0]["row"];
    assert_eq!(
        (&row["event_type"], &row["day"]),
        (&json!("customer.watched"), &json!("2026-11-26"))
    );
    assert_eq!(row["occurred_at"], "2026-11-26T00:00:00.000Z");
    assert_eq!(left[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["row"]);
    assert_ne!(left[0]["row"]["event_id"], left[1]["row"]["event_id"]);
}

#[test]
fn what_is_counted_again_leaves_once() {
    let first = engaged(json!({ "42": 3, "43": 1 }));
    assert_eq!(leaving(Some(first.clone()), first.clone()), [] as [Value; 0]);
    let once = leaving(None, first.clone());
    assert_eq!(once, leaving(None, first.clone()), "a record that comes twice");
    let more = leaving(Some(first), engaged(json!({ "42": 5, "43": 1 })));
    assert_eq!(more.len(), 1);
    assert_eq!(more[0]["row"]["checks"], 2);
    assert_ne!(more[0]["row"]["event_id"], once[0]["row"]["event_id"]);
    assert!(refused(engaged(json!({ "42": "many" }))).contains("cannot be read"));
}
