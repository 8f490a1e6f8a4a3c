//! The routes: what is Roku's own, and the controls of the simulation.

mod answers;
mod clock;
mod device;
mod faults;
mod keys;
mod payments;
mod publisher;
mod push_url;
mod pushes;
mod reply;
mod requests;

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::simulator::Simulator;
use crate::web_service;

pub(crate) fn router(simulator: Arc<Simulator>) -> Router {
    Router::new()
        .route("/keys/partner-jwks.json", get(jwks))
        .merge(web_service::routes(&simulator))
        .merge(device::routes())
        .merge(payments::routes())
        .merge(publisher::routes())
        .merge(clock::routes())
        .merge(pushes::routes())
        .merge(answers::routes())
        .merge(faults::routes())
        .merge(keys::routes())
        .merge(push_url::routes())
        .merge(requests::routes())
        .with_state(simulator)
}

type Roku = State<Arc<Simulator>>;

async fn jwks(State(simulator): Roku) -> Json<Value> {
    Json(simulator.jwks())
}

/// JSON, whatever the content type says, so that plain `curl -d` works. No body is `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let text =
            String::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let text = if text.trim().is_empty() { "{}" } else { &text };
        let wrong = |why: serde_json::Error| {
            (StatusCode::BAD_REQUEST, Json(json!({ "message": why.to_string() }))).into_response()
        };
        serde_json::from_str(text).map(Self).map_err(wrong)
    }
}
