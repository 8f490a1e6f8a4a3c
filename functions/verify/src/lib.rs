//! The worker of the two queues: asks Roku about one receipt or account for each message, keeps what it says,
//! and folds it in.
//!
//! A message that fails comes again by itself, later each time; after the last time it is a dead
//! letter. Nothing hangs on the queue alone: what waits for an answer also stands in the index `due`
//! (`usher::store::due`), where the function `reconcile` finds it.

use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use tokio::time::Instant;
use usher::clock::Clock;
use usher::config::Config;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::http;
use usher::queue::{Backoff, Retries};
use usher::roku::error::RokuError;
use usher::roku::questions::Asker;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::due::{Due, Kind, Subject};
use usher::store::publishers::Publishers;
use usher::store::receipts::Receipts;
use usher::store::turns::Share;
use usher::verification::{Unanswered, Verification};

/// How long a batch is worked on; what is left of it comes again.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The worker, and all that it may do: know publishers, read what is due, ask Roku, keep and fold
/// what it answers, and put off what it did not answer.
#[derive(Debug)]
pub struct Verify {
    publishers: Publishers,
    receipts: Receipts,
    accounts: Accounts,
    due: Due,
    of_receipts: Lane,
    of_accounts: Lane,
    clock: Clock,
}

/// What differs between the two queues: whose turns are taken, and how soon a message comes again.
#[derive(Debug)]
struct Lane {
    queue_url: String,
    verification: Verification,
    retries: Retries,
    backoff: Backoff,
}

/// Why a message was not worked off.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("the message is no question of ours")]
    Unreadable,
    #[error("there is no publisher {0}")]
    NoPublisher(PublisherId),
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error.into())
    }
}

impl NotDone {
    fn again_in(&self) -> Duration {
        match self {
            Self::Unanswered(Unanswered::NoAnswer(no)) => no.again_in(),
            Self::Unanswered(Unanswered::Store(_)) => Duration::ZERO,
            Self::Unreadable | Self::NoPublisher(_) => Duration::from_secs(60),
        }
    }
}

