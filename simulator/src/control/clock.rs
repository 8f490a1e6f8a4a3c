//! The time, and how it is moved: `/clock/…`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply::delivered;
use super::{Body, Roku};
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/clock", get(clock))
        .route("/clock/advance", post(advance))
        .route("/clock/renew/{transaction}", post(renew))
}

async fn clock(State(simulator): Roku) -> Json<Value> {
    Json(json!({ "now": simulator.clock().now() }))
}

/// How far to move the clock: a stretch, or to a moment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Advance {
    Seconds(u32),
    Days(u16),
    To(Timestamp),
}

async fn advance(State(simulator): Roku, Body(advance): Body<Advance>) -> Response {
    let now = simulator.clock().now();
    let after = |span| now.checked_add(span).unwrap_or(Timestamp::MAX);
    let to = match advance {
        Advance::Seconds(seconds) => after(SignedDuration::from_secs(i64::from(seconds))),
        Advance::Days(days) => after(SignedDuration::from_hours(24 * i64::from(days))),
        Advance::To(moment) => moment,
    };
    let pushes = simulator.move_clock(to).await;
    Json(json!({ "now": simulator.clock().now(), "pushes": pushes })).into_response()
}

async fn renew(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.renew(&transaction).await)
}
