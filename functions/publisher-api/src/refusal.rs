//! What a request is answered with that cannot be answered.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use serde_json::json;
use usher::respond::{Failure, json};

/// The answer. Beside the envelope of our other routes stand `success` and `data`, which API 3.1
/// has in some of its failures (`cleeng-api.md` §1.4).
pub(crate) fn response(failure: Failure) -> Response<Body> {
    let body = json!({
        "success": false,
        "data": null,
        "code": failure.code,
        "message": failure.message,
        "errors": [failure.message],
    });
    json(failure.status, &body)
}

/// A parameter of the query is wrong: which one, and how.
pub(crate) fn bad_query(parameter: &str, problem: impl std::fmt::Display) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "REQ0002", format!("{parameter} {problem}"))
}

/// A parameter of the path is wrong: which one, and how.
pub(crate) fn bad_path(parameter: &str, problem: impl std::fmt::Display) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "REQ0003", format!("{parameter} {problem}"))
}

/// What the path names is not there.
pub(crate) fn not_there(message: &str) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "REQ0003", message)
}
