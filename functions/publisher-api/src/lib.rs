//! API 3.1 (`cleeng-api.md` §3.8): what a publisher's own systems read of its customers. A
//! publisher token names the publisher, and nobody sees the data of another. Nothing is changed: what
//! is sold through Roku is changed at Roku. Who is found to be entitled to something is counted.
//!
//! | route | answered in |
//! |---|---|
//! | `GET /3.1/entitlements` | `entitlements` |
//! | `GET /3.1/entitlements/customer_id/{customerId}/offer_id/{offerId}` | `entitlements` |
//! | `GET /3.1/subscriptions` | `subscriptions` |
//! | `GET /3.1/customers/{customerId}` | `customers` |
//!
//! Left out is `GET /3.1/subscriptions/{subscriptionId}`: the number of a subscription is derived
//! from Roku's id and leads nowhere by itself. `externalId` finds one subscription.

mod authentication;
mod customers;
mod entitlements;
mod parameters;
mod refusal;
mod subscriptions;
mod window;

use std::time::Duration;

use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt, Response};
use usher::clock::Clock;
use usher::config::Config;
use usher::engagement::AccessChecks;
use usher::respond::{Failure, in_time};
use usher::store::accounts::Accounts;
use usher::store::customers::Customers;
use usher::store::histories::Histories;
use usher::store::listing::Listing;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;

/// How long a request may take, below the function's timeout.
const DEADLINE: Duration = Duration::from_secs(15);

/// The handler, and all that it may do: know publishers, read their customers and accounts, and count
/// who is let in.
#[derive(Debug)]
pub struct PublisherApi {
    publisher_tokens: PublisherTokens,
    publishers: Publishers,
    customers: Customers,
    accounts: Accounts,
    histories: Histories,
    listing: Listing,
    checks: AccessChecks,
    clock: Clock,
    pages_at_most: usize,
}

impl PublisherApi {
    /// The handler over the stack's table.
    pub fn new(config: &Config) -> Self {
        let table = &config.table;
        Self {
            publisher_tokens: PublisherTokens::new(table),
            publishers: Publishers::new(table),
            customers: Customers::new(table),
            accounts: Accounts::new(table),
            histories: Histories::new(table),
            listing: Listing::new(table),
            checks: AccessChecks::new(config),
            clock: config.clock.clone(),
            pages_at_most: subscriptions::MAX_PAGES,
        }
    }

    /// The handler with another bound to how many pages of accounts one request reads, so that a
    /// test can go beyond it.
    #[must_use]
    pub fn reading_at_most(self, pages: usize) -> Self {
        Self { pages_at_most: pages, ..self }
    }

    /// The handler, with granted checks counted together with those of others, so that whoever holds
    /// them can write them down at the end.
    #[must_use]
    pub fn counting_with(self, checks: &AccessChecks) -> Self {
        Self { checks: checks.clone(), ..self }
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        self.checks.write_due();
        let answer = async { self.answer(&request).await.unwrap_or_else(refusal::response) };
        in_time(DEADLINE, answer).await
    }

    async fn answer(&self, request: &Request) -> Result<Response<Body>, Failure> {
        if *request.method() != Method::GET {
            return Err(Failure::not_found());
        }
        let publisher = self.authenticate(request).await?;
        let path = request.path_parameters();
        match (path.first("customerId"), path.first("offerId")) {
            (Some(customer), Some(offer)) => self.entitlement(&publisher, customer, offer).await,
            (Some(customer), None) => self.customer(&publisher, customer).await,
            _ if is_about(request, "entitlements") => {
                self.list_entitlements(&publisher, request).await
            }
            _ if is_about(request, "subscriptions") => {
                self.list_subscriptions(&publisher, request).await
            }
            _ => Err(Failure::not_found()),
        }
    }
}

/// Whether the path is the one of a list. A domain name may add something before it.
fn is_about(request: &Request, list: &str) -> bool {
    request.uri().path().trim_end_matches('/').rsplit('/').next() == Some(list)
}
