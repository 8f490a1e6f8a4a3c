//! `asyncapi.yaml` says what leaves, all of it and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};
use usher::domain::event::EventType;
use usher::domain::id::PublisherId;
use usher::domain::webhook::sample::sample;
use usher::domain::webhook::{Contact, Format, cleeng};
use usher_tests::event_contract;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn example(kind: EventType) -> Value {
    let path = repository().join(format!("events/examples/{kind}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The places of all objects in a value, as JSON pointers.
fn objects_in(value: &Value, at: &str) -> Vec<String> {
    let Some(members) = value.as_object() else { return Vec::new() };
    let within =
        members.iter().flat_map(|(name, member)| objects_in(member, &format!("{at}/{name}")));
    [at.to_owned()].into_iter().chain(within).collect()
}

#[test]
fn every_type_and_every_topic_is_described_and_no_other() {
    let types: BTreeSet<_> = EventType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(event_contract::types(), types);
    let topics: BTreeSet<_> =
        EventType::ALL.iter().filter_map(|kind| cleeng::topic(*kind)).collect();
    assert_eq!(event_contract::topics(), topics);
}

#[test]
fn the_examples_are_as_described() {
    for kind in EventType::ALL {
        let example = example(*kind);
        assert_eq!(example["type"], kind.as_str());
        event_contract::check(&example);
    }
}

#[test]
fn what_a_receiver_is_sent_to_try_it_is_as_described() {
    let publisher = PublisherId::parse("123456789").unwrap();
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    for kind in EventType::ALL {
        let message = sample(*kind, &publisher, now);
        for format in [Format::Usher, Format::Cleeng] {
            let ann = Contact {
                email: Some("ann@example.com".to_owned()),
                external_id: Some("A7".to_owned()),
            };
            let Some(body) = format.body(&message, ann).unwrap() else { continue };
            let body = serde_json::from_str(&body).unwrap();
            match format {
                Format::Usher => event_contract::check(&body),
                Format::Cleeng => event_contract::check_cleeng(&body),
            }
        }
    }
}

#[test]
fn a_field_that_is_not_described_is_refused_wherever_it_stands() {
    for kind in EventType::ALL {
        let example = example(*kind);
        for place in objects_in(&example, "") {
            let mut wrong = example.clone();
            wrong.pointer_mut(&place).unwrap()["surprise"] = 1.into();
            assert_ne!(event_contract::faults(&wrong), Vec::<String>::new(), "{kind}{place}");
        }
    }
}

#[test]
fn an_event_without_what_every_event_has_is_refused() {
    for kind in EventType::ALL {
        for name in ["id", "type", "version", "timestamp", "publisher_id", "data"] {
            let mut wrong = example(*kind);
            wrong.as_object_mut().unwrap().remove(name);
            assert_ne!(event_contract::faults(&wrong), Vec::<String>::new(), "{kind}: {name}");
        }
    }
}

#[test]
fn a_wrong_value_is_refused() {
    for (kind, place, value) in [
        (EventType::Renewed, "/id", json!("msg_1")),
        (EventType::Renewed, "/type", json!("subscription.paused")),
        (EventType::Renewed, "/version", json!(2)),
        (EventType::Renewed, "/timestamp", json!(1_700_000_000)),
        (EventType::Renewed, "/timestamp", json!("2024-02-30T00:00:00Z")),
        (EventType::Renewed, "/sequence", json!("1")),
        (EventType::Renewed, "/data", json!({})),
        (EventType::Renewed, "/data/subscription", Value::Null),
        (EventType::Renewed, "/data/subscription/id", json!(1)),
        (EventType::Renewed, "/data/subscription/status", json!("stopped")),
        (EventType::Renewed, "/data/subscription/standing", json!("on hold")),
        (EventType::Renewed, "/data/subscription/offer/price", json!(7.99)),
        (EventType::Renewed, "/data/subscription/offer/currency", json!("usd")),
        (EventType::Renewed, "/data/subscription/offer/period", json!("monthly")),
        (EventType::Charged, "/data/transaction/total", json!("-7.99")),
        (EventType::Charged, "/data/transaction/kind", json!("refund")),
        (EventType::Refunded, "/data/transaction/total", json!("7.99")),
        (EventType::Recovered, "/data/reason", json!("cancelled")),
        (EventType::Ended, "/data/reason", json!("grace")),
        (EventType::ReceiptRejected, "/data/reason", json!("not_found")),
        (EventType::ReceiptValidated, "/data/receipt/result", json!("granted")),
        (EventType::Upgraded, "/data/plan_change/direction", json!("downgrade")),
        (EventType::Downgraded, "/data/plan_change/direction", json!("upgrade")),
    ] {
        let mut wrong = example(kind);
        *wrong.pointer_mut(place).unwrap() = value.clone();
        assert_ne!(event_contract::faults(&wrong), Vec::<String>::new(), "{kind}{place}: {value}");
    }
}

/// Whoever reads the description must not have to guess what may grow.
#[test]
fn every_object_says_whether_fields_may_be_added() {
    let schemas = event_contract::description()["components"]["schemas"].as_object().unwrap();
    let text = event_contract::description().to_string();
    for (name, schema) in schemas.iter().filter(|(_, schema)| schema.get("properties").is_some()) {
        // What others are made of, and what is described by them only.
        let reference = format!(r##""allOf":[{{"$ref":"#/components/schemas/{name}"}}]"##);
        let says = schema.get("unevaluatedProperties").is_some();
        let is_of_http = name == "SignedHeaders";
        assert!(says != text.contains(&reference) || is_of_http, "{name}");
    }
}

#[test]
fn the_guide_shows_an_event_that_left() {
    let page = std::fs::read_to_string(repository().join("docs/events.md")).unwrap();
    let (before, rest) = page.split_once("```json\n").expect("an event");
    let (_, after) = rest.split_once("```").expect("its end");
    let path = repository().join("events/examples/subscription.renewed.json");
    let example = std::fs::read_to_string(path).unwrap();
    let shown = format!("{before}```json\n{example}```{after}");
    expect_test::expect_file![repository().join("docs/events.md")].assert_eq(&shown);
}