impl Verify {
    /// The worker over the stack's table, its queues, and Roku's web service.
    ///
    /// # Errors
    /// When the TLS library cannot be set up or Roku's address is none.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let http = http::client()?;
        Ok(Self {
            publishers: Publishers::new(&config.table),
            receipts: Receipts::new(&config.table),
            accounts: Accounts::new(&config.table),
            due: Due::new(&config.table),
            of_receipts: Lane::new(
                config,
                &http,
                Share::Receipts,
                &config.queues.receipts,
                Backoff::RECEIPTS,
            )?,
            of_accounts: Lane::new(
                config,
                &http,
                Share::Accounts,
                &config.queues.accounts,
                Backoff::ACCOUNTS,
            )?,
            clock: config.clock.clone(),
        })
    }

    /// Works off a batch, one message after the other: where Roku is down, the first ones find out.
    /// Names the messages that are to come again.
    pub async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let began = Instant::now();
        let mut response = SqsBatchResponse::default();
        for message in &batch.records {
            let lane = self.lane(message);
            let is_done = if began.elapsed() < DEADLINE {
                self.take(message, lane).await
            } else {
                lane.put_off(message, Duration::ZERO).await;
                false
            };
            if !is_done {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message.message_id.clone().unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    /// The queue that a message came from.
    fn lane(&self, message: &SqsMessage) -> &Lane {
        let name = |address: &str, slash| address.rsplit(slash).next().map(str::to_owned);
        let came_from = message.event_source_arn.as_deref().and_then(|arn| name(arn, ':'));
        let is_receipt = came_from == name(&self.of_receipts.queue_url, '/');
        if is_receipt { &self.of_receipts } else { &self.of_accounts }
    }

    /// Works off one message. Says whether it is done; if not, it comes again.
    async fn take(&self, message: &SqsMessage, lane: &Lane) -> bool {
        let body = message.body.as_deref().unwrap_or_default();
        let Err(cause) = self.answer(body, lane).await else { return true };
        let received = message.attributes.get("ApproximateReceiveCount");
        let received = received.and_then(|count| count.parse().ok()).unwrap_or(1);
        let pause = lane.backoff.pause_after(received).max(cause.again_in());
        if received >= lane.backoff.max_receives() {
            tracing::error!(%cause, question = body, "question given up after this: a dead letter");
        } else {
            tracing::warn!(%cause, received, pause_s = pause.as_secs(), "question put off");
        }
        lane.put_off(message, pause).await;
        false
    }

    async fn answer(&self, body: &str, lane: &Lane) -> Result<(), NotDone> {
        let subject = &Subject::from_message(body).ok_or(NotDone::Unreadable)?;
        let (Some(id), Some(kind)) = (subject.publisher(), subject.kind()) else {
            return Err(NotDone::Unreadable);
        };
        let publisher = self.publishers.find(&id).await?.ok_or(NotDone::NoPublisher(id))?;
        match kind {
            Kind::Receipt => self.receipt(&publisher, subject, lane).await,
            Kind::Account => self.account(&publisher, subject, lane).await,
        }
    }

    /// Settles a receipt, unless somebody has.
    async fn receipt(
        &self,
        publisher: &Publisher,
        subject: &Subject,
        lane: &Lane,
    ) -> Result<(), NotDone> {
        if let Some(receipt) = self.receipts.due(subject).await? {
            lane.verification.settle(publisher, &receipt).await?;
        }
        Ok(())
    }

    /// Asks about each purchase of an account that is due, unless news came meanwhile. One that gets
    /// no answer does not keep the others from theirs.
    async fn account(
        &self,
        publisher: &Publisher,
        subject: &Subject,
        lane: &Lane,
    ) -> Result<(), NotDone> {
        let now = self.clock.now();
        let found = self.accounts.due(subject, publisher, now).await?;
        let Some((account, waiting)) = found else { return Ok(()) };
        let due = account.due(now).map(|(id, purchase)| purchase.transaction(id).to_owned());
        let due: Vec<String> = due.collect();
        if due.is_empty() {
            return Ok(self.due.move_to(&waiting, account.ask_roku_at()).await?);
        }
        let mut answers = Ok(());
        for transaction in &due {
            let looked = lane.verification.look(publisher, transaction).await;
            answers = answers.and(match looked {
                // The answer is kept, and there is no room for what it adds up to.
                Err(Unanswered::Store(error @ StoreError::Refused(_))) => {
                    tracing::error!(error = error.with_causes(), "account not written");
                    Ok(())
                }
                looked => looked.map(drop),
            });
        }
        answers?;
        self.put_off_what_is_still_due(publisher, subject).await
    }

    /// What Roku does not know, or says is another account's, is asked about again: hourly on the
    /// first day, then daily, for sixty days.
    async fn put_off_what_is_still_due(
        &self,
        publisher: &Publisher,
        subject: &Subject,
    ) -> Result<(), NotDone> {
        let now = self.clock.now();
        let found = self.accounts.due(subject, publisher, now).await?;
        let Some((account, waiting)) = found else { return Ok(()) };
        let unanswered: Vec<_> = account.due(now).map(|(id, _)| id.as_str()).collect();
        if !unanswered.is_empty() {
            tracing::warn!(?unanswered, "Roku does not know these purchases of an account");
            self.due.move_to(&waiting, account.ask_again_at(now)).await?;
        }
        Ok(())
    }
}

impl Lane {
    fn new(
        config: &Config,
        http: &reqwest::Client,
        share: Share,
        queue_url: &str,
        backoff: Backoff,
    ) -> Result<Self, RokuError> {
        Ok(Self {
            queue_url: queue_url.to_owned(),
            verification: Verification::new(config, http.clone(), share, Asker::Queue)?,
            retries: Retries::new(&config.sqs, queue_url),
            backoff,
        })
    }

    async fn put_off(&self, message: &SqsMessage, pause: Duration) {
        let handle = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(error) = self.retries.again_in(handle, pause).await {
            tracing::warn!(error = error.with_causes(), "pause not set; the queue's own applies");
        }
    }
}
