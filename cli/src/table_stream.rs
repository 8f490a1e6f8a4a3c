//! The stream of the table, read as Lambda reads it: records that fit the template's filter are handed
//! to the function in batches, and after a failure it goes on with the record that failed.
//!
//! Unlike Lambda's, it has one shard and one reader, and never gives a record up: whoever runs a stack
//! on one machine sees what is wrong in the log.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::DisplayErrorContext;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use publish::Publish;
use tokio::sync::Mutex;
use usher::config::Config;

use crate::dynamodb::TABLE;
use crate::event_pattern::Patterns;
use crate::kept::{Kept, KeptError};
use crate::stream_record::as_lambda_passes_it;
use crate::template::{Template, TemplateError};

/// How many records are read at once.
const PAGE: i32 = 1_000;

/// The stream, and the function that reads it.
#[derive(Debug)]
pub struct TableStream {
    client: Client,
    publish: Publish,
    patterns: Patterns,
    batch_size: usize,
    kept: Arc<Kept>,
    /// One reader at a time.
    reading: Mutex<()>,
}

/// Why the stream was not read to its end.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error("the stream cannot be read: {0}")]
    Unavailable(String),
    #[error(transparent)]
    Kept(#[from] KeptError),
    #[error("a record of the stream is of another form: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the function did not publish a record")]
    NotPublished,
}

impl NotRead {
    fn unavailable(error: impl std::error::Error) -> Self {
        Self::Unavailable(DisplayErrorContext(error).to_string())
    }
}

/// A record as Lambda passes it, and whether it passes it.
struct Passed {
    sequence_number: String,
    record: Option<EventRecord>,
}

impl TableStream {
    /// The stream of the stack's table, from where it was left the last time.
    ///
    /// # Errors
    /// When the template says it in a way that is not understood.
    pub fn new(
        config: &Config,
        client: Client,
        template: &Template,
        kept: Arc<Kept>,
    ) -> Result<Self, TemplateError> {
        let source = template.stream_source()?;
        Ok(Self {
            client,
            publish: Publish::new(config),
            patterns: Patterns::read(&source.filter_criteria)?,
            batch_size: source.batch_size,
            kept,
            reading: Mutex::default(),
        })
    }

    /// Publishes what is in the stream, to its end or to the first record that does not leave. Says
    /// whether it came to the end.
    pub async fn publish(&self) -> bool {
        let _reading = self.reading.lock().await;
        match self.read().await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "events have not left; the next tick is the next try");
                false
            }
        }
    }

    /// Does so again and again.
    pub(crate) fn publish_every(self: Arc<Self>, pause: Duration) {
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                self.publish().await;
            }
        });
    }

    async fn read(&self) -> Result<(), NotRead> {
        let mut iterator = self.iterator().await?;
        while let Some(from) = iterator {
            let request = self.client.get_records().shard_iterator(from).limit(PAGE);
            let page = request.send().await.map_err(NotRead::unavailable)?;
            let records = page.records.unwrap_or_default();
            iterator = page.next_shard_iterator.filter(|_| !records.is_empty());
            let passed = records.into_iter().map(|record| self.pass(record));
            self.hand_over(passed.collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }

    /// Where the stream was left; none where the table has no stream.
    async fn iterator(&self) -> Result<Option<String>, NotRead> {
        let streams = self.client.list_streams().table_name(TABLE).send().await;
        let streams = streams.map_err(NotRead::unavailable)?.streams.unwrap_or_default();
        let Some(arn) = streams.into_iter().next().and_then(|stream| stream.stream_arn) else {
            return Ok(None);
        };
        let shards = self.client.describe_stream().stream_arn(&arn).send().await;
        let stream = shards.map_err(NotRead::unavailable)?.stream_description;
        let shard = stream.and_then(|stream| stream.shards?.into_iter().next()?.shard_id);
        let request = self.client.get_shard_iterator().stream_arn(arn).set_shard_id(shard);
        let left = self.kept.read(|kept| kept.stream_read_through.clone());
        let request = match left {
            None => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Some(number) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(number),
        };
        let answer = request.send().await.map_err(NotRead::unavailable)?;
        Ok(answer.shard_iterator)
    }

    /// A record in the form in which Lambda passes it.
    fn pass(&self, record: Record) -> Result<Passed, NotRead> {
        let change = record.dynamodb.as_ref();
        let sequence_number = change.and_then(|change| change.sequence_number.clone());
        let sequence_number = sequence_number.unwrap_or_default();
        let record = as_lambda_passes_it(record);
        let record = self.patterns.fit(&record).then(|| serde_json::from_value(record));
        Ok(Passed { sequence_number, record: record.transpose()? })
    }

    /// Hands records to the function, in batches.
    async fn hand_over(&self, passed: Vec<Passed>) -> Result<(), NotRead> {
        let mut batch = Vec::new();
        let mut read_through = None;
        for Passed { sequence_number, record } in passed {
            batch.extend(record);
            read_through = Some(sequence_number);
            if batch.len() == self.batch_size {
                self.hand_over_batch(std::mem::take(&mut batch)).await?;
            }
        }
        self.hand_over_batch(batch).await?;
        read_through.map_or(Ok(()), |number| self.keep(number))
    }

    async fn hand_over_batch(&self, records: Vec<EventRecord>) -> Result<(), NotRead> {
        let number = |record: &EventRecord| record.change.sequence_number.clone();
        let numbers: Vec<_> = records.iter().map(number).collect();
        let mut batch = Event::default();
        batch.records = records;
        let failed = self.publish.handle(batch).await.batch_item_failures;
        // Lambda goes on with the first that failed, whatever came after it.
        let first = failed.iter().filter_map(|failure| {
            numbers.iter().position(|number| *number == failure.item_identifier)
        });
        let first = first.min();
        let done = &numbers[..first.unwrap_or(numbers.len())];
        if let Some(last) = done.last().cloned().flatten() {
            self.keep(last)?;
        }
        first.map_or(Ok(()), |_| Err(NotRead::NotPublished))
    }

    fn keep(&self, read_through: String) -> Result<(), NotRead> {
        self.kept.change(|kept| {
            kept.stream_read_through = Some(read_through);
            Ok(())
        })
    }
}
