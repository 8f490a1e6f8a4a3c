use serde_json::json;

use super::*;
use crate::domain::samples::{PURCHASE, push, seen};

const SOLD: &str = "2024-01-10T00:00:00Z";
const END: &str = "2024-02-10T00:00:00Z";

#[test]
fn the_history_is_told_in_order_and_in_words() {
    let money = |total: f64| json!({"total": total, "currency": "usd", "transactionId": "other"});
    let facts = [
        push("Refund", PURCHASE, "2024-01-12T00:00:00Z", None, money(-1.06)),
        push("Sale", PURCHASE, SOLD, Some(END), json!({"total": 7.99, "currency": "usd"})),
        push("Chargeback", PURCHASE, "2024-02-20T00:00:00Z", None, money(-7.99)),
        push("Sale", PURCHASE, "2024-02-10T00:00:09Z", Some("2024-03-10T00:00:00Z"), money(7.99)),
        push("Cancellation", PURCHASE, "2024-01-11T00:00:00Z", Some(END), json!({})),
        push("Paused", PURCHASE, "2024-02-21T00:00:00Z", None, json!({})),
        push("Credit", PURCHASE, "2024-02-22T00:00:00Z", None, {
            json!({"originalTransactionId": null, "total": 1.0, "currency": "usd"})
        }),
        seen(PURCHASE, "2024-02-23T00:00:00.5Z", Some("2024-03-10T00:00:00Z"), json!({})),
    ];
    let shown = timeline(facts).into_iter().map(|entry| {
        let state = entry.state.map_or("-".to_owned(), |state| state.to_string());
        format!("{} {}: {} | {state}", entry.at, entry.kind, entry.what)
    });
    let expected = [
        "2024-01-10T00:00:00Z Sale: bought S123456789-US, 7.99 USD charged | current until 2024-02-10T00:00:00Z",
        "2024-01-11T00:00:00Z Cancellation: cancelled S123456789-US | cancelled, runs until 2024-02-10T00:00:00Z",
        "2024-01-12T00:00:00Z Refund: was refunded: 1.06 USD | cancelled, runs until 2024-02-10T00:00:00Z",
        "2024-02-10T00:00:09Z Sale: renewed S123456789-US, 7.99 USD charged | current until 2024-03-10T00:00:00Z",
        "2024-02-20T00:00:00Z Chargeback: the bank took the money back: 7.99 USD | current until 2024-03-10T00:00:00Z",
        "2024-02-21T00:00:00Z Paused: Roku told of \"Paused\", which its documentation does not know | current until 2024-03-10T00:00:00Z",
        "2024-02-22T00:00:00Z Credit: was given a credit: 1.00 USD | -",
        "2024-02-23T00:00:00Z answer: Roku was asked: S123456789-US, entitled, not cancelled, until 2024-03-10T00:00:00Z | current until 2024-03-10T00:00:00Z",
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn an_event_that_is_told_again_under_another_key_is_there_once() {
    let with_key = |fact: &Fact, key: &str| match fact.clone() {
        Fact::Notification(push) => {
            Fact::Notification(Notification { message_key: key.to_owned(), ..push })
        }
        Fact::Observation(seen) => Fact::Observation(seen),
    };
    let sale = push("Sale", PURCHASE, SOLD, Some(END), json!({ "total": 7.99 }));
    let other = push("Sale", "other", SOLD, Some(END), json!({ "total": 7.99 }));
    let cheaper = push("Sale", PURCHASE, SOLD, Some(END), json!({ "total": 6.99 }));
    let asked = seen(PURCHASE, SOLD, Some(END), json!({}));
    let again = seen(PURCHASE, "2024-01-10T00:00:00.5Z", Some(END), json!({}));
    let facts = [
        with_key(&sale, "1"),
        with_key(&other, "2"),
        with_key(&sale, "3"),
        with_key(&cheaper, "4"),
        with_key(&sale, "5"),
        asked,
        again,
    ];
    let told: Vec<(String, u32)> =
        timeline(facts).into_iter().map(|entry| (entry.kind, entry.told)).collect();
    let expected = [("answer", 1), ("answer", 1), ("Sale", 3), ("Sale", 1), ("Sale", 1)];
    assert_eq!(told, expected.map(|(kind, told)| (kind.to_owned(), told)));
}

#[test]
fn every_documented_type_has_words_of_its_own() {
    let mut words: Vec<String> = T::documented()
        .map(|kind| {
            let told = push(kind.as_str(), PURCHASE, SOLD, Some(END), json!({}));
            timeline([told]).remove(0).what
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), T::documented().count());
}
