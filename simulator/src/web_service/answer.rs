//! What the web services answer: the outcome, as JSON or as a fault makes of it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::xml;
use crate::faults::WebServiceFault;
use crate::ledger::Refused;
use crate::simulator::Simulator;

/// HTTP 200 with a body: JSON, cut in half or turned into XML where that is the fault.
pub(super) fn answer(simulator: &Simulator, body: &Value) -> Response {
    match simulator.web_service_fault() {
        Some(WebServiceFault::Xml) => written("application/xml", xml::of(body)),
        Some(WebServiceFault::BrokenJson) => {
            let mut text = json_of(body);
            text.truncate(text.floor_char_boundary(text.len() / 2));
            written("application/json", text)
        }
        _ => written("application/json", json_of(body)),
    }
}

fn written(content_type: &str, body: String) -> Response {
    ([(header::CONTENT_TYPE, format!("{content_type}; charset=utf-8"))], body).into_response()
}

/// JSON with the slashes of dates escaped, as Roku's serializer writes them.
fn json_of(body: &Value) -> String {
    body.to_string().replace("/Date(", "\\/Date(").replace(")/\"", ")\\/\"")
}

/// What Roku answers to an id that cannot be one.
pub(super) fn invalid_uri() -> Response {
    (StatusCode::BAD_REQUEST, "Invalid URI format.").into_response()
}

pub(super) fn unauthorized(simulator: &Simulator) -> Response {
    answer(simulator, &failure("UNAUTHORIZED"))
}

/// The outcome of what was to be done, with what else the answer holds then.
pub(super) fn outcome(done: Result<Value, Refused>) -> Value {
    match done {
        Ok(more) => with_more(base("", 0), more),
        Err(Refused::UnknownTransaction(_)) => failure("Transaction not found"),
        Err(why) => failure(&why.to_string()),
    }
}

pub(super) fn failure(message: &str) -> Value {
    base(message, 1)
}

fn base(message: &str, status: u8) -> Value {
    json!({ "errorCode": null, "errorDetails": null, "errorMessage": message, "status": status })
}

fn with_more(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(mut more)) = (&mut base, more) {
        base.append(&mut more);
    }
    base
}
