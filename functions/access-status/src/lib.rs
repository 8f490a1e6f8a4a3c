//! Access checks, and the customer calls around them: `POST /3.0/json-rpc` (`cleeng-api.md`
//! §3.1–3.6) and `GET /entitlements/{offerId}` (§3.7).
//!
//! This is the hot path. A warm function verifies the token in memory, reads the customer's
//! accounts with one query, and asks the domain. Where the caller tells an address or a device, that
//! is looked up beside the query. Who is let in is counted, and nobody waits for that.

pub mod json_rpc;
mod methods;

use std::sync::Arc;
use std::time::Duration;

use json_rpc::RpcError;
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use serde_json::{Value, json};
use tokio::time::Instant;
use usher::clock::Clock;
use usher::config::Config;
use usher::credentials;
use usher::customer_token::{Bearer, TokenError, TokenSigner, TokenVerifier};
use usher::domain::access::{Entitlements, OfferAccess};
use usher::domain::account::Account;
use usher::domain::offer::OfferId;
use usher::domain::publisher::Publisher;
use usher::engagement::AccessChecks;
use usher::http;
use usher::respond::{Failure, envelope, in_time, json, unless_it_panics};
use usher::store::accounts::Accounts;
use usher::store::customers::Customers;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;
use usher::store::simultaneous::Simultaneous;

/// What is not answered by then is told to come again, each call of a batch by itself.
const DEADLINE: Duration = Duration::from_secs(7);

/// The handler, and all that it may do: know publishers and customers, check and issue customer
/// tokens, read accounts, and know from where customers watch.
#[derive(Debug)]
pub struct AccessStatus {
    publisher_tokens: PublisherTokens,
    publishers: Publishers,
    customers: Customers,
    token_verifier: TokenVerifier,
    token_signer: TokenSigner,
    accounts: Accounts,
    simultaneous: Simultaneous,
    checks: AccessChecks,
    clock: Clock,
}

impl AccessStatus {
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
            token_signer: TokenSigner::new(config),
            accounts: Accounts::new(&config.table),
            simultaneous: Simultaneous::new(&config.table),
            checks: AccessChecks::new(config),
            clock: config.clock.clone(),
        })
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
        match *request.method() {
            Method::POST => self.json_rpc(request.body()).await,
            Method::GET => {
                let answer = async { self.get(&request).await.unwrap_or_else(Response::from) };
                in_time(DEADLINE, answer).await
            }
            _ => Failure::not_found().into(),
        }
    }

    /// Answers with HTTP 200 whatever happens: clients look no further at any other status.
    async fn json_rpc(&self, body: &Body) -> Response<Body> {
        let deadline = Instant::now() + DEADLINE;
        let answer = match json_rpc::Request::parse(body) {
            json_rpc::Request::Single(call) => self.answer(call, deadline).await,
            json_rpc::Request::Batch(calls) => {
                let mut answers = Vec::with_capacity(calls.len());
                for call in calls {
                    answers.push(self.answer(call, deadline).await);
                }
                Value::Array(answers)
            }
        };
        json(StatusCode::OK, &answer)
    }

    async fn answer(
        &self,
        call: Result<json_rpc::Call, json_rpc::Refusal>,
        deadline: Instant,
    ) -> Value {
        let call = match call {
            Ok(call) => call,
            Err(refusal) => return json_rpc::response(&refusal.id, Err(refusal.error)),
        };
        let called = unless_it_panics(self.call(&call));
        let outcome = match tokio::time::timeout_at(deadline, called).await {
            Ok(outcome) => outcome.unwrap_or_else(|| Err(RpcError::internal())),
            Err(_) => Err(RpcError::unavailable()),
        };
        json_rpc::response(&call.id, outcome)
    }

    async fn get(&self, request: &Request) -> Result<Response<Body>, Failure> {
        let bearer = self.bearer(request).await?;
        let parameters = request.path_parameters();
        let offer = OfferId::parse(parameters.first("offerId").unwrap_or_default());
        let offer = offer.map_err(|_| unknown_offer())?;
        Ok(envelope(self.entitlement(&bearer, &offer).await?))
    }

    async fn entitlement(&self, bearer: &Bearer, offer: &OfferId) -> Result<Value, Failure> {
        let access = self.access_to(bearer, offer).await?;
        let (granted, expires_at) = match access.ok_or_else(unknown_offer)? {
            OfferAccess::Denied => (false, None),
            OfferAccess::Granted { expires_at, .. } => {
                self.count(bearer);
                (true, expires_at)
            }
        };
        let expires_at = expires_at.map(|end| end.as_second());
        Ok(json!({ "accessGranted": granted, "expiresAt": expires_at }))
    }

    async fn bearer(&self, request: &Request) -> Result<Bearer, Failure> {
        let token = credentials::bearer_token(request.headers())
            .ok_or_else(|| credentials::missing("required JWT"))?;
        Ok(self.token_verifier.verify(token).await?)
    }

    /// Access to an offer; none where the publisher has no such offer.
    async fn access_to(
        &self,
        bearer: &Bearer,
        offer: &OfferId,
    ) -> Result<Option<OfferAccess>, TokenError> {
        self.entitled(bearer, |entitlements| entitlements.offer(offer)).await
    }

    /// Counts that a customer was let in.
    fn count(&self, bearer: &Bearer) {
        self.checks.count(&bearer.publisher_id, &bearer.customer_id);
    }

    /// Asks a question about what a customer may watch now.
    async fn entitled<T>(
        &self,
        bearer: &Bearer,
        question: impl FnOnce(&Entitlements<'_>) -> T,
    ) -> Result<T, TokenError> {
        let (publisher, accounts) = self.held(bearer).await?;
        Ok(question(&Entitlements::of(&accounts, &publisher, self.clock.now())))
    }

    /// The publisher, and the accounts that are linked to the customer; `Invalid` where the token
    /// was revoked.
    async fn held(&self, bearer: &Bearer) -> Result<(Arc<Publisher>, Vec<Account>), TokenError> {
        tokio::try_join!(
            async { Ok(self.publishers.of_token(&bearer.publisher_id).await?) },
            bearer.accounts(&self.accounts),
        )
    }
}

fn unknown_offer() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "REQ0003", "Offer not found")
}
