//! `POST /roku/payment`: the receipt that an app or a middleware posts after a purchase, and
//! `GET /roku/payment/{purchaseId}`: what became of it.
//!
//! 200 means that the receipt is well formed and kept, not that Roku confirmed it
//! (`cleeng-api.md` §1.4). Roku is asked at once; what it says decides. Where it does not answer
//! within six seconds, the queue asks on.

mod caller;
pub mod request;

use std::time::Duration;

use caller::{Caller, Callers};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use request::{ClaimedCustomer, UnverifiedReceipt};
use secrecy::ExposeSecret;
use serde_json::json;
use usher::clock::Clock;
use usher::config::Config;
use usher::credentials::invalid_publisher_token;
use usher::customer_token::{TokenError, TokenVerifier};
use usher::domain::access::{Entitlements, Grounds, OfferAccess};
use usher::domain::id::{CustomerId, PublisherId, TransactionId};
use usher::domain::publisher::Publisher;
use usher::domain::receipt::{Outcome, Receipt};
use usher::http;
use usher::queue::Sender;
use usher::respond::{Failure, in_time, json};
use usher::roku::questions::Asker;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::customers::Customers;
use usher::store::due::Due;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;
use usher::store::receipts::{KnownReceipt, Receipts, ShownBefore};
use usher::store::shown_receipts::{MAX_PER_HOUR, ShownReceipts};
use usher::store::turns::Share;
use usher::verification::Verification;

/// A receipt has less than one kilobyte.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a receipt that is kept is worked on: Roku's six seconds, the secret, and the store's.
const DEADLINE: Duration = Duration::from_secs(15);
/// How long an answer takes at most; the function is stopped two seconds later.
const LONGEST: Duration = Duration::from_secs(23);

/// The handler, and all that it may do: know publishers and customers, keep receipts, ask Roku,
/// keep and fold what Roku answers, and hand over to the queue what it does not answer.
#[derive(Debug)]
pub struct Payment {
    callers: Callers,
    publishers: Publishers,
    receipts: Receipts,
    shown_receipts: ShownReceipts,
    accounts: Accounts,
    verification: Verification,
    queue: Sender,
    due: Due,
    clock: Clock,
}

