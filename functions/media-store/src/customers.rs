//! The customer as a person, and what Cleeng's own pages ask beside that.

use jiff::Timestamp;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::customer::{Customer, Profile};
use usher::respond::Failure;

use crate::MediaStore;

impl MediaStore {
    /// `GET /customers/{customerId}`.
    pub(crate) async fn profile(&self, request: &Request) -> Result<Value, Failure> {
        Ok(described(&self.customer(request).await?))
    }

    /// `GET /customers/{customerId}/consents`: nobody is asked for any here, which the one entry
    /// says. Cleeng's profile page asks again at once, for ever, as long as the list is empty.
    pub(crate) async fn consents(&self, request: &Request) -> Result<Value, Failure> {
        let customer = self.customer(request).await?;
        let none = json!({
            "customerId": customer.id,
            "name": "none",
            "label": "No consents are asked for",
            "value": "",
            "date": null,
            "required": true,
            "state": "accepted",
            "version": "1",
            "newestVersion": "1",
            "needsUpdate": false,
        });
        Ok(json!({ "consents": [none] }))
    }

    /// `GET /customers/{customerId}/capture/status`: nobody is asked anything.
    pub(crate) async fn capture_status(&self, request: &Request) -> Result<Value, Failure> {
        self.customer(request).await?;
        Ok(json!({
            "isCaptureEnabled": false,
            "shouldCaptureBeDisplayed": false,
            "settings": [],
        }))
    }
}

/// `GET /locales`: what can be told of where a caller is. The address alone; Cleeng tells country,
/// currency and language, for a registration that is not offered here.
pub(crate) fn locales(request: &Request) -> Value {
    let address = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    json!({ "country": null, "currency": null, "locale": null, "ipAddress": address })
}

/// A text that is not known is empty: clients put first and last name side by side.
fn described(customer: &Customer) -> Value {
    let Profile { external_id, first_name, last_name, locale, country, currency } =
        &customer.profile;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    json!({
        "id": customer.id,
        "email": customer.email.expose_secret(),
        "firstName": text(first_name),
        "lastName": text(last_name),
        "displayName": customer.display_name(),
        "country": text(country),
        "locale": text(locale),
        "currency": text(currency),
        "externalId": text(external_id),
        "externalData": {},
        "regDate": customer.registered_at.map(date).unwrap_or_default(),
        "lastUserIp": "",
    })
}

/// A moment as Cleeng writes it in a profile, in UTC.
fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
