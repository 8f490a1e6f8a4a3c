//! The JSON-RPC methods, each with the parameters, the result and the error codes of Cleeng's
//! page about it (`cleeng-api.md` §3.2–3.6).

use serde_json::{Value, json};
use usher::customer_token::{Bearer, Kind, TokenError};
use usher::domain::access::{Grounds, OfferAccess};
use usher::domain::email::Email;
use usher::domain::id::PublisherId;
use usher::domain::offer::OfferId;
use usher::store::StoreError;

use crate::AccessStatus;
use crate::json_rpc::{Call, RpcError};

const CUSTOMER_TOKEN_INVALID: i32 = 1;
const PUBLISHER_TOKEN_INVALID: i32 = 3;
const OFFER_NOT_FOUND: i32 = 4;
const ACCESS_DENIED: i32 = 5;
const CUSTOMER_UNKNOWN: i32 = 10;
const ARGUMENT_MISSING: i32 = 11;
const ARGUMENT_INVALID: i32 = 16;

impl AccessStatus {
    /// Makes a call.
    pub(crate) async fn call(&self, call: &Call) -> Result<Value, RpcError> {
        match call.method.as_str() {
            "generateCustomerToken" => self.generate_customer_token(call).await,
            "getAccessStatus" => self.get_access_status(call).await,
            "getAccessibleTags" => self.get_accessible_tags(call).await,
            unknown => Err(RpcError::unknown_method(unknown)),
        }
    }

    /// `{publisherToken, customerEmail}` → `{token}`.
    async fn generate_customer_token(&self, call: &Call) -> Result<Value, RpcError> {
        let publisher_id = self.publisher_of(call).await?;
        let email = call.text("customerEmail");
        let email =
            email.ok_or_else(|| RpcError::new(ARGUMENT_MISSING, "customerEmail is missing"))?;
        let unknown = || RpcError::new(CUSTOMER_UNKNOWN, "No customer has this customerEmail");
        let email = Email::parse(email).map_err(|_| unknown())?;
        let customer = self.customers.find(&publisher_id, &email).await.map_err(unavailable)?;
        let customer = customer.ok_or_else(unknown)?;
        let kind = Kind::CustomerToken;
        let token = self.token_signer.issue(kind, &publisher_id, &customer, None).await;
        Ok(json!({ "token": token.map_err(not_told)? }))
    }

    /// `{customerToken, offerId, ipAddress?}` → `{accessGranted, grantType, expiresAt,
    /// purchasedDirectly}`. Cleeng publishes one `grantType`, `direct-purchase`. Where access comes
    /// by a tag ours is `subscription`; where the term has ended and its renewal has not been heard
    /// of, `renewal-leeway`: showing the receipt again has Roku asked now.
    async fn get_access_status(&self, call: &Call) -> Result<Value, RpcError> {
        let bearer = self.bearer_of(call).await?;
        let offer = call.text("offerId");
        let offer = offer.ok_or_else(|| RpcError::new(ARGUMENT_INVALID, "offerId is missing"))?;
        let not_found = || RpcError::new(OFFER_NOT_FOUND, "Offer not found");
        let offer = OfferId::parse(offer).map_err(|_| not_found())?;
        let access = self.access_to(&bearer, &offer).await.map_err(not_told)?;
        let (grounds, expires_at) = match access.ok_or_else(not_found)? {
            OfferAccess::Denied => (None, None),
            OfferAccess::Granted { grounds, expires_at } => (Some(grounds), expires_at),
        };
        Ok(json!({
            "accessGranted": grounds.is_some(),
            "grantType": grounds.map(grant_type),
            "expiresAt": expires_at.map(|end| end.as_second()),
            "purchasedDirectly": grounds.is_some_and(|grounds| grounds != Grounds::Tag),
        }))
    }

    /// `{publisherToken, customerToken}` → `{tags}`.
    async fn get_accessible_tags(&self, call: &Call) -> Result<Value, RpcError> {
        let publisher = self.publisher_of(call).await?;
        let bearer = self.bearer_of(call).await?;
        if bearer.publisher_id != publisher {
            let message = "The customerToken is another publisher's";
            return Err(RpcError::new(ACCESS_DENIED, message));
        }
        let tags = self.entitled(&bearer, |entitlements| json!(entitlements.tags())).await;
        Ok(json!({ "tags": tags.map_err(not_told)? }))
    }

    async fn publisher_of(&self, call: &Call) -> Result<PublisherId, RpcError> {
        let token = call.text("publisherToken").unwrap_or_default();
        let publisher = self.publisher_tokens.publisher_of(token).await.map_err(unavailable)?;
        let invalid = || RpcError::new(PUBLISHER_TOKEN_INVALID, "Invalid publisherToken");
        publisher.ok_or_else(invalid)
    }

    async fn bearer_of(&self, call: &Call) -> Result<Bearer, RpcError> {
        let token = call.text("customerToken").unwrap_or_default();
        self.token_verifier.verify(token).await.map_err(not_told)
    }
}

fn grant_type(grounds: Grounds) -> &'static str {
    match grounds {
        Grounds::Purchase => "direct-purchase",
        Grounds::Tag => "subscription",
        Grounds::RenewalLeeway => "renewal-leeway",
    }
}

/// Why a token is not answered.
fn not_told(error: TokenError) -> RpcError {
    match error {
        TokenError::Expired => RpcError::new(CUSTOMER_TOKEN_INVALID, "Expired customerToken"),
        TokenError::Invalid => RpcError::new(CUSTOMER_TOKEN_INVALID, "Invalid customerToken"),
        error => {
            tracing::error!(error = error.with_causes(), "token not checked or issued");
            RpcError::unavailable()
        }
    }
}

fn unavailable(error: StoreError) -> RpcError {
    tracing::error!(error = error.with_causes(), "store failed");
    RpcError::unavailable()
}
