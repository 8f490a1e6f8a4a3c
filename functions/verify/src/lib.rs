//! The queue's worker: asks Roku about one receipt or account for each message, keeps what it says,
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
use usher::queue::{Retries, Schedule};
use usher::roku;
use usher::roku::error::RokuError;
use usher::roku::questions::Asker;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::due::{Due, Kind, Subject};
use usher::store::publishers::Publishers;
use usher::store::receipts::Receipts;
use usher::store::turns::Share;
use usher::verification::{Unverified, Verification};

/// How long a batch is worked on; what is left of it comes again.
const DEADLINE: Duration = Duration::from_secs(60);

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
    verification: Verification,
    retries: Retries,
    schedule: Schedule,
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
        let http = roku::http_client()?;
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
                Schedule::RECEIPTS,
            )?,
            of_accounts: Lane::new(
                config,
                &http,
                Share::Workers,
                &config.queues.accounts,
                Schedule::ACCOUNTS,
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
            let is_done = began.elapsed() < DEADLINE && self.take(message).await;
            if !is_done {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message.message_id.clone().unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    /// Works off one message. Says whether it is done; if not, it comes again.
    async fn take(&self, message: &SqsMessage) -> bool {
        let body = message.body.as_deref().unwrap_or_default();
        let subject = Subject::from_message(body);
        let lane = match subject.as_ref().and_then(Subject::kind) {
            Some(Kind::Receipt) => &self.of_receipts,
            Some(Kind::Account) | None => &self.of_accounts,
        };
        let Err(cause) = self.answer(subject.as_ref(), lane).await else { return true };
        let received = message.attributes.get("ApproximateReceiveCount");
        let received = received.and_then(|count| count.parse().ok()).unwrap_or(1);
        let pause = lane.schedule.pause_after(received).max(cause.again_in());
        if received >= lane.schedule.max_receives() {
            tracing::error!(%cause, question = body, "question given up: it is a dead letter now");
        } else {
            tracing::warn!(%cause, received, pause_s = pause.as_secs(), "question put off");
        }
        let handle = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(error) = lane.retries.again_in(handle, pause).await {
            tracing::warn!(error = error.with_causes(), "pause not set; the queue's own applies");
        }
        false
    }

    async fn answer(&self, subject: Option<&Subject>, lane: &Lane) -> Result<(), NotDone> {
        let subject = subject.ok_or(NotDone::Unreadable)?;
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
        let Some((account, waiting)) = self.accounts.due(subject).await? else { return Ok(()) };
        let now = self.clock.now();
        let due = account.due(now).map(|(id, purchase)| purchase.transaction(id).to_owned());
        let due: Vec<String> = due.collect();
        if due.is_empty() {
            return Ok(self.due.move_to(&waiting, account.ask_roku_at()).await?);
        }
        let mut answers = Ok(());
        for transaction in &due {
            let looked = lane.verification.look(publisher, transaction).await;
            answers = answers.and(looked.map(drop));
        }
        answers?;
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

impl Lane {
    fn new(
        config: &Config,
        http: &reqwest::Client,
        share: Share,
        queue_url: &str,
        schedule: Schedule,
    ) -> Result<Self, RokuError> {
        Ok(Self {
            verification: Verification::new(config, http.clone(), share, Asker::Queue)?,
            retries: Retries::new(&config.sqs, queue_url),
            schedule,
        })
    }
}
