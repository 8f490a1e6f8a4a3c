//! Customer tokens: made, and made to live longer (§3.6, §7).

use jiff::SignedDuration;
use serde_json::{Value, json};
use usher::customer_token::Kind;
use usher::domain::id::{CustomerId, PublisherId};
use usher::store::token_extensions::LONGEST;

use super::{invalid, not_told};
use crate::AccessStatus;
use crate::json_rpc::{Params, RpcError};

impl AccessStatus {
    /// `{publisherToken, customerEmail}` → `{token}`.
    pub(super) async fn generate_customer_token(&self, params: &Params) -> Result<Value, RpcError> {
        let publisher = self.publisher_of(params).await?;
        let customer = self.customer_named(&publisher, params).await?;
        self.token_for(&publisher, &customer).await
    }

    /// `{publisherToken, customerToken, extensionTime}` → `{success}`. The time is in seconds, on
    /// top of what the token was extended before: 60 days in all. A token that has expired is not
    /// brought back, and one of the publisher's own identity provider is not ours to extend.
    pub(super) async fn extend_token_expiration(&self, params: &Params) -> Result<Value, RpcError> {
        let bearer = self.bearer_of_publisher(params).await?;
        self.customer_of(&bearer).await?;
        let longer = params.integer("extensionTime").ok().flatten();
        let longer = longer.filter(|seconds| *seconds > 0).map(SignedDuration::from_secs);
        let positive = || invalid("extensionTime must be a positive number of seconds");
        let token = params.text("customerToken").unwrap_or_default();
        let extended = self.token_verifier.extend(&token, longer.ok_or_else(positive)?).await;
        if !extended.map_err(not_told)? {
            let days = LONGEST.as_hours() / 24;
            let message = format!("A customerToken can be extended by {days} days in all");
            return Err(invalid(message));
        }
        Ok(json!({ "success": true }))
    }

    /// `{token}`, a new one.
    pub(super) async fn token_for(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<Value, RpcError> {
        let token = self.token_signer.issue(Kind::CustomerToken, publisher, customer, None).await;
        Ok(json!({ "token": token.map_err(not_told)? }))
    }
}
