//! What a subscription offer is (§4).

use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use usher::domain::offer::{Offer, OfferId};
use usher::domain::publisher::Publisher;

use super::access::{offer_in, offer_not_found};
use super::{code, unavailable};
use crate::AccessStatus;
use crate::json_rpc::{Params, RpcError};

impl AccessStatus {
    /// `{offerId}` → the offer; of an id without country the first in the catalog's order. Whoever
    /// asks needs no token, and some clients send one with every call (§3.1): it is needed where
    /// several publishers call an offer so.
    pub(super) async fn get_subscription_offer(&self, params: &Params) -> Result<Value, RpcError> {
        let id = offer_in(params)?;
        let publisher = self.seller_of(&id, params).await?;
        let mut meant = publisher.catalog.offers_meant_by(&id);
        let offer = meant.find(|offer| offer.id.is_subscription());
        offer.map(shown).ok_or_else(offer_not_found)
    }

    async fn seller_of(&self, id: &OfferId, params: &Params) -> Result<Arc<Publisher>, RpcError> {
        if params.text("publisherToken").is_some() {
            let publisher = self.publisher_of(params).await?;
            return self.publishers.of_token(&publisher).await.map_err(unavailable);
        }
        let mut sellers = self.publishers.that_sell(id).await.map_err(unavailable)?;
        let seller = sellers.pop().ok_or_else(offer_not_found)?;
        if sellers.is_empty() {
            return Ok(seller);
        }
        let message = "Several publishers have an offer of this id: send a publisherToken";
        Err(RpcError::new(code::OFFER_NOT_FOUND, message))
    }
}

/// Left out is what we do not keep and cannot say is empty: who made the offer, and when.
fn shown(offer: &Offer) -> Value {
    json!({
        "id": offer.id,
        "title": offer.title,
        "description": null,
        "url": null,
        "price": offer.price.to_f64(),
        "currency": offer.currency,
        "country": offer.id.country(),
        "period": offer.period.map(|period| period.as_str()),
        "freePeriods": 0,
        "freeDays": offer.free_days,
        // Roku adds what is due where the customer lives, and tells it with the charge.
        "applicableTaxRate": 0,
        "active": true,
        "accessToTags": offer.tags,
        "geoRestrictionEnabled": false,
        "geoRestrictionType": null,
        "geoRestrictionCountries": [],
    })
}
