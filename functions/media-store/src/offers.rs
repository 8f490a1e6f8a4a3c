//! What a publisher sells, in the two shapes that Cleeng's clients read (`cleeng-api.md` §4).
//!
//! Unlike Cleeng's, an offer is told to a customer or a publisher alone, and not to everybody.

use lambda_http::Request;
use serde_json::{Value, json};
use usher::domain::offer::{Offer, Period};
use usher::respond::Failure;

use crate::MediaStore;
use crate::wire::{kind, number, offer_in_path, symbol, unknown_offer};

impl MediaStore {
    /// `GET /offers`: all of them, whatever `pageLimit` says; a catalog is short.
    pub(crate) async fn offers(&self, request: &Request) -> Result<Value, Failure> {
        let publisher = self.seller(request).await?;
        Ok(publisher.catalog.offers().iter().map(version_2).collect())
    }

    /// `GET /offers/{offerId}`.
    pub(crate) async fn offer(&self, request: &Request) -> Result<Value, Failure> {
        self.offer_as(request, version_1).await
    }

    /// `GET /v2/offers/{offerId}`.
    pub(crate) async fn offer_v2(&self, request: &Request) -> Result<Value, Failure> {
        self.offer_as(request, version_2).await
    }

    async fn offer_as(
        &self,
        request: &Request,
        shape: impl Fn(&Offer) -> Value,
    ) -> Result<Value, Failure> {
        let publisher = self.seller(request).await?;
        let id = offer_in_path(request)?;
        let offer = publisher.catalog.offers_meant_by(&id).next();
        offer.map(shape).ok_or_else(unknown_offer)
    }
}

/// Prices are those of the catalog: what tax Roku adds, it tells only with a charge.
fn version_1(offer: &Offer) -> Value {
    let price = number(offer.price);
    json!({
        "id": null,
        "offerId": offer.id,
        "offerTitle": offer.title,
        "offerDescription": null,
        "offerPrice": price,
        "offerCurrency": offer.currency,
        "offerCurrencySymbol": symbol(&offer.currency),
        "offerCountry": offer.id.country(),
        "customerPriceInclTax": price,
        "customerPriceExclTax": price,
        "customerCurrency": offer.currency,
        "customerCurrencySymbol": symbol(&offer.currency),
        "customerCountry": offer.id.country(),
        "discountedCustomerPriceInclTax": null,
        "discountedCustomerPriceExclTax": null,
        "discountPeriods": null,
        "applicableTaxRate": 0,
        "period": offer.period,
        "freePeriods": 0,
        "freeDays": offer.free_days,
        "accessToTags": offer.tags,
        "active": true,
        "offerUrl": null,
        "geoRestrictionEnabled": false,
        "geoRestrictionType": null,
        "geoRestrictionCountries": [],
        "expiresAt": null,
    })
}

fn version_2(offer: &Offer) -> Value {
    json!({
        "id": offer.id.main_id(),
        "longId": offer.id,
        "type": kind(&offer.id),
        "title": offer.title,
        "description": "",
        "active": true,
        "price": {
            "amount": number(offer.price),
            "currency": offer.currency,
            "taxIncluded": false,
            "rules": [],
        },
        "billingCycle": offer.period.map(billing_cycle),
        "freeTrial": free_trial(offer),
        "tags": offer.tags,
        "appStoreProductIds": { "roku": offer.roku_product() },
        "externalProperties": {},
        "geoRestriction": [],
        "localizations": [],
        "giftable": false,
        "imageUrl": null,
        "url": null,
    })
}

fn free_trial(offer: &Offer) -> Value {
    match offer.free_days {
        0 => Value::Null,
        days => json!({ "type": "day", "duration": days }),
    }
}

fn billing_cycle(period: Period) -> Value {
    let (unit, amount) = period.cycle();
    json!({ "periodUnit": unit, "amount": amount })
}
