//! Events as `asyncapi.yaml` describes them. Every event that leaves a stack of the tests is held
//! against it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::description::{Description, escaped};

/// The description, without room for what it does not know.
static EVENTS: LazyLock<Description> =
    LazyLock::new(|| Description::read_with("asyncapi.yaml", close));

/// The description as it is held against what leaves.
pub fn description() -> &'static Value {
    EVENTS.content()
}

/// Every type of event that is described.
pub fn types() -> BTreeSet<&'static str> {
    messages("webhook")
}

/// Every topic of Cleeng's that is described.
pub fn topics() -> BTreeSet<&'static str> {
    messages("cleeng")
}

fn messages(channel: &str) -> BTreeSet<&'static str> {
    let messages = description()["channels"][channel]["messages"].as_object();
    messages.expect("the messages of a channel").keys().map(String::as_str).collect()
}

/// Holds an event, as it leaves the stack or as a webhook delivers it, against its type.
///
/// # Panics
/// When its type is not described, or it is not as the description says.
pub fn check(event: &Value) {
    let faults = faults(event);
    assert!(faults.is_empty(), "{}\n{event:#}", faults.join("\n"));
}

/// Where an event is not as the description says.
pub fn faults(event: &Value) -> Vec<String> {
    let kind = event["type"].as_str().unwrap_or_default();
    if !types().contains(kind) {
        return vec![format!("asyncapi.yaml has no event {kind:?}")];
    }
    EVENTS.faults(&format!("/components/messages/{}/payload", escaped(kind)), event, kind)
}

/// Holds an event in Cleeng's form against its topic.
///
/// # Panics
/// When its topic is not described, or it is not as the description says.
pub fn check_cleeng(envelope: &Value) {
    let topic = envelope["topic"].as_str().unwrap_or_default();
    let at = format!("/components/messages/cleeng.{}/payload", escaped(topic));
    EVENTS.hold(&at, envelope, topic);
}

/// Holds the headers of a delivery against the description.
///
/// # Panics
/// When they are not as it says.
pub fn check_headers(headers: &Value) {
    EVENTS.hold("/components/schemas/SignedHeaders", headers, "the headers of a webhook");
}

/// Takes the room away in which events may grow: what is not described is not told.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("additionalProperties") == Some(&json!(true)) {
                members.remove("additionalProperties");
                members.insert("unevaluatedProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
