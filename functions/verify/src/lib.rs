//! The queue's worker: asks Roku about one receipt or account for each message, keeps what it says,
//! and folds it in.
//!
//! A message that fails comes again by itself, later each time; after the last time it is a dead
//! letter. Nothing hangs on the queue alone: what waits for an answer also stands in the index `due`
//! (`usher::store::due`), where the function `reconcile` finds it.

use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use usher::clock::Clock;
use usher::config::Config;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::queue::{MAX_RECEIVES, Retries, backoff};
use usher::roku;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::due::{Due, Kind, Subject};
use usher::store::publishers::Publishers;
use usher::store::receipts::Receipts;
use usher::store::turns::Share;
use usher::verification::{Unverified, Verification};

/// The worker, and all that it may do: know publishers, read what is due, ask Roku, keep and fold
/// what it answers, and put off what it did not answer.
#[derive(Debug)]
pub struct Verify {
    publishers: Publishers,
    receipts: Receipts,
    accounts: Accounts,
    due: Due,
    verification: Verification,
    retries: Retries,
    clock: Clock,
}

/// Why a message was not worked off.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("the message is no question of ours")]
    Unreadable,
    #[error("there is no publisher {0}")]
    NoPublisher(PublisherId),
    #[error(transparent)]
    Unverified(#[from] Unverified),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Unverified(error.into())
    }
}

impl NotDone {
    fn again_in(&self) -> Duration {
        match self {
            Self::Unverified(Unverified::NoAnswer(no)) => no.again_in(),
            Self::Unverified(Unverified::Store(_)) => Duration::ZERO,
            Self::Unreadable | Self::NoPublisher(_) => Duration::from_secs(60),
        }
    }
}

impl Verify {
    /// The worker over the stack's table, its queue, and Roku's web service.
    ///
    /// # Errors
    /// When the TLS library cannot be set up or Roku's address is none.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            publishers: Publishers::new(&config.table),
            receipts: Receipts::new(&config.table),
            accounts: Accounts::new(&config.table),
            due: Due::new(&config.table),
            verification: Verification::new(config, roku::http_client()?, Share::Workers)?,
            retries: Retries::new(&config.sqs, &config.queue_url),
            clock: config.clock.clone(),
        })
    }

    /// Works off a batch, one message after the other: where Roku is down, the first one finds out.
    /// Names the messages that are to come again.
    pub async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in &batch.records {
            if let Some(id) = self.take(message).await {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = id;
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    /// Works off one message. Gives its id if it is to come again.
    async fn take(&self, message: &SqsMessage) -> Option<String> {
        let body = message.body.as_deref().unwrap_or_default();
        let cause = self.answer(body).await.err()?;
        let received = message.attributes.get("ApproximateReceiveCount");
        let received = received.and_then(|count| count.parse().ok()).unwrap_or(1);
        let pause = backoff(received).max(cause.again_in());
        if received >= MAX_RECEIVES {
            tracing::error!(%cause, question = body, "question given up: it is a dead letter now");
        } else {
            tracing::warn!(%cause, received, pause_s = pause.as_secs(), "question put off");
        }
        let handle = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(error) = self.retries.again_in(handle, pause).await {
            tracing::warn!(error = error.with_causes(), "pause not set; the queue's own applies");
        }
        Some(message.message_id.clone().unwrap_or_default())
    }

    async fn answer(&self, body: &str) -> Result<(), NotDone> {
        let subject = Subject::from_message(body).ok_or(NotDone::Unreadable)?;
        let (Some(id), Some(kind)) = (subject.publisher(), subject.kind()) else {
            return Err(NotDone::Unreadable);
        };
        let publisher = self.publishers.find(&id).await?.ok_or(NotDone::NoPublisher(id))?;
        match kind {
            Kind::Receipt => self.receipt(&publisher, &subject).await,
            Kind::Account => self.account(&publisher, &subject).await,
        }
    }

    /// Settles a receipt, unless somebody has.
    async fn receipt(&self, publisher: &Publisher, subject: &Subject) -> Result<(), NotDone> {
        let Some(receipt) = self.receipts.due(subject).await? else { return Ok(()) };
        let turn = self.verification.turn(&publisher.id).await.map_err(Unverified::from)?;
        self.verification.settle(publisher, &receipt, turn).await?;
        Ok(())
    }

    /// Asks about each purchase of an account that is due, unless news came meanwhile.
    async fn account(&self, publisher: &Publisher, subject: &Subject) -> Result<(), NotDone> {
        let Some((account, waiting)) = self.accounts.due(subject).await? else { return Ok(()) };
        let now = self.clock.now();
        let due = account.due(now).map(|(id, purchase)| purchase.transaction(id).to_owned());
        let due: Vec<String> = due.collect();
        if due.is_empty() {
            return Ok(self.due.move_to(&waiting, account.ask_roku_at()).await?);
        }
        for transaction in &due {
            self.verification.look(publisher, transaction).await?;
        }
        self.put_off_what_is_still_due(subject).await
    }

    /// What Roku does not know, or says is another account's, is asked about again in a day.
    async fn put_off_what_is_still_due(&self, subject: &Subject) -> Result<(), NotDone> {
        let Some((account, waiting)) = self.accounts.due(subject).await? else { return Ok(()) };
        let now = self.clock.now();
        let unanswered: Vec<_> = account.due(now).map(|(id, _)| id.as_str()).collect();
        if !unanswered.is_empty() {
            tracing::warn!(?unanswered, "Roku does not know these purchases of an account");
            self.due.move_to(&waiting, account.ask_again_at(now)).await?;
        }
        Ok(())
    }
}
