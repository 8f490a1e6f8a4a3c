//! What a customer is entitled to: `GET /3.1/entitlements`, one entry for each purchase, and
//! `GET /3.1/entitlements/customer_id/{customerId}/offer_id/{offerId}`, one answer for an offer.
//!
//! Cleeng's documentation does not show these answers. Decided here: the list is `items` and
//! `totalItemCount` as in Cleeng's other lists of a customer, the answer for an offer has the two
//! fields that the documentation names. Who is no customer is entitled to nothing. As at Cleeng, each
//! answer that gives access counts as a check that was granted (§8).

mod filter;

use filter::Filter;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use usher::domain::access::{Entitlements, OfferAccess};
use usher::domain::account::Account;
use usher::domain::email::Email;
use usher::domain::id::{CustomerId, PublisherId};
use usher::domain::offer::OfferId;
use usher::domain::publisher::Publisher;
use usher::domain::subscription::{Subscription, subscriptions};
use usher::respond::{Failure, json};

use crate::PublisherApi;
use crate::customers::number;
use crate::parameters::Parameters;
use crate::refusal::{bad_path, bad_query, not_there};
use crate::window::Window;

impl PublisherApi {
    /// Lists what a customer bought, newest first.
    pub(crate) async fn list_entitlements(
        &self,
        publisher: &Publisher,
        request: &Request,
    ) -> Result<Response<Body>, Failure> {
        let parameters = Parameters::of(request);
        let filter = Filter::of(&parameters)?;
        let window = Window::of(&parameters)?;
        let customer = self.named_customer(&publisher.id, &parameters).await?;
        let accounts = match &customer {
            Some(customer) => self.accounts_of(&publisher.id, customer).await?,
            None => Vec::new(),
        };
        let mut held = subscriptions(&accounts, publisher, self.clock.now());
        held.retain(|one| filter.admits(one));
        if let Some(customer) = customer.as_ref().filter(|_| held.iter().any(is_open)) {
            self.checks.count(&publisher.id, customer);
        }
        let items = window.cut(held.iter()).map(|one| entitlement(one, customer.as_ref()));
        let items: Vec<Value> = items.collect();
        let body = json!({ "items": items, "totalItemCount": held.len() });
        Ok(json(StatusCode::OK, &body))
    }

    /// Tells whether a customer may watch an offer, of any country where the id names none.
    pub(crate) async fn entitlement(
        &self,
        publisher: &Publisher,
        customer: &str,
        offer: &str,
    ) -> Result<Response<Body>, Failure> {
        let customer = CustomerId::parse(customer);
        let customer = customer.map_err(|problem| bad_path("customerId", problem))?;
        let offer = OfferId::parse(offer).map_err(|problem| bad_path("offerId", problem))?;
        let accounts = self.accounts_of(&publisher.id, &customer).await?;
        let entitlements = Entitlements::of(&accounts, publisher, self.clock.now());
        let access = entitlements.offer(&offer).ok_or_else(|| not_there("Offer not found"))?;
        let (is_granted, expires_at) = match access {
            OfferAccess::Denied => (false, None),
            OfferAccess::Granted { expires_at, .. } => {
                self.checks.count(&publisher.id, &customer);
                (true, expires_at)
            }
        };
        let body = json!({
            "customerId": number(&customer),
            "offerId": offer,
            "accessGranted": is_granted,
            "expiresAt": expires_at.map(|end| end.as_second()),
        });
        Ok(json(StatusCode::OK, &body))
    }

    /// Whom a query is about: `customerId`, else `customerEmail`. None where nobody has the
    /// address.
    async fn named_customer(
        &self,
        publisher: &PublisherId,
        parameters: &Parameters,
    ) -> Result<Option<CustomerId>, Failure> {
        if let Some(customer) = parameters.read("customerId", CustomerId::parse)? {
            return Ok(Some(customer));
        }
        let email = parameters.read("customerEmail", Email::parse)?;
        let email = email.ok_or_else(|| bad_query("customerId", "or customerEmail is missing"))?;
        self.customers.find(publisher, &email).await.map_err(Failure::from)
    }

    /// What is linked to a customer: one query.
    pub(crate) async fn accounts_of(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<Vec<Account>, Failure> {
        let held = self.accounts.of_customer(publisher, customer).await?;
        Ok(held.accounts)
    }
}

fn is_open(one: &Subscription<'_>) -> bool {
    one.status.is_open()
}

fn entitlement(one: &Subscription<'_>, customer: Option<&CustomerId>) -> Value {
    json!({
        "customerId": customer.and_then(number),
        "offerId": one.offer.id,
        "offerType": one.offer.id.kind(),
        "offerTitle": one.offer.title,
        "subscriptionId": one.offer.id.is_subscription().then(|| one.id.get()),
        "status": one.status.of_entitlement(),
        "accessGranted": one.status.is_open(),
        "startedAt": one.started_at.as_second(),
        "expiresAt": one.expires_at.map(|end| end.as_second()),
        "inTrial": one.in_trial,
        "paymentGateway": "roku",
        "paymentMethod": "roku",
        "externalPaymentId": one.last_transaction,
        "isExternallyManaged": true,
    })
}
