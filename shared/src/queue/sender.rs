//! Sending questions.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::QueueError;

/// SQS takes no more in one call.
const BATCH: usize = 10;
/// SQS keeps a message back for no longer.
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// Sends messages to the queue (`sqs:SendMessage`).
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    queue_url: String,
}

/// Messages that the queue did not take, as far as we know: where the answer was lost they may come
/// all the same.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take {} messages", .indexes.len())]
pub struct NotAccepted {
    /// Which of the messages that were to be sent, from 0, ascending.
    pub indexes: Vec<usize>,
    /// Why the first of them was not taken.
    #[source]
    pub cause: QueueError,
}

impl Sender {
    /// A sender to the queue.
    pub fn new(client: &Client, queue_url: &str) -> Self {
        Self { client: client.clone(), queue_url: queue_url.to_owned() }
    }

    /// Sends one message, to be received at once.
    ///
    /// # Errors
    /// [`QueueError`] when SQS did not take it.
    pub async fn send(&self, body: &str) -> Result<(), QueueError> {
        let request = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        request.send().await.map(drop).map_err(QueueError::unavailable)
    }

    /// Sends any number of messages, each to be received after its delay, which is in whole seconds
    /// and at most 15 minutes: longer ones are cut. Ten of them must fit into the 1 MiB of a call.
    /// After a call that failed no other is made.
    ///
    /// # Errors
    /// [`NotAccepted`] tells which messages were not taken; all others were.
    pub async fn send_spread(&self, messages: &[(String, Duration)]) -> Result<(), NotAccepted> {
        let mut indexes = Vec::new();
        let mut first_cause = None;
        for (begin, batch) in (0..).step_by(BATCH).zip(messages.chunks(BATCH)) {
            match self.send_batch(batch).await {
                Ok(answer) => {
                    for (position, code) in not_taken(&answer, batch.len()) {
                        indexes.push(begin + position);
                        first_cause.get_or_insert(QueueError::NotTaken(code));
                    }
                }
                Err(cause) => {
                    indexes.extend(begin..messages.len());
                    first_cause.get_or_insert(cause);
                    break;
                }
            }
        }
        first_cause.map_or(Ok(()), |cause| Err(NotAccepted { indexes, cause }))
    }

    async fn send_batch(
        &self,
        batch: &[(String, Duration)],
    ) -> Result<SendMessageBatchOutput, QueueError> {
        let entries = batch.iter().enumerate().map(|(position, (body, delay))| {
            let entry = SendMessageBatchRequestEntry::builder().id(position.to_string());
            entry.message_body(body).delay_seconds(delay_seconds(*delay)).build()
        });
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(QueueError::unavailable)?;
        let request = self.client.send_message_batch().queue_url(&self.queue_url);
        request.set_entries(Some(entries)).send().await.map_err(QueueError::unavailable)
    }
}

/// Which messages of a batch SQS does not say that it took, and the code that it gives for each.
fn not_taken(answer: &SendMessageBatchOutput, sent: usize) -> Vec<(usize, String)> {
    let is_taken = |id: &str| answer.successful().iter().any(|entry| entry.id() == id);
    let code = |id: &str| {
        let entry = answer.failed().iter().find(|entry| entry.id() == id);
        entry.map_or("no answer", |entry| entry.code()).to_owned()
    };
    let ids = (0..sent).map(|position| (position, position.to_string()));
    ids.filter(|(_, id)| !is_taken(id)).map(|(position, id)| (position, code(&id))).collect()
}

/// A delay as SQS takes it.
fn delay_seconds(delay: Duration) -> i32 {
    i32::try_from(delay.min(LONGEST_DELAY).as_secs()).unwrap_or(i32::MAX)
}
