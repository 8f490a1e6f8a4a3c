//! Customers: registered, read, and given another address (§3.6).

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::customer::{MAX_TEXT_BYTES, Profile};
use usher::domain::email::Email;
use usher::store::customers::{EmailChange, Registered};

use super::{code, invalid, required, unavailable, unknown_customer};
use crate::AccessStatus;
use crate::json_rpc::{Params, RpcError};

impl AccessStatus {
    /// `{publisherToken, customerData: {email, locale?, country?, currency?, externalId?,
    /// firstName?, lastName?, registrationDate?}}` → `{token}`.
    ///
    /// Of what Cleeng asks for only the address is needed here. Passwords and Facebook ids are not
    /// kept: nobody signs in with one.
    pub(super) async fn register_customer(&self, params: &Params) -> Result<Value, RpcError> {
        let publisher = self.publisher_of(params).await?;
        let told = params.map("customerData");
        let told = told.map_err(|_| invalid("customerData must be an object"))?;
        if told.is_empty() {
            return Err(invalid("customerData is missing"));
        }
        let email = email_in(&told, "email")?;
        let profile = profile_in(&told)?;
        let registered_at = registered_at(&told, self.clock.now())?;
        let registered = self.customers.register(&publisher, &email, &profile, registered_at).await;
        match registered.map_err(unavailable)? {
            Registered::New(customer) => self.token_for(&publisher, &customer).await,
            // Callers look for this word (§10.9).
            Registered::Exists(_) => Err(exists("A customer with this email or externalId")),
        }
    }

    /// `{customerToken}` → `{id, email, displayName, firstName, lastName, currency, locale,
    /// country, externalId}`; null for what nobody has told.
    pub(super) async fn get_customer(&self, params: &Params) -> Result<Value, RpcError> {
        let bearer = self.bearer_of(params).await?;
        let customer = self.customer_of(&bearer).await?;
        let profile = &customer.profile;
        Ok(json!({
            "id": customer.id,
            "email": customer.email.expose_secret(),
            "displayName": customer.display_name(),
            "firstName": profile.first_name,
            "lastName": profile.last_name,
            "currency": profile.currency,
            "locale": profile.locale,
            "country": profile.country,
            "externalId": profile.external_id,
        }))
    }

    /// `{publisherToken, customerToken}` → `{email}`.
    pub(super) async fn get_customer_email(&self, params: &Params) -> Result<Value, RpcError> {
        let bearer = self.bearer_of_publisher(params).await?;
        let customer = self.customer_of(&bearer).await?;
        Ok(json!({ "email": customer.email.expose_secret() }))
    }

    /// `{publisherToken, customerEmail, newEmail}` → `{success}`. The customer's tokens stay good.
    pub(super) async fn update_customer_email(&self, params: &Params) -> Result<Value, RpcError> {
        let publisher = self.publisher_of(params).await?;
        let new = email_in(params, "newEmail")?;
        let customer = self.customer_named(&publisher, params).await?;
        let known = self.customers.get(&publisher, &customer).await.map_err(unavailable)?;
        let customer = known.ok_or_else(unknown_customer)?.customer;
        let changed = self.customers.change_email(&publisher, &customer, &new).await;
        match changed.map_err(unavailable)? {
            EmailChange::Changed => Ok(json!({ "success": true })),
            EmailChange::Taken => Err(exists("A customer with the newEmail")),
        }
    }
}

fn exists(who: &str) -> RpcError {
    RpcError::new(code::CUSTOMER_EXISTS, format!("{who} already exists"))
}

fn email_in(params: &Params, name: &str) -> Result<Email, RpcError> {
    let text = required(params, name)?;
    Email::parse(&text).map_err(|why| invalid(format!("{name} {why}")))
}

fn profile_in(told: &Params) -> Result<Profile, RpcError> {
    let text = |name: &str| {
        let text = told.text(name).map(|text| text.into_owned());
        if text.as_ref().is_some_and(|text| text.len() > MAX_TEXT_BYTES) {
            return Err(invalid(format!("{name} must not be longer than {MAX_TEXT_BYTES} bytes")));
        }
        Ok(text)
    };
    Ok(Profile {
        external_id: text("externalId")?,
        first_name: text("firstName")?,
        last_name: text("lastName")?,
        locale: text("locale")?,
        country: text("country")?,
        currency: text("currency")?,
    })
}

/// When a customer who comes from elsewhere was registered there: seconds since 1970.
fn registered_at(told: &Params, now: Timestamp) -> Result<Timestamp, RpcError> {
    let wrong = || invalid("registrationDate must be a past date, in seconds since 1970");
    let Some(seconds) = told.integer("registrationDate").map_err(|_| wrong())? else {
        return Ok(now);
    };
    let moment = Timestamp::from_second(seconds).ok().filter(|_| seconds >= 0);
    moment.filter(|moment| *moment <= now).ok_or_else(wrong)
}
