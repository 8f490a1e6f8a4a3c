//! What a customer has: the plans and one-time purchases that give access now (`cleeng-api.md`
//! §3.7).
//!
//! All of it was bought through Roku and is changed there, which clients tell by
//! `isExternallyManaged` and `paymentMethod` (§10.4).

use lambda_http::Request;
use serde_json::{Map, Value, json};
use usher::domain::subscription::{Subscription, subscriptions};
use usher::respond::Failure;

use crate::MediaStore;
use crate::callers::Holder;
use crate::wire::{ROKU, end, letter, number};

impl MediaStore {
    /// `GET /customers/{customerId}/offers`.
    pub(crate) async fn held_offers(&self, request: &Request) -> Result<Value, Failure> {
        let holder = self.holder(request).await?;
        let open = self.open(&holder);
        Ok(json!({ "items": open.iter().map(held_offer).collect::<Vec<_>>() }))
    }

    /// `GET /customers/{customerId}/subscriptions`.
    pub(crate) async fn subscriptions(&self, request: &Request) -> Result<Value, Failure> {
        let holder = self.holder(request).await?;
        let open = self.open(&holder);
        let plans = open.iter().filter(|one| one.offer.id.is_subscription());
        Ok(json!({ "items": plans.map(subscription).collect::<Vec<_>>() }))
    }

    /// `GET /customers/{customerId}/payment_details`: Roku, for who pays there. Without, Cleeng's
    /// pages ask for a card.
    pub(crate) async fn payment_details(&self, request: &Request) -> Result<Value, Failure> {
        let holder = self.holder(request).await?;
        let details = self.open(&holder).first().map(|newest| {
            json!({
                "id": newest.id,
                "customerId": holder.bearer.customer_id,
                "paymentGateway": ROKU,
                "paymentMethod": ROKU,
                "paymentMethodId": null,
                "paymentMethodSpecificParams": {},
                "active": true,
                "bound": false,
            })
        });
        Ok(json!({ "paymentDetails": details.into_iter().collect::<Vec<_>>() }))
    }

    fn open<'a>(&self, holder: &'a Holder) -> Vec<Subscription<'a>> {
        let mut all = subscriptions(&holder.accounts, &holder.publisher, self.clock.now());
        all.retain(|one| one.status.is_open());
        all
    }
}

/// What was bought once has no period, no next payment, and none of the words of a subscription.
fn held_offer(held: &Subscription<'_>) -> Value {
    let mut item = common(held);
    item.insert("startedAt".to_owned(), json!(held.started_at.as_second()));
    item.insert("offerType".to_owned(), json!(letter(&held.offer.id)));
    item.insert("customerCurrency".to_owned(), json!(held.offer.currency));
    item.insert("externalPaymentId".to_owned(), json!(held.last_transaction));
    if held.offer.id.is_subscription() {
        item.extend(terms(held));
    }
    Value::Object(item)
}

fn subscription(held: &Subscription<'_>) -> Value {
    let mut item = common(held);
    item.extend(terms(held));
    Value::Object(item)
}

/// A trial is `active` too: it is by that word alone that clients find the plan of a customer.
fn common(held: &Subscription<'_>) -> Map<String, Value> {
    members(json!({
        "offerId": held.offer.id,
        "offerTitle": held.offer.title,
        "status": held.status.of_entitlement(),
        "expiresAt": end(held.expires_at),
        "totalPrice": number(held.offer.price),
        "paymentGateway": ROKU,
        "paymentMethod": ROKU,
        "isExternallyManaged": true,
        "period": held.offer.period,
    }))
}

/// Where nothing will be charged, the price is still what the plan costs: clients show it.
fn terms(held: &Subscription<'_>) -> Map<String, Value> {
    let next = held.next_payment.as_ref();
    members(json!({
        "subscriptionId": held.id,
        "inTrial": held.in_trial,
        "nextPaymentAt": next.map(|next| next.at.as_second()),
        "nextPaymentPrice": number(next.map_or(held.offer.price, |next| next.price)),
        "nextPaymentCurrency": next.map_or(held.offer.currency.as_str(), |next| next.currency),
        "pendingSwitchId": held.pending_switch.as_ref().map(|switch| &switch.id),
    }))
}

fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
