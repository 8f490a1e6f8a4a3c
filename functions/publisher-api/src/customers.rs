//! `GET /3.1/customers/{customerId}`: who a customer is. It takes the place of the deprecated
//! JSON-RPC calls `getCustomer` and `getCustomerEmail`.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::customer::Customer;
use usher::domain::id::CustomerId;
use usher::domain::publisher::Publisher;
use usher::respond::{Failure, json};

use crate::PublisherApi;
use crate::refusal::{bad_path, not_there};

impl PublisherApi {
    /// Tells who a customer is.
    pub(crate) async fn customer(
        &self,
        publisher: &Publisher,
        id: &str,
    ) -> Result<Response<Body>, Failure> {
        let id = CustomerId::parse(id).map_err(|problem| bad_path("customerId", problem))?;
        let known = self.customers.get(&publisher.id, &id).await?;
        let known = known.ok_or_else(|| not_there("Customer not found"))?;
        let body = json!({ "success": true, "message": "OK", "data": resource(&known.customer) });
        Ok(json(StatusCode::OK, &body))
    }
}

/// Who signs in where is the publisher's identity provider's to know: of that nothing is told.
fn resource(customer: &Customer) -> Value {
    let profile = &customer.profile;
    json!({
        "id": number(&customer.id),
        "email": customer.email.expose_secret(),
        "country": profile.country,
        "regDate": customer.registered_at.map(|at| format!("{at:.0}")),
        "lastLoginDate": null,
        "lastUserIp": null,
        "currency": profile.currency,
        "locale": profile.locale,
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        "externalId": profile.external_id,
        "externalData": null,
    })
}

/// A customer's id as API 3.1 writes it.
pub(crate) fn number(id: &CustomerId) -> Option<u64> {
    id.as_str().parse().ok()
}