impl Payment {
    /// The handler over the stack's table and Roku's web service.
    ///
    /// # Errors
    /// When the TLS library cannot be set up or Roku's address is none.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let http = http::client()?;
        Ok(Self {
            callers: Callers {
                publisher_tokens: PublisherTokens::new(&config.table),
                token_verifier: TokenVerifier::new(config, http.clone()),
                customers: Customers::new(&config.table),
            },
            publishers: Publishers::new(&config.table),
            receipts: Receipts::new(&config.table),
            shown_receipts: ShownReceipts::new(&config.table),
            accounts: Accounts::new(&config.table),
            verification: Verification::new(config, http, Share::Receipts, Asker::Caller)?,
            queue: Sender::new(&config.sqs, &config.queues.receipts),
            due: Due::new(&config.table),
            clock: config.clock.clone(),
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let answer = async { self.answer(&request).await.unwrap_or_else(Response::from) };
        in_time(LONGEST, answer).await
    }

    async fn answer(&self, request: &Request) -> Result<Response<Body>, Failure> {
        match *request.method() {
            Method::POST => self.receive(request).await,
            Method::GET => self.status(request).await,
            _ => Err(Failure::not_found()),
        }
    }

    async fn receive(&self, request: &Request) -> Result<Response<Body>, Failure> {
        let caller = self.callers.identify(request).await?;
        let claim = parse(request.body())?;
        self.limit(&caller).await?;
        let publisher = self.publishers.find(caller.publisher()).await?;
        let publisher = publisher.ok_or_else(invalid_publisher_token)?;
        let customer = self.customer(&caller, claim.customer.as_ref()).await?;
        let receipt = claim.of(customer, self.clock.now());
        let before = self.receipts.keep(&publisher.id, &receipt).await?;
        let (shown, settled) = tokio::join!(
            self.receipts.show_last(&publisher.id, &receipt),
            self.settle(&publisher, &receipt, &before),
        );
        shown.and(settled)?;
        Ok(accepted(&caller))
    }

    /// Customers are held to so many receipts; the publisher's middleware is not.
    async fn limit(&self, caller: &Caller) -> Result<(), Failure> {
        let Caller::Customer(publisher, known) = caller else { return Ok(()) };
        let shown = &self.shown_receipts;
        if shown.count(publisher, &known.customer.id, self.clock.now()).await? {
            return Ok(());
        }
        let message = format!("More than {MAX_PER_HOUR} receipts in an hour, try again later");
        Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, "REQ0001", message))
    }

    /// Whose the receipt is: a customer's own, or whom the middleware names.
    async fn customer(
        &self,
        caller: &Caller,
        claimed: Option<&ClaimedCustomer>,
    ) -> Result<CustomerId, Failure> {
        let nobody = || bad_request("customerEmail is missing");
        match caller {
            // Their own, whatever address it names: it may have changed since the app learnt it.
            Caller::Customer(_, known) => Ok(known.customer.id.clone()),
            Caller::Publisher(publisher) => {
                self.named(publisher, claimed.ok_or_else(nobody)?).await
            }
        }
    }

    async fn named(
        &self,
        publisher: &PublisherId,
        claimed: &ClaimedCustomer,
    ) -> Result<CustomerId, Failure> {
        match claimed {
            ClaimedCustomer::Email(email) => {
                let customers = &self.callers.customers;
                let found = customers.find_or_register(publisher, email, self.clock.now()).await;
                found.map_err(Failure::from)
            }
            ClaimedCustomer::Token(token) => {
                let known = match self.callers.token_verifier.verify(token.expose_secret()).await {
                    Ok(bearer) if bearer.publisher_id == *publisher => {
                        bearer.customer(&self.callers.customers).await
                    }
                    Ok(_) => Err(TokenError::Invalid),
                    Err(error) => Err(error),
                };
                known.map(|known| known.customer.id).map_err(|error| match error {
                    TokenError::Invalid | TokenError::Expired => {
                        bad_request("customerToken is invalid or expired")
                    }
                    error => error.into(),
                })
            }
        }
    }

    /// Whether what was granted before still gives the customer what they bought: then showing the
    /// receipt again changes nothing. Where it does not, or only for the leeway, Roku is asked
    /// again, because a push may have been lost.
    async fn still_holds(
        &self,
        publisher: &Publisher,
        receipt: &Receipt,
        granted: &KnownReceipt,
    ) -> Result<bool, StoreError> {
        let Some(roku_customer) = &granted.roku_customer else { return Ok(false) };
        let account = self.accounts.linked(&publisher.id, roku_customer, &receipt.customer).await?;
        let accounts = Vec::from_iter(account);
        let entitlements = Entitlements::of(&accounts, publisher, self.clock.now());
        let is_firm = match entitlements.offer(&receipt.offer) {
            Some(OfferAccess::Granted { grounds, .. }) => grounds != Grounds::RenewalLeeway,
            Some(OfferAccess::Denied) | None => false,
        };
        Ok(granted.receipt.offer == receipt.offer && is_firm)
    }

    /// Finds out what a receipt is worth, unless it was granted before and still holds.
    async fn settle(
        &self,
        publisher: &Publisher,
        receipt: &Receipt,
        before: &ShownBefore,
    ) -> Result<(), StoreError> {
        if let ShownBefore::Granted(granted) = before {
            if self.still_holds(publisher, receipt, granted).await? {
                return Ok(());
            }
            self.receipts.reopen(&publisher.id, receipt).await?;
        }
        let asked = tokio::time::timeout(DEADLINE, self.verification.settle(publisher, receipt));
        let cause = match asked.await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(cause)) => cause.to_string(),
            Err(_) => "no time left".to_owned(),
        };
        tracing::warn!(publisher = %publisher.id, cause, "receipt not settled yet");
        self.hand_over(publisher, receipt, before).await;
        Ok(())
    }

    /// Leaves a receipt to the queue, once. A failure loses nothing: the receipt is kept and stands
    /// in the index `due`, and the caller was promised no more than that.
    async fn hand_over(&self, publisher: &Publisher, receipt: &Receipt, before: &ShownBefore) {
        let waiting = Receipts::waiting(&publisher.id, receipt);
        let noted = if let ShownBefore::OnItsWay(until) = before {
            self.due.move_to(&waiting, Some(*until)).await
        } else {
            if let Err(error) = self.queue.send(&waiting.subject.to_message()).await {
                tracing::error!(error = error.with_causes(), "receipt waits for the schedule");
                return;
            }
            self.due.on_its_way(&waiting, self.clock.now()).await
        };
        if let Err(error) = noted {
            tracing::warn!(error = error.with_causes(), "the schedule will ask as well");
        }
    }

    async fn status(&self, request: &Request) -> Result<Response<Body>, Failure> {
        let caller = self.callers.identify(request).await?;
        let parameters = request.path_parameters();
        let purchase_id = parameters.first("purchaseId").unwrap_or_default();
        let transaction = TransactionId::parse(purchase_id).map_err(|_| Failure::not_found())?;
        let known = self.receipts.find(caller.publisher(), &transaction).await?;
        let is_theirs = |known: &KnownReceipt| match &caller {
            Caller::Publisher(_) => true,
            Caller::Customer(_, own) => known.receipt.customer == own.customer.id,
        };
        let known = known.filter(is_theirs).ok_or_else(|| {
            let message = "No receipt for this purchaseId";
            Failure::new(StatusCode::NOT_FOUND, "REQ0003", message)
        })?;
        Ok(describe(&known))
    }
}

fn parse(body: &Body) -> Result<UnverifiedReceipt, Failure> {
    if body.len() > MAX_BODY_BYTES {
        let message = format!("The body is longer than {MAX_BODY_BYTES} bytes");
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "REQ0001", message));
    }
    UnverifiedReceipt::parse(body).map_err(bad_request)
}

/// The middleware's answer and the app's differ in their envelope (`cleeng-api.md` §1.4).
fn accepted(caller: &Caller) -> Response<Body> {
    let ok = json!({ "message": "OK" });
    let body = match caller {
        Caller::Publisher(_) => ok,
        Caller::Customer(..) => json!({ "responseData": ok, "errors": [] }),
    };
    json(StatusCode::OK, &body)
}

fn describe(known: &KnownReceipt) -> Response<Body> {
    let purchase_id = &known.receipt.purchase_id;
    let body = match known.outcome {
        Outcome::Processing => json!({ "purchaseId": purchase_id, "status": "processing" }),
        Outcome::Granted => json!({ "purchaseId": purchase_id, "status": "granted" }),
        Outcome::Rejected(rejection) => json!({
            "purchaseId": purchase_id,
            "status": "rejected",
            "reason": rejection.code(),
            "message": rejection.to_string(),
        }),
    };
    json(StatusCode::OK, &body)
}

fn bad_request(what: impl std::fmt::Display) -> Failure {
    let message = format!("Invalid request body: {what}");
    Failure::new(StatusCode::BAD_REQUEST, "REQ0001", message)
}
