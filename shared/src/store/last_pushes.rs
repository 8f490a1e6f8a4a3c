//! When the last push came for each channel of a publisher: notes for the operator.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Item, StoreError, Table, aside_pk, in_key, key, note, sortable, string, text};
use crate::cache::Cache;
use crate::domain::id::PublisherId;

/// What the sort keys begin with.
const PREFIX: &str = "CHANNEL#";
/// A channel is noted this often at most by each running function.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// Notes when pushes come.
#[derive(Debug)]
pub struct LastPushes {
    table: Table,
    noted: Cache<(PublisherId, String), Timestamp>,
}

impl LastPushes {
    /// The notes of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone(), noted: Cache::new(PAUSE) }
    }

    /// Notes that Roku has pushed something about a channel of the publisher's. Never fails, and
    /// takes half a second at most: to be run beside what matters.
    pub async fn note(&self, publisher: &PublisherId, channel: &str, now: Timestamp) {
        let noted = (publisher.clone(), channel.to_owned());
        // By the clock of the pushes too, which a simulated Roku may have moved ahead.
        let pause = SignedDuration::try_from(PAUSE).unwrap_or_default();
        if self.noted.get(&noted).is_none_or(|last| now.duration_since(last) >= pause) {
            self.noted.put(noted, now);
            note::put(&self.table, item(publisher, channel, now)).await;
        }
    }

    /// When the last push came, to five minutes, by channel. A channel without one is not in it.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn by_channel(
        &self,
        publisher: &PublisherId,
    ) -> Result<HashMap<String, Timestamp>, StoreError> {
        let items = self.table.all_beginning(string(aside_pk(publisher)), PREFIX).await?;
        items.iter().map(read).collect()
    }
}

fn read(item: &Item) -> Result<(String, Timestamp), StoreError> {
    let at = text(item, "last_push_at")?.parse().map_err(StoreError::corrupt)?;
    Ok((text(item, "channel")?.to_owned(), at))
}

fn item(publisher: &PublisherId, channel: &str, now: Timestamp) -> Item {
    let mut item = key(&aside_pk(publisher), &format!("{PREFIX}{}", in_key(channel)));
    item.insert("channel".to_owned(), string(channel));
    item.insert("last_push_at".to_owned(), string(sortable(now)));
    item
}
