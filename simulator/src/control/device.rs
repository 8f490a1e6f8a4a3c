//! What customers do on a device, or at my.roku.com: `/device/…`.

use std::num::NonZeroU16;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::reply::{delivered, ordered};
use super::{Body, Roku};
use crate::id::new_id;
use crate::simulator::Simulator;

pub(super) fn routes() -> Router<Arc<Simulator>> {
    Router::new()
        .route("/device/buy", post(buy))
        .route("/device/upgrade", post(upgrade))
        .route("/device/downgrade", post(downgrade))
        .route("/device/cancel/{transaction}", post(cancel))
        .route("/device/resubscribe/{transaction}", post(resubscribe))
        .route("/device/accept-offer/{transaction}", post(accept_offer))
}

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

async fn buy(State(simulator): Roku, Body(wish): Body<Wish>) -> Response {
    ordered(simulator.buy(&wish.customer(), &wish.product, wish.trial).await)
}

async fn upgrade(State(simulator): Roku, Body(wish): Body<Wish>) -> Response {
    let customer = wish.customer();
    if wish.trial {
        return ordered(simulator.upgrade_to_trial(&customer, &wish.product).await);
    }
    ordered(simulator.upgrade(&customer, &wish.product).await)
}

async fn downgrade(State(simulator): Roku, Body(wish): Body<Wish>) -> Response {
    ordered(simulator.downgrade(&wish.customer(), &wish.product).await)
}

async fn cancel(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.cancel(&transaction).await)
}

async fn resubscribe(State(simulator): Roku, Path(transaction): Path<String>) -> Response {
    delivered(simulator.resubscribe(&transaction).await)
}

/// For how many cycles the offer is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Offer {
    #[serde(default = "one")]
    offer_terms: NonZeroU16,
}

fn one() -> NonZeroU16 {
    NonZeroU16::MIN
}

async fn accept_offer(
    State(simulator): Roku,
    Path(transaction): Path<String>,
    Body(offer): Body<Offer>,
) -> Response {
    delivered(simulator.accept_offer_for(&transaction, offer.offer_terms).await)
}
