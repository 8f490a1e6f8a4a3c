//! The routes: what is Roku's own, and the controls of the simulation.

use std::sync::Arc;

use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::delivery::Delivery;
use crate::ledger::{Order, Refused, new_id};
use crate::simulator::Simulator;
use crate::web_service::validate_transaction;

pub(crate) fn router(simulator: Arc<Simulator>) -> Router {
    let roku = Router::new().route("/keys/partner-jwks.json", get(jwks)).route(
        "/listen/transaction-service.svc/validate-transaction/{key}/{transaction}",
        get(validate_transaction),
    );
    let controls = Router::new()
        .route("/device/buy", post(buy))
        .route("/device/upgrade", post(upgrade))
        .route("/device/downgrade", post(downgrade))
        .route("/device/cancel/{transaction}", post(cancel))
        .route("/clock", get(clock))
        .route("/clock/advance", post(advance))
        .route("/clock/renew/{transaction}", post(renew))
        .route("/pushes/test", post(push_text))
        .route("/pushes/sign", post(sign));
    roku.merge(controls).with_state(simulator)
}

type Roku = State<Arc<Simulator>>;

/// A wish of a device. Without a customer, a new Roku account is made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wish {
    product: String,
    roku_customer_id: Option<String>,
    #[serde(default)]
    trial: bool,
}

impl Wish {
    fn customer(&self) -> String {
        self.roku_customer_id.clone().unwrap_or_else(new_id)
    }
}

async fn jwks(State(simulator): Roku) -> Json<Value> {
    Json(simulator.signing_key().jwks())
}

async fn buy(State(simulator): Roku, Body(wish): Body<Wish>) -> Response {
    ordered(simulator.buy(&wish.customer(), &wish.product, wish.trial).await)
}

async fn upgrade(State(simulator): Roku, Body(wish): Body<Wish>) -> Response {
    ordered(simulator.upgrade(&wish.customer(), &wish.product).await)
}

async fn downgrade(State(simulator): Roku, Body(wish): Body<Wish>) -> Response {
    ordered(simulator.downgrade(&wish.customer(), &wish.product).await)
}

async fn cancel(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.cancel(&transaction).await)
}

async fn renew(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.renew(&transaction).await)
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

async fn push_text(State(simulator): Roku, text: String) -> Json<Value> {
    Json(json!({ "pushes": simulator.push_text(&text).await }))
}

/// Signs the body as Roku would, with a new message key, and gives the JWS.
async fn sign(State(simulator): Roku, message: String) -> String {
    simulator.sign(&new_id(), &message)
}

/// JSON, whatever the content type says, so that plain `curl -d` works.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let text =
            String::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let wrong = |why: serde_json::Error| {
            (StatusCode::BAD_REQUEST, Json(json!({ "message": why.to_string() }))).into_response()
        };
        serde_json::from_str(&text).map(Self).map_err(wrong)
    }
}

fn ordered(outcome: Result<(Order, Vec<Delivery>), Refused>) -> Response {
    match outcome {
        Ok((order, pushes)) => Json(json!({ "order": order, "pushes": pushes })).into_response(),
        Err(why) => refusal(&why),
    }
}

fn delivered(outcome: Result<Vec<Delivery>, Refused>) -> Response {
    match outcome {
        Ok(pushes) => Json(json!({ "pushes": pushes })).into_response(),
        Err(why) => refusal(&why),
    }
}

fn refusal(why: &Refused) -> Response {
    (StatusCode::CONFLICT, Json(json!({ "message": why.to_string() }))).into_response()
}
