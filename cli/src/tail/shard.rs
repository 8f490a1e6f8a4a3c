//! One shard of a stream, and how far it was read.

use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsError;
use aws_sdk_dynamodbstreams::operation::get_shard_iterator::GetShardIteratorError;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};

use super::{Begin, Stream, TailError};

/// How many records are read at once: the most that AWS gives.
const PAGE: i32 = 1_000;

/// A shard.
#[derive(Debug)]
pub(super) struct Shard {
    id: String,
    /// The shard that it continues.
    parent: Option<String>,
    place: Place,
    /// Where AWS goes on reading; for 15 minutes.
    iterator: Option<String>,
}

/// How far a shard was read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Begin(ShardIteratorType),
    After(String),
    End,
}

impl Shard {
    /// A shard of which nothing was read.
    pub(super) fn new(id: &str, parent: Option<&str>, begin: Begin) -> Self {
        let begin = match begin {
            Begin::Now => ShardIteratorType::Latest,
            Begin::Oldest => ShardIteratorType::TrimHorizon,
        };
        let parent = parent.map(str::to_owned);
        Self { id: id.to_owned(), parent, place: Place::Begin(begin), iterator: None }
    }

    /// The shard, with nothing more in it.
    pub(super) fn ended(self) -> Self {
        Self { place: Place::End, iterator: None, ..self }
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The shard that it continues.
    pub(super) fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// Whether it was read to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.place == Place::End
    }

    /// Finds the place where reading is to go on. For what begins now, now is when this is called.
    pub(super) async fn begin(&mut self, stream: &Stream) -> Result<(), TailError> {
        let request = stream.client.get_shard_iterator();
        let request = request.stream_arn(&stream.arn).shard_id(&self.id);
        let request = match &self.place {
            Place::Begin(kind) => request.shard_iterator_type(kind.clone()),
            Place::After(number) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(number),
            Place::End => return Ok(()),
        };
        match request.send().await {
            Ok(found) => self.go_on_at(found.shard_iterator),
            Err(error) => match error.as_service_error() {
                Some(GetShardIteratorError::ResourceNotFoundException(_)) => self.go_on_at(None),
                Some(GetShardIteratorError::TrimmedDataAccessException(_)) => self.begin_anew(),
                _ => return Err(TailError::unavailable(error)),
            },
        }
        Ok(())
    }

    /// What comes next.
    pub(super) async fn read(&mut self, stream: &Stream) -> Result<Vec<Record>, TailError> {
        if self.iterator.is_none() {
            self.begin(stream).await?;
        }
        let Some(iterator) = &self.iterator else { return Ok(Vec::new()) };
        let request = stream.client.get_records().shard_iterator(iterator).limit(PAGE);
        match request.send().await {
            Ok(page) => {
                let records = page.records.unwrap_or_default();
                let last = records.last().and_then(|record| record.dynamodb.as_ref());
                if let Some(number) = last.and_then(|change| change.sequence_number.clone()) {
                    self.place = Place::After(number);
                }
                self.go_on_at(page.next_shard_iterator);
                Ok(records)
            }
            Err(error) => {
                match error.as_service_error() {
                    Some(GetRecordsError::ExpiredIteratorException(_)) => self.expired(),
                    Some(GetRecordsError::TrimmedDataAccessException(_)) => self.begin_anew(),
                    Some(GetRecordsError::ResourceNotFoundException(_)) => self.go_on_at(None),
                    _ => return Err(TailError::unavailable(error)),
                }
                Ok(Vec::new())
            }
        }
    }

    fn go_on_at(&mut self, iterator: Option<String>) {
        if iterator.is_none() {
            self.place = Place::End;
        }
        self.iterator = iterator;
    }

    /// The stream was not read for so long that AWS has forgotten where we were.
    fn expired(&mut self) {
        if matches!(self.place, Place::Begin(ShardIteratorType::Latest)) {
            tracing::warn!("the stream was not read for a while: some events may be missing");
        }
        self.iterator = None;
    }

    /// What comes next is older than 24 hours, and gone.
    fn begin_anew(&mut self) {
        tracing::warn!("some events are older than what the stream keeps, and are missing");
        self.place = Place::Begin(ShardIteratorType::TrimHorizon);
        self.iterator = None;
    }
}
