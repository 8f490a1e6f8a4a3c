//! What AWS does with the functions that nobody calls: the schedule runs `reconcile`, and the queues
//! hand their messages to `verify` and `deliver`, in batches, and delete those that were worked off.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use deliver::Deliver;
use futures_util::future::join_all;
use reconcile::Reconcile;
use usher::config::{Config, QueueUrls};
use verify::Verify;

use crate::stack::StackError;

/// How many messages a worker is handed at once, as the template says.
pub const BATCH: i32 = 5;
/// How many workers run for each queue, as the template says.
const WORKERS: usize = 10;

/// How many messages the worker of the webhooks is handed at once, as the template says.
pub const WEBHOOKS_BATCH: i32 = 10;

/// The schedule and the workers.
#[derive(Debug)]
pub struct Background {
    reconcile: Reconcile,
    verify: Verify,
    deliver: Deliver,
    sqs: aws_sdk_sqs::Client,
    queues: QueueUrls,
}

impl Background {
    /// Over the stack's table and queue.
    ///
    /// # Errors
    /// When a handler cannot be made.
    pub fn new(config: &Config) -> Result<Arc<Self>, StackError> {
        Ok(Arc::new(Self {
            reconcile: Reconcile::new(config).map_err(StackError::Handler)?,
            verify: Verify::new(config).map_err(StackError::Handler)?,
            deliver: Deliver::new(config).map_err(StackError::Handler)?,
            sqs: config.sqs.clone(),
            queues: config.queues.clone(),
        }))
    }

    /// Runs the schedule once, and then the workers until nothing is left that may be received now.
    pub async fn tick(&self) {
        // The function has told its own log what is wrong; the next tick is the next try.
        drop(self.reconcile.run().await);
        self.work_off().await;
    }

    /// Runs the workers until nothing is left that may be received now.
    pub async fn work_off(&self) {
        tokio::join!(self.empty(&self.queues.receipts), self.empty(&self.queues.accounts));
        self.deliver().await;
    }

    /// Runs the worker of the webhooks until nothing is left that may be received now.
    pub(crate) async fn deliver(&self) {
        self.empty(&self.queues.webhooks).await;
    }

    async fn empty(&self, queue_url: &str) {
        // What a handler keeps while it waits is too much for the stack of a test's thread.
        let batch = || Box::pin(self.work_off_a_batch(queue_url));
        // One looks whether there is anything, and the others come where there was.
        while batch().await {
            join_all((1..WORKERS).map(|_| batch())).await;
        }
    }

    /// Runs all of them again and again; none waits for another.
    pub(crate) fn tick_every(self: Arc<Self>, pause: Duration) {
        let workers = Arc::clone(&self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                drop(self.reconcile.run().await);
            }
        });
        // Receivers may take their time, and Roku's customers do not wait for that.
        let webhooks = Arc::clone(&workers);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Background { queues, .. } = workers.as_ref();
                tokio::join!(workers.empty(&queues.receipts), workers.empty(&queues.accounts));
            }
        });
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                webhooks.deliver().await;
            }
        });
    }

    /// Says whether there was anything to work off.
    async fn work_off_a_batch(&self, queue_url: &str) -> bool {
        let request = self.sqs.receive_message().queue_url(queue_url);
        let request = request
            .max_number_of_messages(self.batch_of(queue_url))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let received = match request.send().await {
            Ok(answer) => answer.messages.unwrap_or_default(),
            Err(error) => {
                tracing::error!(%error, "queue not read");
                return false;
            }
        };
        let mut batch = SqsEvent::default();
        batch.records =
            received.iter().map(|message| as_lambda_passes_it(message, queue_url)).collect();
        let failed = self.handle(batch, queue_url).await.batch_item_failures;
        let is_done = |message: &&Message| {
            failed
                .iter()
                .all(|failure| Some(&failure.item_identifier) != message.message_id.as_ref())
        };
        for message in received.iter().filter(is_done) {
            let request = self.sqs.delete_message().queue_url(queue_url);
            let request = request.set_receipt_handle(message.receipt_handle.clone());
            if let Err(error) = request.send().await {
                tracing::error!(%error, "message not deleted: it comes again");
            }
        }
        !received.is_empty()
    }
}

impl Background {
    fn batch_of(&self, queue_url: &str) -> i32 {
        if queue_url == self.queues.webhooks { WEBHOOKS_BATCH } else { BATCH }
    }

    async fn handle(&self, batch: SqsEvent, queue_url: &str) -> SqsBatchResponse {
        if queue_url == self.queues.webhooks {
            return Box::pin(self.deliver.handle(batch)).await;
        }
        Box::pin(self.verify.handle(batch)).await
    }
}

fn as_lambda_passes_it(received: &Message, queue_url: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    let name = queue_url.rsplit('/').next().unwrap_or_default();
    message.event_source_arn = Some(format!("arn:aws:sqs:us-east-1:000000000000:{name}"));
    message.message_id.clone_from(&received.message_id);
    message.receipt_handle.clone_from(&received.receipt_handle);
    message.body.clone_from(&received.body);
    let attributes = received.attributes.iter().flatten();
    message.attributes =
        attributes.map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect();
    message
}
