//! May this customer watch this? (§3.3–3.5)

use std::num::NonZeroU16;

use serde_json::{Map, Value, json};
use usher::customer_token::Bearer;
use usher::domain::access::{Grounds, OfferAccess};
use usher::domain::offer::OfferId;
use usher::domain::simultaneous::Place;

use super::{code, not_told};
use crate::AccessStatus;
use crate::json_rpc::{Params, RpcError};

/// What an access check comes to.
struct Checked {
    access: OfferAccess,
    /// How many places are allowed, where this is one too many.
    too_many: Option<NonZeroU16>,
}

impl AccessStatus {
    /// `{customerToken, offerId, ipAddress?}` → `{accessGranted, grantType, expiresAt,
    /// purchasedDirectly}`. Cleeng publishes one `grantType`, `direct-purchase`. Where access comes
    /// by a tag ours is `subscription`; where the term has ended and its renewal has not been heard
    /// of, `renewal-leeway`: showing the receipt again has Roku asked now.
    pub(super) async fn get_access_status(&self, params: &Params) -> Result<Value, RpcError> {
        let bearer = self.bearer_of(params).await?;
        let offer = offer_in(params)?;
        let place = params.text("ipAddress").and_then(|address| Place::address(&address));
        let Checked { access, too_many } = self.check(&bearer, &offer, place).await?;
        if let Some(limit) = too_many {
            let message = format!(
                "IP address limit exceeded: {limit} addresses of this customer were seen within 3 \
                 hours, and no more are allowed"
            );
            return Err(RpcError::new(code::TOO_MANY_ADDRESSES, message));
        }
        let is_own = matches!(
            access,
            OfferAccess::Granted { grounds: Grounds::Purchase | Grounds::RenewalLeeway, .. }
        );
        let mut shown = shown(access);
        shown.insert("purchasedDirectly".to_owned(), json!(is_own));
        Ok(Value::Object(shown))
    }

    /// `{customerToken, offerId, deviceId, deviceType}` → `{accessGranted, grantType, expiresAt}`.
    ///
    /// What Cleeng answers on the fourth device its page does not say. There is no error code for
    /// it: 14 is about addresses, and clients take an error that they do not know for an outage.
    /// Its other check of devices, `verifyConcurrentAccess`, refuses in an ordinary result; so does
    /// this.
    ///
    /// `deviceType` decides nothing, so nobody is refused who leaves it out. `socialCommissionUrl`
    /// is left out, because clients disagree about its type (§3.4).
    pub(super) async fn get_access_status_for_device(
        &self,
        params: &Params,
    ) -> Result<Value, RpcError> {
        let bearer = self.bearer_of(params).await?;
        let offer = offer_in(params)?;
        let device = params.text("deviceId").ok_or_else(|| missing("deviceId"))?;
        let checked = self.check(&bearer, &offer, Some(Place::device(&device))).await?;
        let is_refused = checked.too_many.is_some();
        let access = if is_refused { OfferAccess::Denied } else { checked.access };
        Ok(Value::Object(shown(access)))
    }

    /// `{publisherToken, customerToken}` → `{tags}`.
    pub(super) async fn get_accessible_tags(&self, params: &Params) -> Result<Value, RpcError> {
        let bearer = self.bearer_of_publisher(params).await?;
        let tags = self.entitled(&bearer, |entitlements| {
            entitlements.tags().into_iter().cloned().collect::<Vec<_>>()
        });
        let tags = tags.await.map_err(not_told)?;
        // Cleeng counts who lists entitlements too (§8).
        if !tags.is_empty() {
            self.count(&bearer);
        }
        Ok(json!({ "tags": tags }))
    }

    /// Access, and beside it, in the same round trip, the place that the customer wants in from.
    /// Only who has access takes up a place.
    async fn check(
        &self,
        bearer: &Bearer,
        offer: &OfferId,
        place: Option<Place>,
    ) -> Result<Checked, RpcError> {
        let looked = async {
            let place = place?;
            let limit = self.limit(bearer, place.kind()).await?;
            Some((limit, self.look_up(bearer, &place).await?))
        };
        let (access, looked) = tokio::join!(self.access_to(bearer, offer), looked);
        let access = access.map_err(not_told)?.ok_or_else(offer_not_found)?;
        if access == OfferAccess::Denied {
            return Ok(Checked { access, too_many: None });
        }
        if let Some((limit, looked)) = looked
            && !self.is_admitted(looked, limit).await
        {
            return Ok(Checked { access, too_many: Some(limit) });
        }
        self.count(bearer);
        Ok(Checked { access, too_many: None })
    }
}

pub(super) fn offer_in(params: &Params) -> Result<OfferId, RpcError> {
    let offer = params.text("offerId").ok_or_else(|| missing("offerId"))?;
    OfferId::parse(&offer).map_err(|_| offer_not_found())
}

pub(super) fn offer_not_found() -> RpcError {
    RpcError::new(code::OFFER_NOT_FOUND, "Offer not found")
}

fn missing(name: &str) -> RpcError {
    RpcError::new(code::ACCESS_ARGUMENT_INVALID, format!("{name} is missing"))
}

fn shown(access: OfferAccess) -> Map<String, Value> {
    let (grounds, expires_at) = match access {
        OfferAccess::Denied => (None, None),
        OfferAccess::Granted { grounds, expires_at } => (Some(grounds), expires_at),
    };
    Map::from_iter([
        ("accessGranted".to_owned(), json!(grounds.is_some())),
        ("grantType".to_owned(), json!(grounds.map(grant_type))),
        ("expiresAt".to_owned(), json!(expires_at.map(|end| end.as_second()))),
    ])
}

fn grant_type(grounds: Grounds) -> &'static str {
    match grounds {
        Grounds::Purchase => "direct-purchase",
        Grounds::Tag => "subscription",
        Grounds::RenewalLeeway => "renewal-leeway",
    }
}
