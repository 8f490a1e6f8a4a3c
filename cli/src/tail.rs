//! The stream of a table, followed as it grows: all its shards, those that are still to come, and
//! each after the one that it continues, so that the records of an item come in order.
//!
//! AWS allows two readers of a shard and five reads of it in a second. The function that publishes
//! events is one reader and makes four.

mod shard;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::operation::list_streams::ListStreamsError;
use aws_sdk_dynamodbstreams::primitives::DateTime;
use aws_sdk_dynamodbstreams::types::{Record, Shard as Described, StreamStatus};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use usher::sdk_error::root_cause;

use shard::Shard;

/// How often it is seen whether there are new shards, besides when one has ended. They live for hours.
const ASKED_EVERY: Duration = Duration::from_secs(20);
/// So many shards are read at a time.
const AT_ONCE: usize = 8;

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what is written from now on.
    Now,
    /// With the oldest that is still there. AWS keeps 24 hours.
    Oldest,
}

/// Why a stream cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TailError {
    /// The table has none, or there is no such table.
    #[error("the table {0} has no stream, or is not there: is it of this version of Usher?")]
    NoStream(String),
    /// AWS does not answer, or refuses.
    #[error("the stream of the table cannot be read: {0}")]
    Unavailable(String),
}

impl TailError {
    fn unavailable(error: impl Error) -> Self {
        Self::Unavailable(root_cause(&error))
    }
}

/// A stream that is followed.
#[derive(Debug)]
pub(crate) struct Tail {
    stream: Stream,
    shards: BTreeMap<String, Shard>,
    /// When the shards were last asked for; none where one has ended since.
    asked_at: Option<Instant>,
}

#[derive(Debug)]
struct Stream {
    client: Client,
    arn: String,
}

/// What one look at the stream brought.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// What was written, the oldest first.
    pub(crate) records: Vec<Record>,
    /// Why not all of the stream was read. What was not is read with the next look.
    pub(crate) trouble: Option<TailError>,
}

impl Tail {
    /// The stream of a table.
    ///
    /// # Errors
    /// [`TailError`].
    pub(crate) async fn open(client: Client, table: &str, begin: Begin) -> Result<Self, TailError> {
        let stream = Stream::of_table(client, table).await?;
        let mut shards = shards_of(&stream.shards().await?, begin);
        for shard in shards.values_mut().filter(|_| begin == Begin::Now) {
            shard.begin(&stream).await?;
        }
        Ok(Self { stream, shards, asked_at: Some(Instant::now()) })
    }

    /// What was written since the last look, or the beginning of it where that is much. Whoever gives
    /// up waiting for it may lose some of it.
    pub(crate) async fn look(&mut self) -> Look {
        let mut look = Look { records: Vec::new(), trouble: self.ask_for_shards().await.err() };
        let is_open = |shard: &&Shard| !shard.has_ended();
        let unread = self.shards.values().filter(is_open).map(|shard| shard.id().to_owned());
        let unread: BTreeSet<String> = unread.collect();
        let may_be_read = |shard: &&mut Shard| {
            let goes_on = shard.parent().is_some_and(|parent| unread.contains(parent));
            !shard.has_ended() && !goes_on
        };
        let next = self.shards.values_mut().filter(may_be_read);
        let reads = next.map(|shard| shard.read(&self.stream));
        let mut reads = stream::iter(reads).buffered(AT_ONCE);
        while let Some(read) = reads.next().await {
            match read {
                Ok(records) => look.records.extend(records),
                Err(trouble) => look.trouble = Some(trouble),
            }
        }
        drop(reads);
        if self.shards.values().filter(is_open).count() < unread.len() {
            self.asked_at = None;
        }
        look.records.sort_by_key(written_at_s);
        look
    }

    async fn ask_for_shards(&mut self) -> Result<(), TailError> {
        if self.asked_at.is_some_and(|asked_at| asked_at.elapsed() < ASKED_EVERY) {
            return Ok(());
        }
        let described = self.stream.shards().await?;
        self.asked_at = Some(Instant::now());
        let mut known = std::mem::take(&mut self.shards);
        self.shards = shards_of(&described, Begin::Oldest);
        for (id, shard) in &mut self.shards {
            if let Some(known) = known.remove(id) {
                *shard = known;
            }
        }
        Ok(())
    }
}

impl Stream {
    /// The stream of a table that is in use. One that was turned off before can be read for a day.
    async fn of_table(client: Client, table: &str) -> Result<Self, TailError> {
        let listed = client.list_streams().table_name(table).send().await;
        let listed = match listed {
            Err(error) if error.as_service_error().is_some_and(is_not_there) => Vec::new(),
            listed => listed.map_err(TailError::unavailable)?.streams.unwrap_or_default(),
        };
        for arn in listed.into_iter().filter_map(|stream| stream.stream_arn) {
            let described = client.describe_stream().stream_arn(&arn).send().await;
            let described = described.map_err(TailError::unavailable)?.stream_description;
            let status = described.and_then(|stream| stream.stream_status);
            if matches!(status, Some(StreamStatus::Enabled | StreamStatus::Enabling)) {
                return Ok(Self { client, arn });
            }
        }
        Err(TailError::NoStream(table.to_owned()))
    }

    async fn shards(&self) -> Result<Vec<Described>, TailError> {
        let (mut shards, mut after) = (Vec::new(), None);
        loop {
            let request = self.client.describe_stream().stream_arn(&self.arn);
            let page = request.set_exclusive_start_shard_id(after).send().await;
            let page = page.map_err(TailError::unavailable)?.stream_description;
            let Some(page) = page else { return Ok(shards) };
            shards.extend(page.shards.unwrap_or_default());
            after = page.last_evaluated_shard_id;
            if after.is_none() {
                return Ok(shards);
            }
        }
    }
}

fn is_not_there(refusal: &ListStreamsError) -> bool {
    refusal.is_resource_not_found_exception()
}

/// Shards that are to be read. From now on, nothing comes in one that another continues.
fn shards_of(described: &[Described], begin: Begin) -> BTreeMap<String, Shard> {
    let parents = described.iter().filter_map(Described::parent_shard_id);
    let parents: BTreeSet<&str> = parents.filter(|_| begin == Begin::Now).collect();
    let shards = described.iter().filter_map(|shard| {
        let id = shard.shard_id()?;
        let shard = Shard::new(id, shard.parent_shard_id(), begin);
        let shard = if parents.contains(id) { shard.ended() } else { shard };
        Some((id.to_owned(), shard))
    });
    shards.collect()
}

fn written_at_s(record: &Record) -> i64 {
    let change = record.dynamodb.as_ref();
    let at = change.and_then(|change| change.approximate_creation_date_time.as_ref());
    at.map_or(0, DateTime::secs)
}

#[cfg(test)]
mod tests;
