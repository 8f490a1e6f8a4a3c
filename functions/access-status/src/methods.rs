//! The JSON-RPC methods, each with the parameters, the result and the error codes of Cleeng's
//! page about it (`cleeng-api.md` §3.2–3.6).
//!
//! Not offered are those that would change a purchase, which only Roku and the customer's device
//! can, and those about passwords: who signs customers in is the publisher's own to say.

mod access;
mod admission;
mod customer;
mod offer;
mod subscription;
mod token;

use std::borrow::Cow;

use serde_json::Value;
use usher::customer_token::{Bearer, TokenError};
use usher::domain::customer::Customer;
use usher::domain::email::Email;
use usher::domain::id::{CustomerId, PublisherId};
use usher::store::StoreError;

use crate::AccessStatus;
use crate::json_rpc::{Call, Params, RpcError};

/// Cleeng's error codes (§3.2).
mod code {
    pub(super) const CUSTOMER_TOKEN_INVALID: i32 = 1;
    pub(super) const PUBLISHER_TOKEN_INVALID: i32 = 3;
    pub(super) const OFFER_NOT_FOUND: i32 = 4;
    pub(super) const ACCESS_DENIED: i32 = 5;
    pub(super) const CUSTOMER_UNKNOWN: i32 = 10;
    pub(super) const ARGUMENT_INVALID: i32 = 11;
    pub(super) const CUSTOMER_EXISTS: i32 = 13;
    pub(super) const TOO_MANY_ADDRESSES: i32 = 14;
    /// What the methods about one offer answer for 11.
    pub(super) const ACCESS_ARGUMENT_INVALID: i32 = 16;
}

impl AccessStatus {
    /// Makes a call.
    pub(crate) async fn call(&self, call: &Call) -> Result<Value, RpcError> {
        let params = &call.params;
        match call.method.as_str() {
            "getAccessStatus" => self.get_access_status(params).await,
            "getAccessStatusForDevice" => self.get_access_status_for_device(params).await,
            "getAccessibleTags" => self.get_accessible_tags(params).await,
            "generateCustomerToken" => self.generate_customer_token(params).await,
            "extendTokenExpiration" => self.extend_token_expiration(params).await,
            "registerCustomer" => self.register_customer(params).await,
            "getCustomer" => self.get_customer(params).await,
            "getCustomerEmail" => self.get_customer_email(params).await,
            "updateCustomerEmail" => self.update_customer_email(params).await,
            "listCustomerSubscriptions" => self.list_customer_subscriptions(params).await,
            "getSubscriptionOffer" => self.get_subscription_offer(params).await,
            unknown => Err(RpcError::unknown_method(unknown)),
        }
    }

    /// The publisher whose `publisherToken` it is.
    async fn publisher_of(&self, params: &Params) -> Result<PublisherId, RpcError> {
        let token = params.text("publisherToken").unwrap_or_default();
        let publisher = self.publisher_tokens.publisher_of(&token).await.map_err(unavailable)?;
        let invalid = || RpcError::new(code::PUBLISHER_TOKEN_INVALID, "Invalid publisherToken");
        publisher.ok_or_else(invalid)
    }

    /// Who the `customerToken` speaks for. Whether it was revoked is to be seen from the customer.
    async fn bearer_of(&self, params: &Params) -> Result<Bearer, RpcError> {
        let token = params.text("customerToken").unwrap_or_default();
        self.token_verifier.verify(&token).await.map_err(not_told)
    }

    /// Who the `customerToken` speaks for, where it is a customer of who has the `publisherToken`.
    async fn bearer_of_publisher(&self, params: &Params) -> Result<Bearer, RpcError> {
        let publisher = self.publisher_of(params).await?;
        let bearer = self.bearer_of(params).await?;
        if bearer.publisher_id != publisher {
            let message = "The customerToken is another publisher's";
            return Err(RpcError::new(code::ACCESS_DENIED, message));
        }
        Ok(bearer)
    }

    /// The person whom a token speaks for: nobody, where they were erased or it was revoked.
    async fn customer_of(&self, bearer: &Bearer) -> Result<Customer, RpcError> {
        Ok(bearer.customer(&self.customers).await.map_err(not_told)?.customer)
    }

    /// The customer whose `customerEmail` it is.
    async fn customer_named(
        &self,
        publisher: &PublisherId,
        params: &Params,
    ) -> Result<CustomerId, RpcError> {
        let email = required(params, "customerEmail")?;
        let email = Email::parse(&email).map_err(|_| unknown_customer())?;
        let customer = self.customers.find(publisher, &email).await.map_err(unavailable)?;
        customer.ok_or_else(unknown_customer)
    }
}

/// A text that a method about customers does not do without.
fn required<'a>(params: &'a Params, name: &str) -> Result<Cow<'a, str>, RpcError> {
    params.text(name).ok_or_else(|| invalid(format!("{name} is missing")))
}

fn invalid(message: impl Into<String>) -> RpcError {
    RpcError::new(code::ARGUMENT_INVALID, message)
}

fn unknown_customer() -> RpcError {
    RpcError::new(code::CUSTOMER_UNKNOWN, "No customer has this customerEmail")
}

/// Why a token is not answered.
fn not_told(error: TokenError) -> RpcError {
    match error {
        TokenError::Expired => RpcError::new(code::CUSTOMER_TOKEN_INVALID, "Expired customerToken"),
        TokenError::Invalid => RpcError::new(code::CUSTOMER_TOKEN_INVALID, "Invalid customerToken"),
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
