//! The MediaStore API, which apps and web pages call with a customer's JWT (`cleeng-api.md` §3.7):
//!
//! | routes | file |
//! |---|---|
//! | `/customers/{customerId}` and what hangs on the person | `customers` |
//! | `…/offers`, `…/subscriptions`, `…/payment_details` | `purchases` |
//! | `…/transactions` | `transactions` |
//! | `…/subscription_switches`, `/subscription_switches` | `switches`, `availability` |
//! | `/offers`, `/v2/offers` | `offers` |
//! | `/sso/auths`, `/auths/refresh_token` | `sign_in` |
//! | `/.well-known/jwks.json` | `keys` |
//! | changes of what Roku manages, passwords | `not_offered` |
//!
//! `/entitlements/{offerId}` is answered by `access-status`. What no route of any function is for
//! is answered here, because clients cannot read the gateway's own 404 (§10.2).

mod availability;
mod callers;
mod customers;
mod keys;
mod not_offered;
mod offers;
mod purchases;
mod sign_in;
mod switches;
mod transactions;
mod wire;

use std::time::Duration;

use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use usher::clock::Clock;
use usher::config::Config;
use usher::customer_token::TokenVerifier;
use usher::customer_token::session::Sessions;
use usher::http;
use usher::respond::{Failure, envelope, in_time};
use usher::store::accounts::Accounts;
use usher::store::customer_token_keys::CustomerTokenKeys;
use usher::store::customers::Customers;
use usher::store::histories::Histories;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;

/// What is not answered by then is told to come again; the function is stopped two seconds later.
const DEADLINE: Duration = Duration::from_secs(7);

/// The handler, and all that it may do: know publishers and customers, check customers' tokens,
/// begin sessions and go on with them, read accounts and what Roku told of them.
#[derive(Debug)]
pub struct MediaStore {
    publisher_tokens: PublisherTokens,
    publishers: Publishers,
    customers: Customers,
    token_verifier: TokenVerifier,
    token_keys: CustomerTokenKeys,
    sessions: Sessions,
    accounts: Accounts,
    histories: Histories,
    clock: Clock,
}

impl MediaStore {
    /// The handler over the stack's table.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            publisher_tokens: PublisherTokens::new(&config.table),
            publishers: Publishers::new(&config.table),
            customers: Customers::new(&config.table),
            token_verifier: TokenVerifier::new(config, http::client()?),
            token_keys: CustomerTokenKeys::new(&config.table),
            sessions: Sessions::new(config),
            accounts: Accounts::new(&config.table),
            histories: Histories::new(&config.table),
            clock: config.clock.clone(),
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let answer = async { self.answer(&request).await.unwrap_or_else(Response::from) };
        in_time(DEADLINE, answer).await
    }

    async fn answer(&self, request: &Request) -> Result<Response<Body>, Failure> {
        let response_data = match matched_route(request) {
            "GET /customers/{customerId}" => self.profile(request).await?,
            "GET /customers/{customerId}/consents" => self.consents(request).await?,
            "GET /customers/{customerId}/capture/status" => self.capture_status(request).await?,
            "GET /customers/{customerId}/offers" => self.held_offers(request).await?,
            "GET /customers/{customerId}/subscriptions" => self.subscriptions(request).await?,
            "GET /customers/{customerId}/payment_details" => self.payment_details(request).await?,
            "GET /customers/{customerId}/transactions" => self.transactions(request).await?,
            "GET /customers/{customerId}/subscription_switches" => {
                self.pending_switches(request).await?
            }
            "GET /customers/{customerId}/subscription_switches/{offerId}/availability" => {
                self.switch_availability(request).await?
            }
            "GET /subscription_switches" => self.switches(request).await?,
            "GET /subscription_switches/{switchId}" => self.switch(request).await?,
            "GET /offers" => self.offers(request).await?,
            "GET /offers/{offerId}" => self.offer(request).await?,
            "GET /v2/offers/{offerId}" => self.offer_v2(request).await?,
            "GET /locales" => customers::locales(request),
            "POST /auths/refresh_token" => self.refresh(request).await?,
            "POST /sso/auths" => return self.single_sign_on(request).await,
            "GET /.well-known/jwks.json" => return self.public_keys().await,
            "POST /auths" | "POST /customers" => return Err(not_offered::passwords()),
            "PATCH /customers/{customerId}" => return Err(self.profile_change(request).await),
            "POST /customers/{customerId}/subscription_switches/{offerId}"
            | "PATCH /subscription_switches/{switchId}"
            | "PATCH /customers/{customerId}/subscriptions"
            | "PATCH /customers/{customerId}/subscriptions/{subscriptionId}" => {
                return Err(self.change_of_plan(request).await);
            }
            _ => return Err(Failure::not_found()),
        };
        Ok(envelope(response_data))
    }
}

/// The route of the template that API Gateway found for a request, as it writes it itself;
/// `$default` where it found none.
fn matched_route(request: &Request) -> &str {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.route_key.as_deref().unwrap_or_default()
        }
        _ => "",
    }
}
