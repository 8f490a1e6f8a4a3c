//! What the operator asks of the queue.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde::Deserialize;

use super::QueueError;

/// What [`Inspector`] reads of a queue.
const ATTRIBUTES: [QueueAttributeName; 4] = [WAITING, DELAYED, IN_FLIGHT, REDRIVE];
const WAITING: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessages;
const DELAYED: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
const IN_FLIGHT: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
const REDRIVE: QueueAttributeName = QueueAttributeName::RedrivePolicy;

/// Tells how the queue stands, and brings back what was given up (`sqs:GetQueueAttributes` and
/// `sqs:GetQueueUrl` for both queues, and what `sqs:StartMessageMoveTask` wants besides).
#[derive(Debug, Clone)]
pub struct Inspector {
    client: Client,
    queue_url: String,
}

/// How many messages are where. SQS counts approximately. The age of the oldest is told by
/// CloudWatch alone (`ApproximateAgeOfOldestMessage`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueState {
    /// May be received now.
    pub waiting: u64,
    /// Sent, and kept back until their delay is over.
    pub delayed: u64,
    /// Received and neither deleted nor due again: being asked, or pausing.
    pub in_flight: u64,
    /// Given up: all that the dead-letter queue holds.
    pub dead_letters: u64,
}

/// The attribute `RedrivePolicy`.
#[derive(Deserialize)]
struct RedrivePolicy {
    #[serde(rename = "deadLetterTargetArn")]
    dead_letter_queue: String,
}

type Attributes = HashMap<QueueAttributeName, String>;

impl Inspector {
    /// An inspector of the queue.
    pub fn new(client: &Client, queue_url: &str) -> Self {
        Self { client: client.clone(), queue_url: queue_url.to_owned() }
    }

    /// How many messages are where.
    ///
    /// # Errors
    /// [`QueueError`] when one of the two queues does not tell.
    pub async fn state(&self) -> Result<QueueState, QueueError> {
        let queue = self.attributes(&self.queue_url).await?;
        let arn = dead_letter_queue(&queue)?;
        let dead = self.attributes(&self.url_of(&arn).await?).await?;
        Ok(QueueState {
            waiting: count(&queue, WAITING)?,
            delayed: count(&queue, DELAYED)?,
            in_flight: count(&queue, IN_FLIGHT)?,
            dead_letters: count(&dead, WAITING)?
                + count(&dead, DELAYED)?
                + count(&dead, IN_FLIGHT)?,
        })
    }

    /// Begins to move all dead letters back to the queue, where they count as new. SQS takes its
    /// time for it.
    ///
    /// # Errors
    /// [`QueueError`] when SQS does not begin, because it is still at it for one.
    pub async fn redrive(&self) -> Result<(), QueueError> {
        let arn = dead_letter_queue(&self.attributes(&self.queue_url).await?)?;
        let request = self.client.start_message_move_task().source_arn(arn);
        request.send().await.map(drop).map_err(QueueError::unavailable)
    }

    async fn attributes(&self, queue_url: &str) -> Result<Attributes, QueueError> {
        let request = self.client.get_queue_attributes().queue_url(queue_url);
        let request = request.set_attribute_names(Some(ATTRIBUTES.to_vec()));
        let answer = request.send().await.map_err(QueueError::unavailable)?;
        Ok(answer.attributes.unwrap_or_default())
    }

    /// The address of a queue of this account and region.
    async fn url_of(&self, arn: &str) -> Result<String, QueueError> {
        let name = arn.rsplit(':').next().unwrap_or(arn);
        let answer = self.client.get_queue_url().queue_name(name).send().await;
        let url = answer.map_err(QueueError::unavailable)?.queue_url;
        url.ok_or(QueueError::Untold("address"))
    }
}

/// The ARN of the dead-letter queue.
fn dead_letter_queue(queue: &Attributes) -> Result<String, QueueError> {
    let policy = queue.get(&REDRIVE).ok_or(QueueError::NoDeadLetterQueue)?;
    let policy = serde_json::from_str::<RedrivePolicy>(policy);
    policy.map(|policy| policy.dead_letter_queue).map_err(|_| QueueError::NoDeadLetterQueue)
}

fn count(queue: &Attributes, name: QueueAttributeName) -> Result<u64, QueueError> {
    let number = queue.get(&name).and_then(|number| number.parse().ok());
    number.ok_or(QueueError::Untold("number of messages"))
}
