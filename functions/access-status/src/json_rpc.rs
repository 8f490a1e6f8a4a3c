//! JSON-RPC as Cleeng's clients speak it (`cleeng-api.md` §3.1, §10).
//!
//! Official clients of several languages and ages disagree with the specification and with each
//! other, so much is accepted: `jsonrpc` under another key, as a number or missing; ids as text or
//! number; no parameters as `[]`. What is answered is always the same, and always with HTTP 200.

mod params;

use serde_json::{Value, json};

pub use params::{Params, Unreadable};

/// Cleeng's PHP client sends at most 25 calls in a request; other clients may be bolder.
pub const MAX_BATCH: usize = 50;

/// A batch of 50 calls with our longest tokens has half of this.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What to echo.
    pub id: Value,
    /// What to do.
    pub method: String,
    /// With what, by name.
    pub params: Params,
}

/// A failed call: one of Cleeng's codes (§3.2) or one of JSON-RPC's own, and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// The code.
    pub code: i32,
    /// What is wrong.
    pub message: String,
}

impl RpcError {
    /// An error with this code and text.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    /// Nothing has this name.
    pub fn unknown_method(method: &str) -> Self {
        let method: String = method.chars().take(64).collect();
        Self::new(-32601, format!("Method not found: {method}"))
    }

    /// Our own fault; the log says what it is.
    pub fn internal() -> Self {
        Self::new(-32603, "Internal error")
    }

    /// Our own outage; the same call may be made again.
    pub fn unavailable() -> Self {
        Self::new(-32603, "Temporarily unavailable, try again")
    }
}

/// What a request asks for.
#[derive(Debug)]
pub enum Request {
    /// One call, answered by one object.
    Single(Result<Call, Refusal>),
    /// Several, answered by a list in the same order.
    Batch(Vec<Result<Call, Refusal>>),
}

/// A call that cannot be made, and what to echo.
#[derive(Debug)]
pub struct Refusal {
    /// The id, where there was one.
    pub id: Value,
    /// What is wrong.
    pub error: RpcError,
}

impl Request {
    /// Reads a body, whatever its content type says.
    pub fn parse(body: &[u8]) -> Self {
        let refusal = |error| Err(Refusal { id: Value::Null, error });
        let refused = |error| Self::Single(refusal(error));
        if body.len() > MAX_BODY_BYTES {
            let message = format!("The body is longer than {MAX_BODY_BYTES} bytes");
            return refused(RpcError::invalid_request(message));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Array(calls)) if calls.is_empty() => {
                Self::Batch(vec![refusal(RpcError::invalid_request("The batch is empty"))])
            }
            Ok(Value::Array(calls)) if calls.len() > MAX_BATCH => {
                let message = format!("A batch has at most {MAX_BATCH} calls");
                Self::Batch(vec![refusal(RpcError::invalid_request(message))])
            }
            Ok(Value::Array(calls)) => Self::Batch(calls.into_iter().map(Call::read).collect()),
            Ok(call) => Self::Single(Call::read(call)),
            Err(_) => refused(RpcError::new(-32700, "The body is not JSON")),
        }
    }
}

impl Call {
    fn read(call: Value) -> Result<Self, Refusal> {
        let Value::Object(mut call) = call else {
            let error = RpcError::invalid_request("A call is an object");
            return Err(Refusal { id: Value::Null, error });
        };
        let id = echo_of(call.get("id"));
        let refused =
            |message: &str| Refusal { id: id.clone(), error: RpcError::invalid_request(message) };
        let Some(Value::String(method)) = call.remove("method") else {
            return Err(refused("`method` must be a string"));
        };
        let params = Params::read(call.get("params"));
        let params = params.map_err(|_| refused("`params` must be an object"))?;
        Ok(Self { id, method, params })
    }
}

/// The id as Cleeng echoes it: as text, also where it came as a number.
fn echo_of(id: Option<&Value>) -> Value {
    match id {
        Some(Value::String(text)) => Value::String(text.clone()),
        Some(Value::Number(number)) => Value::String(number.to_string()),
        _ => Value::Null,
    }
}

/// The answer to one call.
pub fn response(id: &Value, outcome: Result<Value, RpcError>) -> Value {
    let (result, error) = match outcome {
        Ok(result) => (result, Value::Null),
        Err(error) => (Value::Null, json!({ "code": error.code, "message": error.message })),
    };
    json!({ "result": result, "id": id, "error": error, "jsonrpc": "2.0" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(body: &str) -> Result<Call, Refusal> {
        match Request::parse(body.as_bytes()) {
            Request::Single(call) => call,
            Request::Batch(_) => panic!("one call"),
        }
    }

    #[test]
    fn every_dialect_in_the_field_is_read() {
        for body in [
            r#"{"method":"m","params":{},"jsonrpc":"2.0","id":1}"#,
            r#"{"method":"m","params":[],"json-rpc":"2.0","id":"1"}"#,
            r#"{"method":"m","params":null,"jsonrpc":2.0,"id":1}"#,
            r#"{"method":"m","id":1}"#,
        ] {
            let call = single(body).unwrap();
            assert_eq!((call.method.as_str(), &call.id), ("m", &json!("1")), "{body}");
            assert!(call.params.is_empty(), "{body}");
        }
    }

    #[test]
    fn what_is_no_call_says_so_and_echoes_the_id() {
        for (body, id, code) in [
            ("{", Value::Null, -32700),
            ("7", Value::Null, -32600),
            (r#"{"id":"a"}"#, json!("a"), -32600),
            (r#"{"id":2,"method":"m","params":"x"}"#, json!("2"), -32600),
            (r#"{"id":2,"method":"m","params":[1]}"#, json!("2"), -32600),
        ] {
            let refusal = single(body).unwrap_err();
            assert_eq!((refusal.id, refusal.error.code), (id, code), "{body}");
        }
    }

    #[test]
    fn a_list_is_answered_by_a_list() {
        let many = format!("[{}]", vec!["{}"; MAX_BATCH + 1].join(","));
        for body in ["[]", &many] {
            let Request::Batch(calls) = Request::parse(body.as_bytes()) else { panic!("a list") };
            let [Err(refusal)] = calls.as_slice() else { panic!("one refusal") };
            assert_eq!(refusal.error.code, -32600);
        }
    }
}
