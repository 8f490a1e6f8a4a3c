//! What Roku can be told to do with a customer's money (`roku-pay.md` §3).

mod request;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::endpoint::{Endpoint, Reply};
use super::error::RokuError;
use crate::domain::roku_answer::{BrokenAnswer, Fields};

pub use request::{
    Amount, CancelSubscription, InvalidAmount, IssueServiceCredit, RefundSubscription,
};

/// Cancels, refunds and credits.
///
/// It is a type of its own, and no function is given one. [`super::web_service::RokuWebService`]
/// only asks, so that nothing that learns about purchases can end one. Roku's page on its web
/// service still tells publishers to cancel whatever is found not entitled; where recovery is
/// Enhanced that would end subscriptions which are merely on hold (`roku-pay.md` §6): nothing may
/// cancel because `isEntitled` is false.
///
/// An order is one attempt of four seconds at most. Roku knows no order that may be sent twice:
/// after [`RokuError::OutcomeUnknown`], look first.
#[derive(Debug)]
pub struct Billing {
    endpoint: Endpoint,
}

/// The name of a refund, for [`super::web_service::RokuWebService::validate_refund`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundId(String);

/// The name of a service credit: the `transactionId` of the `Credit` push that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceId(String);

impl Billing {
    /// The web service at `base`, which `/cancel-subscription` and so on are appended to.
    ///
    /// # Errors
    /// [`RokuError::BadAddress`] when that is no HTTP address.
    pub fn new(base: &str, http: reqwest::Client) -> Result<Self, RokuError> {
        Ok(Self { endpoint: Endpoint::new(base, http)? })
    }

    /// Turns off renewals of a subscription.
    ///
    /// # Errors
    /// [`RokuError`]; [`RokuError::Refused`] when Roku says no.
    pub async fn cancel_subscription(
        &self,
        api_key: &SecretString,
        request: &CancelSubscription,
    ) -> Result<(), RokuError> {
        self.order("cancel-subscription", api_key, request).await.map(drop)
    }

    /// Gives money back. The subscription goes on.
    ///
    /// # Errors
    /// [`RokuError`]; [`RokuError::Refused`] when Roku says no.
    pub async fn refund_subscription(
        &self,
        api_key: &SecretString,
        request: &RefundSubscription,
    ) -> Result<RefundId, RokuError> {
        let fields = self.order("refund-subscription", api_key, request).await?;
        named(&fields, "RefundId").map(RefundId)
    }

    /// Gives a credit towards the customer's next charges.
    ///
    /// # Errors
    /// [`RokuError`]; [`RokuError::Refused`] when Roku says no.
    pub async fn issue_service_credit(
        &self,
        api_key: &SecretString,
        request: &IssueServiceCredit,
    ) -> Result<ReferenceId, RokuError> {
        let fields = self.order("issue-service-credit", api_key, request).await?;
        named(&fields, "ReferenceId").map(ReferenceId)
    }

    async fn order(
        &self,
        call: &str,
        api_key: &SecretString,
        request: &impl Serialize,
    ) -> Result<Fields, RokuError> {
        let body = Keyed { partner_api_key: api_key.expose_secret().trim(), request };
        let reply = self.endpoint.post(call, &body).await.map_err(RokuError::after_order)?;
        match reply {
            Reply::Answer(body) => Fields::of_success(&body)
                .map_err(|no| RokuError::of_order(no, api_key).after_order()),
            Reply::BadRequest(text) => Err(RokuError::refused(&text, api_key)),
        }
    }
}

/// A request with the key in it, so that none holds one longer than it takes to send it.
#[derive(Serialize)]
struct Keyed<'a, R> {
    #[serde(rename = "partnerAPIKey")]
    partner_api_key: &'a str,
    #[serde(flatten)]
    request: &'a R,
}

fn named(fields: &Fields, name: &'static str) -> Result<String, RokuError> {
    let missing = || RokuError::from(BrokenAnswer::Missing(name)).after_order();
    fields.text(name).ok_or_else(missing)
}

impl RefundId {
    /// The name as Roku wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ReferenceId {
    /// The name as Roku wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
