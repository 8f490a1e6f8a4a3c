//! `POST /roku/push-notification/{publisherId}`: what Roku tells us on its own.
//!
//! Roku waits ten seconds, sends again for 36 hours, and stops for good after 100 failures in ten
//! days (`roku-pay.md` §1). So everything that Roku signed is kept and answered 200, whether or
//! not it means anything to us; only what Roku did not sign, and our own outage, is refused.

mod outcome;
mod unsigned;

use std::sync::Arc;
use std::time::Duration;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
pub use outcome::Taken;
use outcome::count_failure;
use usher::clock::Clock;
use usher::config::Config;
use usher::domain::account::{Account, Purchase};
use usher::domain::fact::{Fact, Unreadable};
use usher::domain::id::{PublisherId, PurchaseId};
use usher::domain::notification::Notification;
use usher::domain::proration::difference;
use usher::domain::publisher::Publisher;
use usher::domain::transaction_type::TransactionType;
use usher::domain::unsigned_push::UnsignedPush;
use usher::http;
use usher::respond::{Failure, text};
use usher::roku::public_keys::{PublicKeys, Unverified};
use usher::roku::push::{INVALIDATE_PUBLIC_KEYS, NOTIFICATION, UnverifiedPush, VerifiedPush};
use usher::roku::questions::Asker;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::last_pushes::LastPushes;
use usher::store::publishers::Publishers;
use usher::store::set_aside::{Reason, SetAside};
use usher::store::turns::Share;
use usher::store::unmapped_products::UnmappedProducts;
use usher::verification::Verification;

/// A push has one or two kilobytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Roku waits ten seconds; some of them are the network's.
const DEADLINE: Duration = Duration::from_secs(8);

/// The handler, and all that it may do: read publishers, check signatures, keep and fold facts; and
/// ask Roku about what is not signed.
#[derive(Debug)]
pub struct PushNotification {
    publishers: Publishers,
    keys: PublicKeys,
    accounts: Accounts,
    set_aside: SetAside,
    last_pushes: LastPushes,
    unmapped: UnmappedProducts,
    verification: Verification,
    clock: Clock,
}

impl PushNotification {
    /// The handler over the stack's table.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let http = http::client()?;
        Ok(Self {
            publishers: Publishers::new(&config.table),
            keys: PublicKeys::new(config, http.clone()),
            accounts: Accounts::new(&config.table),
            set_aside: SetAside::new(&config.table),
            last_pushes: LastPushes::new(&config.table),
            unmapped: UnmappedProducts::new(&config.table),
            verification: Verification::new(config, http, Share::Accounts, Asker::Caller)?,
            clock: config.clock.clone(),
        })
    }

    /// Answers one request, before Roku stops waiting.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let answer = tokio::time::timeout(DEADLINE, self.receive(&request)).await;
        answer.unwrap_or_else(|_| Err(too_late())).unwrap_or_else(|failure| {
            let is_ours = failure.status.is_server_error();
            let is_signed = body_of(&request).is_ok_and(|body| UnverifiedPush::parse(body).is_ok());
            count_failure(is_signed || is_ours, is_ours);
            failure.into()
        })
    }

    async fn receive(&self, request: &Request) -> Result<Response<Body>, Failure> {
        if request.method() != Method::POST {
            return Err(Failure::not_found());
        }
        let body = body_of(request)?;
        let publisher = self.publisher(request).await?;
        if publisher.settings.unsigned_pushes
            && let Some(push) = UnsignedPush::read(body)
        {
            return self.ask_about(&publisher, &push).await;
        }
        let push = self.keys.verify(body).await.map_err(refusal)?;
        // On the heap: it would stand on the stack twice while both are joined.
        let take = Box::pin(self.take(&publisher, &push));
        let (taken, ()) = tokio::join!(take, self.note_channel(&publisher, &push));
        taken.map_err(|error| {
            tracing::error!(error = error.with_causes(), message_key = push.key, "push not kept");
            Failure::unavailable()
        })?;
        Ok(text(StatusCode::OK, push.response_key().unwrap_or_default()))
    }

    /// Notes that a push came for a channel of the publisher's.
    async fn note_channel(&self, publisher: &Publisher, push: &VerifiedPush) {
        let channel =
            belongs_to(publisher, push).ok().and_then(|notification| notification.channel);
        if let Some(channel) = channel {
            self.last_pushes.note(&publisher.id, &channel, self.clock.now()).await;
        }
    }

    /// Checks the signature of a push, as Roku sent it.
    ///
    /// # Errors
    /// [`Unverified`] when Roku did not sign it, or when that cannot be told now.
    pub async fn verify(&self, jws: &str) -> Result<VerifiedPush, Unverified> {
        self.keys.verify(jws).await
    }

    /// Takes a push that Roku signed: keeps it and folds it into its account, or sets it aside.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the push is kept.
    pub async fn take(
        &self,
        publisher: &Publisher,
        push: &VerifiedPush,
    ) -> Result<Taken, StoreError> {
        if push.kind == INVALIDATE_PUBLIC_KEYS {
            self.keys.fetch_anew().await?;
            Taken::KeysRenewed.count(None);
            return Ok(Taken::KeysRenewed);
        }
        match belongs_to(publisher, push) {
            Ok(notification) => {
                let transaction_type = notification.transaction_type.clone();
                let taken = self.keep(publisher, notification).await?;
                taken.count(Some(&transaction_type));
                Ok(taken)
            }
            Err(reason) => {
                self.set_aside.keep(&publisher.id, reason, push, self.clock.now()).await?;
                let why = reason.as_str();
                tracing::warn!(publisher = %publisher.id, reason = why, "push set aside");
                Taken::SetAside(reason).count(None);
                Ok(Taken::SetAside(reason))
            }
        }
    }

    async fn publisher(&self, request: &Request) -> Result<Arc<Publisher>, Failure> {
        let parameters = request.path_parameters();
        let id = parameters.first("publisherId").unwrap_or_default();
        let Ok(id) = PublisherId::parse(id) else {
            return Err(unknown_publisher());
        };
        let found = self.publishers.find(&id).await.map_err(|error| {
            tracing::error!(error = error.with_causes(), "publisher not read");
            Failure::unavailable()
        })?;
        found.ok_or_else(unknown_publisher)
    }

    async fn keep(
        &self,
        publisher: &Publisher,
        notification: Notification,
    ) -> Result<Taken, StoreError> {
        let transaction_type = notification.transaction_type.clone();
        let purchase = notification.purchase.clone();
        let product = notification.product.clone();
        let keep = self.accounts.keep(&publisher.id, Fact::Notification(notification));
        let note = self.unmapped.note_if_unmapped(publisher, product.as_ref(), self.clock.now());
        let (kept, ()) = tokio::join!(keep, note);
        let kept = kept?;
        let repeated = !kept.is_new;
        let account = match self.accounts.fold(kept, publisher).await {
            // The push is kept, and sending it again would change nothing: it is ours to mend.
            Err(error @ StoreError::Refused(_)) => {
                tracing::error!(error = error.with_causes(), "push kept, account not written");
                return Ok(Taken::Kept);
            }
            folded => folded?,
        };
        tracing::info!(publisher = %publisher.id, ?transaction_type, repeated, "push kept");
        let completes_an_upgrade = matches!(
            transaction_type,
            TransactionType::UpgradeSale | TransactionType::UpgradeCancellation
        );
        if let Some(purchase) = purchase.filter(|_| completes_an_upgrade && !repeated) {
            compare_charge(publisher, &account, &purchase);
        }
        Ok(if repeated { Taken::Repeated } else { Taken::Kept })
    }
}

