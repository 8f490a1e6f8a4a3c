//! What the controls answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::delivery::Delivery;
use crate::ledger::{Order, Refused};

pub(super) fn ordered(outcome: Result<(Order, Vec<Delivery>), Refused>) -> Response {
    match outcome {
        Ok((order, pushes)) => Json(json!({ "order": order, "pushes": pushes })).into_response(),
        Err(why) => refusal(&why),
    }
}

pub(super) fn delivered(outcome: Result<Vec<Delivery>, Refused>) -> Response {
    match outcome {
        Ok(pushes) => Json(json!({ "pushes": pushes })).into_response(),
        Err(why) => refusal(&why),
    }
}

pub(super) fn refusal(why: &Refused) -> Response {
    (StatusCode::CONFLICT, Json(json!({ "message": why.to_string() }))).into_response()
}
