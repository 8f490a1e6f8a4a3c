//! Putting off a question that was received and could not be answered.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;

use super::QueueError;

/// SQS lets a message be in flight for twelve hours, counted from its receipt; a receiver that
/// asked for all of them would be refused. Lambda works on a message for a quarter of an hour at
/// most.
const LONGEST_PAUSE: Duration = Duration::from_secs(43_200 - 900);

/// Says when received messages come again (`sqs:ChangeMessageVisibility`).
#[derive(Debug, Clone)]
pub struct Retries {
    client: Client,
    queue_url: String,
}

impl Retries {
    /// The retries of the queue.
    pub fn new(client: &Client, queue_url: &str) -> Self {
        Self { client: client.clone(), queue_url: queue_url.to_owned() }
    }

    /// Lets the message that was received with this handle come again after a pause, in whole
    /// seconds from now; at once after none. Pauses beyond 11 h 45 min are cut.
    ///
    /// # Errors
    /// [`QueueError::NotInFlight`] when the handle is worth nothing any more, else
    /// [`QueueError::Unavailable`]. Either way the message comes again when the queue's own time
    /// for it is up.
    pub async fn again_in(&self, receipt_handle: &str, delay: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(delay.min(LONGEST_PAUSE).as_secs()).unwrap_or(i32::MAX);
        let request = self.client.change_message_visibility().queue_url(&self.queue_url);
        let request = request.receipt_handle(receipt_handle).visibility_timeout(seconds);
        request.send().await.map(drop).map_err(failure)
    }
}

fn failure<R>(error: SdkError<ChangeMessageVisibilityError, R>) -> QueueError
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let is_over = error.as_service_error().is_some_and(|refusal| {
        // SQS calls a handle whose time is up an invalid parameter; the others are ours and valid.
        refusal.is_message_not_inflight()
            || refusal.is_receipt_handle_is_invalid()
            || refusal.code() == Some("InvalidParameterValue")
    });
    if is_over { QueueError::NotInFlight(Box::new(error)) } else { QueueError::unavailable(error) }
}
