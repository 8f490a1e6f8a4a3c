//! Which customer an identity provider's token names.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::customer::{MAX_TEXT_BYTES, Profile};
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, PublisherId};
use crate::domain::publisher::IdentityProvider;
use crate::store::StoreError;
use crate::store::customers::{Customers, Registered};

/// How long it is remembered who a customer is.
const FRESH: Duration = Duration::from_secs(60);

/// Finds the customers of identity providers, and registers those who were never seen before.
#[derive(Debug)]
pub(super) struct ProviderCustomers {
    customers: Customers,
    known: Cache<(PublisherId, String), CustomerId>,
    clock: Clock,
}

impl ProviderCustomers {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            customers: Customers::new(&config.table),
            known: Cache::new(FRESH),
            clock: config.clock.clone(),
        }
    }

    /// The customer of this name, registered if need be; none where too little is known to.
    pub(super) async fn find(
        &self,
        publisher: &PublisherId,
        named: Named,
        issued_at: Timestamp,
    ) -> Result<Option<CustomerId>, StoreError> {
        let Some(name) = named.name() else { return Ok(None) };
        let name = (publisher.clone(), name);
        if let Some(customer) = self.known.get(&name) {
            return Ok(Some(customer));
        }
        let customer = self.find_or_register(publisher, named, issued_at).await?;
        if let Some(customer) = &customer {
            self.known.put(name, customer.clone());
        }
        Ok(customer)
    }

    async fn find_or_register(
        &self,
        publisher: &PublisherId,
        named: Named,
        issued_at: Timestamp,
    ) -> Result<Option<CustomerId>, StoreError> {
        if let Some(external_id) = &named.external_id
            && let Some(customer) =
                self.customers.find_by_external_id(publisher, external_id).await?
        {
            return Ok(Some(customer));
        }
        let Some(email) = &named.email else { return Ok(None) };
        if let Some(customer) = self.customers.find(publisher, email).await? {
            // Who has another id of the publisher's is somebody else, whose address this once was.
            let is_theirs = match &named.external_id {
                None => true,
                Some(id) => self.customers.name_externally(publisher, &customer, id).await?,
            };
            return Ok(Some(customer).filter(|_| is_theirs));
        }
        let erased_at = self.customers.erased_at(publisher, email).await?;
        if erased_at.is_some_and(|erased_at| issued_at <= erased_at) {
            return Ok(None); // a token of before does not bring back who was forgotten
        }
        let profile = Profile { external_id: named.external_id, ..Profile::default() };
        let now = self.clock.now();
        match self.customers.register(publisher, email, &profile, now).await? {
            Registered::New(customer) | Registered::Exists(customer) => Ok(Some(customer)),
        }
    }
}

/// How a token names a customer: by one of the two at least.
pub(super) struct Named {
    external_id: Option<String>,
    email: Option<Email>,
}

impl Named {
    pub(super) fn read(claims: &Map<String, Value>, provider: &IdentityProvider) -> Option<Self> {
        let external_id = provider.customer_id_claim.as_ref().and_then(|name| claims.get(name));
        let external_id = match external_id {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let external_id = external_id.filter(|id| !id.is_empty() && id.len() <= MAX_TEXT_BYTES);
        // Whoever signs up with somebody else's address is not that somebody. A claim with a namespace
        // has its word for it in the same one.
        let words = ["email_verified".to_owned(), format!("{}_verified", provider.email_claim)];
        let is_verified = words.iter().filter_map(|word| claims.get(word)).all(is_true);
        let email = claims.get(&provider.email_claim).and_then(Value::as_str);
        let email = email.filter(|_| is_verified).and_then(|text| Email::parse(text).ok());
        (external_id.is_some() || email.is_some()).then_some(Self { external_id, email })
    }

    fn name(&self) -> Option<String> {
        let email = || Some(format!("email {}", self.email.as_ref()?.expose_secret()));
        self.external_id.as_ref().map(|id| format!("id {id}")).or_else(email)
    }
}

fn is_true(claim: &Value) -> bool {
    *claim == Value::Bool(true) || claim.as_str() == Some("true")
}
