//! The stream of the table: what changed leaves as events.
//!
//! The stream is the outbox's reader: each record of it has an item before and after a write, and what
//! the item says after it and did not say before goes on the bus ([`usher::store::outbox`]). Nothing
//! is written, so a record that comes again is told again, under the same ids.
//!
//! The records of an item come in order, and while one of them cannot leave no later one does: a batch
//! ends at the first failure, and Lambda goes on from there. That is for what passes, a bus that does
//! not answer for one. A record that cannot be read never will be, by this version: it would hold up
//! whatever else is in its part of the stream until it is too old. So the function puts it aside
//! itself, as a dead letter with its events in it, and goes on. What Lambda puts there when a record
//! has grown too old names a place in the stream and holds no event.

use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use tokio::time::Instant;
use usher::clock::Clock;
use usher::config::Config;
use usher::domain::event::Detail;
use usher::domain::event::message::EventMessage;
use usher::domain::id::PublisherId;
use usher::event_bus::{EventBus, NotTaken};
use usher::queue::{QueueError, Sender};
use usher::store::StoreError;
use usher::store::outbox::Leaving;
use usher::store::publishers::Publishers;

mod dead_letter;

/// How long a batch is worked on; what is left of it comes again.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The publisher of events, and all that it may do: know publishers, put events on the bus, and put
/// aside what cannot be read.
#[derive(Debug)]
pub struct Publish {
    publishers: Publishers,
    bus: EventBus,
    dead_letters: Sender,
    clock: Clock,
}

/// Why what a record has to tell cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// Not now: it may be the next time.
    #[error("publishers cannot be read")]
    Unavailable(#[source] StoreError),
    /// The record is not as this program writes it. Trying again does not help.
    #[error(transparent)]
    Unreadable(StoreError),
    /// It is of a publisher that is not there. Trying again does not help.
    #[error("there is no publisher {0}")]
    NoPublisher(PublisherId),
}

/// Why a record is to come again.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error(transparent)]
    Untold(#[from] Untold),
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("an unreadable record cannot be put aside")]
    NotPutAside(#[from] QueueError),
    #[error("there was no time left for it")]
    NoTime,
}

/// What leaves the stack with a record of the stream, in its order; nothing, with most records.
///
/// # Errors
/// [`Untold`].
pub async fn details_of(
    record: &EventRecord,
    publishers: &Publishers,
) -> Result<Vec<Detail>, Untold> {
    let Some(leaving) = Leaving::read(&record.change).map_err(Untold::Unreadable)? else {
        return Ok(Vec::new());
    };
    let id = leaving.publisher();
    let publisher = publishers.find(id).await.map_err(Untold::Unavailable)?;
    let publisher = publisher.ok_or_else(|| Untold::NoPublisher(id.clone()))?;
    Ok(leaving.details(&publisher))
}

/// What webhooks are told of a record of the stream, for whoever listens without a bus.
///
/// # Errors
/// [`Untold`].
pub async fn messages_of(
    record: &EventRecord,
    publishers: &Publishers,
) -> Result<Vec<EventMessage>, Untold> {
    let details = details_of(record, publishers).await?;
    Ok(details.into_iter().filter_map(|detail| detail.event).collect())
}

impl Publish {
    /// The publisher of what changes in the stack's table, on the stack's bus.
    pub fn new(config: &Config) -> Self {
        Self {
            publishers: Publishers::new(&config.table),
            bus: EventBus::new(&config.eventbridge, &config.event_bus_name),
            dead_letters: Sender::new(&config.sqs, &config.queues.publish_dead_letters),
            clock: config.clock.clone(),
        }
    }

    /// Publishes a batch, one record after the other. Names the first that is to come again, if there
    /// is one; none after it has left.
    pub async fn handle(&self, batch: Event) -> DynamoDbEventResponse {
        let began = Instant::now();
        let mut response = DynamoDbEventResponse::default();
        for record in &batch.records {
            let is_in_time = began.elapsed() < DEADLINE;
            let done = if is_in_time { self.publish(record).await } else { Err(NotDone::NoTime) };
            if let Err(cause) = done {
                let cause = with_causes(&cause);
                tracing::warn!(cause, record = record.event_id, "events not published yet");
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier.clone_from(&record.change.sequence_number);
                response.batch_item_failures.push(failure);
                break;
            }
        }
        response
    }

    async fn publish(&self, record: &EventRecord) -> Result<(), NotDone> {
        let details = match details_of(record, &self.publishers).await {
            Err(why @ (Untold::Unreadable(_) | Untold::NoPublisher(_))) => {
                return Ok(self.put_aside(record, &why).await?);
            }
            details => details?,
        };
        if details.is_empty() {
            return Ok(());
        }
        let put = self.bus.put(&details).await;
        let refused = put.as_ref().map_or_else(|error| error.indexes.len(), |()| 0);
        metrics::counter!("EventsPublished").increment((details.len() - refused) as u64);
        put?;
        metrics::histogram!("EventAge").record(self.age_s(record));
        Ok(())
    }

    async fn put_aside(&self, record: &EventRecord, why: &Untold) -> Result<(), QueueError> {
        let why = why.to_string();
        self.dead_letters.send(&dead_letter::of(record, &why)).await?;
        metrics::counter!("EventsUnreadable").increment(1);
        tracing::error!(why, record = record.event_id, "a record of events is a dead letter");
        Ok(())
    }

    /// How long ago the item was written.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few hours")]
    fn age_s(&self, record: &EventRecord) -> f64 {
        let written = record.change.approximate_creation_date_time.timestamp_millis();
        (self.clock.now().as_millisecond() - written).max(0) as f64 / 1_000.0
    }
}

/// An error and its causes, for the log.
fn with_causes(error: &NotDone) -> String {
    match error {
        NotDone::Untold(Untold::Unavailable(cause)) => cause.with_causes(),
        NotDone::NotTaken(cause) => cause.with_causes(),
        NotDone::NotPutAside(cause) => cause.with_causes(),
        NotDone::Untold(_) | NotDone::NoTime => error.to_string(),
    }
}
