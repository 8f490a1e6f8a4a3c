//! What a customer is subscribed to (§3.6).

use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use usher::domain::subscription::{Subscription, subscriptions};

use super::{invalid, unavailable};
use crate::AccessStatus;
use crate::json_rpc::{Params, RpcError};

/// Cleeng's page wants a limit and names no bounds; these are ours.
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

impl AccessStatus {
    /// `{publisherToken, customerEmail, offset, limit}` → `{items, totalItemCount}`: the
    /// subscriptions that have not expired, newest first. Those that are `cancelled` run to the end
    /// of their term.
    pub(super) async fn list_customer_subscriptions(
        &self,
        params: &Params,
    ) -> Result<Value, RpcError> {
        let publisher = self.publisher_of(params).await?;
        let offset = count(params, "offset")?.unwrap_or_default();
        let limit = count(params, "limit")?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(invalid(format!("limit must be a number from 1 to {MAX_LIMIT}")));
        }
        let customer = self.customer_named(&publisher, params).await?;
        let held = self.accounts.of_customer(&publisher, &customer);
        let (publisher, held) = tokio::join!(self.publishers.of_token(&publisher), held);
        let publisher = publisher.map_err(unavailable)?;
        let accounts = held.map_err(unavailable)?.accounts;
        let mut listed = subscriptions(&accounts, &publisher, self.clock.now());
        listed.retain(|one| one.offer.id.is_subscription() && one.status.is_open());
        let items: Vec<Value> = listed.iter().skip(offset).take(limit).map(item).collect();
        Ok(json!({ "items": items, "totalItemCount": listed.len() }))
    }
}

fn count(params: &Params, name: &str) -> Result<Option<usize>, RpcError> {
    let wrong = || invalid(format!("{name} must be a number, 0 or more"));
    let number = params.integer(name).map_err(|_| wrong())?;
    number.map(|number| usize::try_from(number).map_err(|_| wrong())).transpose()
}

fn item(subscription: &Subscription<'_>) -> Value {
    let next = subscription.next_payment.as_ref();
    json!({
        "subscriptionId": subscription.id,
        "offerId": subscription.offer.id,
        "status": subscription.status.of_entitlement(),
        "startedAt": subscription.started_at.as_second(),
        "expiresAt": subscription.expires_at.map(|end| end.as_second()),
        "nextPaymentPrice": next.and_then(|next| next.price.to_f64()),
        "nextPaymentCurrency": next.map(|next| next.currency),
        "nextPaymentAt": next.map(|next| next.at.as_second()),
        "paymentGateway": "roku",
        "paymentMethod": "roku",
        "externalPaymentId": subscription.last_transaction,
        "inTrial": subscription.in_trial,
    })
}
