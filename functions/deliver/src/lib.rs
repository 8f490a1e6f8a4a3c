//! The worker of the webhooks. Two kinds of messages are on its queue: an event is written down as a
//! delivery to each endpoint that takes it, and a delivery is attempted.
//!
//! When a delivery is tried again is kept with it, and its message comes again then. A message may
//! come twice: a delivery that has arrived, or is being attempted, is left alone. An endpoint may be
//! sent the same event twice all the same, where we die between its answer and our note of it; it
//! knows the event by its id.

mod attempt;
mod fan_out;

use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use usher::clock::Clock;
use usher::config::Config;
use usher::queue::{Backoff, QueueError, Retries, Sender};
use usher::secrets::{SecretError, Secrets};
use usher::store::StoreError;
use usher::store::customers::Customers;
use usher::store::webhooks::{Deliveries, Endpoints};
use usher::webhooks::{Courier, QueueMessage};

/// The longest that a batch takes: its messages are worked on at the same time, and a receiver has
/// [`usher::webhooks::TIMEOUT`]. The rest is for the calls around it.
pub const DEADLINE: Duration = Duration::from_secs(45);

/// The worker, and all that it may do: read and note about endpoints, write the delivery log, read
/// customers and the secrets of webhooks, send and put off messages of its queue.
#[derive(Debug)]
pub struct Deliver {
    endpoints: Endpoints,
    deliveries: Deliveries,
    customers: Customers,
    secrets: Secrets,
    courier: Courier,
    queue: Sender,
    retries: Retries,
    clock: Clock,
}

/// What becomes of a message that was worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// It is not needed any more.
    Off,
    /// It is to come again at this moment, which is no fault.
    Until(Timestamp),
}

/// Why a message could not be worked on. Nobody's data is in it.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("the message is neither an event nor a delivery")]
    Unreadable,
    #[error("store failed: {}", .0.with_causes())]
    Store(#[from] StoreError),
    #[error("{0}")]
    Secret(#[from] SecretError),
    #[error("message not sent: {}", .0.with_causes())]
    Queue(#[from] QueueError),
    #[error("the event cannot be written: {0}")]
    Unwritable(String),
    #[error("it took longer than {} s", DEADLINE.as_secs())]
    TooLong,
}

impl Deliver {
    /// The worker over the stack's table, secrets and queue.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            endpoints: Endpoints::new(&config.table),
            deliveries: Deliveries::new(&config.table),
            customers: Customers::new(&config.table),
            secrets: Secrets::new(config),
            courier: Courier::new(config.webhook_reach)?,
            queue: Sender::new(&config.sqs, &config.queues.webhooks),
            retries: Retries::new(&config.sqs, &config.queues.webhooks),
            clock: config.clock.clone(),
        })
    }

    /// Works off a batch, all messages at the same time: an endpoint that is slow holds up nobody
    /// else's. Names the messages that are to come again.
    pub async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let worked = join_all(batch.records.iter().map(|message| self.take(message))).await;
        let mut response = SqsBatchResponse::default();
        for (message, is_done) in batch.records.iter().zip(worked) {
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
        // On the heap: a batch of them would not fit on the stack of a thread.
        let worked = tokio::time::timeout(DEADLINE, Box::pin(self.work(body))).await;
        match worked.unwrap_or(Err(NotDone::TooLong)) {
            Ok(Done::Off) => true,
            Ok(Done::Until(moment)) => {
                self.put_off(message, until(moment, self.clock.now())).await;
                false
            }
            Err(cause) => {
                let received = message.attributes.get("ApproximateReceiveCount");
                let received = received.and_then(|count| count.parse().ok()).unwrap_or(1);
                if received >= Backoff::WEBHOOKS.max_receives() {
                    tracing::error!(%cause, "webhook given up after this: a dead letter");
                } else {
                    tracing::warn!(%cause, received, "webhook put off");
                }
                self.put_off(message, Backoff::WEBHOOKS.pause_after(received)).await;
                false
            }
        }
    }

    async fn work(&self, body: &str) -> Result<Done, NotDone> {
        match QueueMessage::parse(body).ok_or(NotDone::Unreadable)? {
            QueueMessage::Event(message) => self.fan_out(*message).await,
            QueueMessage::Delivery { publisher, endpoint, delivery } => {
                self.attempt(&publisher, &endpoint, &delivery).await
            }
        }
    }

    async fn put_off(&self, message: &SqsMessage, pause: Duration) {
        let handle = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(error) = self.retries.again_in(handle, pause).await {
            tracing::warn!(error = error.with_causes(), "pause not set; the queue's own applies");
        }
    }
}

/// How long it is until a moment, in seconds that have begun.
fn until(moment: Timestamp, now: Timestamp) -> Duration {
    let left = moment.duration_since(now).max(SignedDuration::ZERO);
    let begun = u64::from(left.subsec_nanos() > 0);
    Duration::from_secs(left.unsigned_abs().as_secs() + begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_not_before_its_moment() {
        let now: Timestamp = "2026-03-01T12:00:00.4Z".parse().unwrap();
        for (moment, seconds) in [
            ("2026-03-01T12:00:00Z", 0),
            ("2026-03-01T12:00:00.4Z", 0),
            ("2026-03-01T12:00:05Z", 5),
            ("2026-03-01T12:00:05.4Z", 5),
            ("2026-03-01T12:00:05.5Z", 6),
        ] {
            let pause = until(moment.parse().unwrap(), now);
            assert_eq!(pause, Duration::from_secs(seconds), "{moment}");
        }
    }
}