/// Compares what Roku charged for an upgrade with what it should be, once both of its pushes are
/// there: a difference is told, never hidden.
fn compare_charge(publisher: &Publisher, account: &Account, told_of: &PurchaseId) {
    let is_told_of =
        |(id, new): &(&PurchaseId, &Purchase)| *id == told_of || new.replaces() == Some(told_of);
    for (id, _) in account.purchases.iter().filter(is_told_of) {
        if let Some(found) = difference(account, id, &publisher.catalog) {
            tracing::warn!(
                publisher = %publisher.id,
                purchase = %id,
                expected_charge = %found.expected_charge,
                charge = %found.charge,
                expected_credit = %found.expected_credit,
                credit = %found.credit,
                "Roku charged for an upgrade other than computed"
            );
        }
    }
}

/// The notification in a push, if it is one and is about a channel of the publisher's.
fn belongs_to(publisher: &Publisher, push: &VerifiedPush) -> Result<Notification, Reason> {
    if push.kind != NOTIFICATION {
        return Err(Reason::UnknownMessageType);
    }
    let notification = push.notification().map_err(|_: Unreadable| Reason::Unreadable)?;
    let own = publisher.settings.owns_channel(notification.channel.as_deref());
    if own { Ok(notification) } else { Err(Reason::ForeignChannel) }
}

fn body_of(request: &Request) -> Result<&str, Failure> {
    let body: &[u8] = request.body();
    if body.len() > MAX_BODY_BYTES {
        let message = format!("The body is longer than {MAX_BODY_BYTES} bytes");
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "REQ0001", message));
    }
    std::str::from_utf8(body).map_err(|_| unauthorized("not a JWS"))
}

fn refusal(cause: Unverified) -> Failure {
    match cause {
        Unverified::Refused(refused) => {
            tracing::warn!(%refused, "push refused");
            unauthorized(&refused.to_string())
        }
        Unverified::NoKeys(cause) => {
            let cause = cause.map(|error| error.with_causes());
            tracing::error!(cause, "push not verified: Roku's public keys are out of reach");
            Failure::unavailable()
        }
    }
}

fn unauthorized(why: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "AUTH0002", format!("Not signed by Roku: {why}"))
}

fn too_late() -> Failure {
    tracing::error!("push not answered in time");
    Failure::unavailable()
}

fn unknown_publisher() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "REQ0003", "Unknown publisher")
}
