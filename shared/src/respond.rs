//! Answers over HTTP, and the one shape of a failure.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::store::StoreError;

/// An answer with a body of plain text.
pub fn text(status: StatusCode, body: impl Into<String>) -> Response<Body> {
    with_type(status, "text/plain", body.into())
}

/// An answer with a body of JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(body) => with_type(status, "application/json", body),
        Err(_) => Failure::internal().into(),
    }
}

/// What a MediaStore client asks for, in the envelope that it looks for (`cleeng-api.md` §10.2).
pub fn envelope(response_data: Value) -> Response<Body> {
    json(StatusCode::OK, &json!({ "responseData": response_data, "errors": [] }))
}

/// Has an answer made in `time` at most. Where that is not enough, or the code panics, the answer
/// is a [`Failure`]: of the gateway's own answers to that, clients cannot read the reason (§10.2).
pub async fn in_time(
    time: Duration,
    answer: impl Future<Output = Response<Body>>,
) -> Response<Body> {
    match tokio::time::timeout(time, unless_it_panics(answer)).await {
        Ok(answer) => answer.unwrap_or_else(|| Failure::internal().into()),
        Err(_) => {
            tracing::error!("no time left");
            Failure::unavailable().into()
        }
    }
}

/// What comes of it; none where it panicked, which is a bug of ours and one failed request.
pub async fn unless_it_panics<T>(work: impl Future<Output = T>) -> Option<T> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.inspect_err(|_| tracing::error!("the handler panicked")).ok()
}

fn with_type(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// A failure as a caller of the REST routes sees it: a status, a stable code of Cleeng's
/// (`cleeng-api.md` §1.4), and a text. The body carries the text a second time in `errors`, where
/// Cleeng's own clients look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status, 4xx or 5xx.
    pub status: StatusCode,
    /// Cleeng's code.
    pub code: &'static str,
    /// What is wrong, for the person who reads the caller's log.
    pub message: String,
}

impl Failure {
    /// A failure with this status, code and text.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Our own fault; the log says what it is.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "S0001", "Internal Server Error")
    }

    /// The store or Roku is out of reach; the same request may be sent again.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "S0001", "Temporarily unavailable, try again")
    }

    /// No route has this path and method.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "REQ0003", "Not found")
    }
}

/// The store is out of reach; the log says why.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = error.with_causes(), "store failed");
        Self::unavailable()
    }
}

impl From<Failure> for Response<Body> {
    fn from(failure: Failure) -> Self {
        let message = failure.message;
        let body = json!({ "code": failure.code, "message": message, "errors": [message] });
        with_type(failure.status, "application/json", body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(answer: &Response<Body>) -> (u16, Value) {
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    #[tokio::test]
    async fn a_handler_that_panics_or_hangs_is_answered_for() {
        let failure =
            |message: &str| json!({ "code": "S0001", "message": message, "errors": [message] });
        let panics = async { panic!("a bug") };
        let answer = in_time(Duration::from_secs(9), panics).await;
        assert_eq!(shown(&answer), (500, failure("Internal Server Error")));

        let hangs = std::future::pending();
        let answer = in_time(Duration::ZERO, hangs).await;
        assert_eq!(shown(&answer), (503, failure("Temporarily unavailable, try again")));

        let answer = in_time(Duration::from_secs(9), async { envelope(json!(7)) }).await;
        assert_eq!(shown(&answer), (200, json!({ "responseData": 7, "errors": [] })));
    }
}
