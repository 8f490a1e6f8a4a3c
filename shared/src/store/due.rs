//! The index `due`: what waits for a question to Roku, and from when on. An item that carries these
//! two attributes is in it.
//!
//! Whoever sends a question on its way moves the item's date ahead, past all the tries of the queue:
//! so that it is not sent twice, and that it comes up again where the queue lost it. The answer
//! takes the item out of the index, or gives it its next date.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Item, StoreError, Table, key, number, sortable, string, text};
use crate::digest::sha256;
use crate::domain::fact::later;
use crate::domain::id::{PublisherId, RokuCustomerId};

/// One of [`BUCKETS`], so that no partition of the index takes every write.
pub(super) const BUCKET: &str = "due_bucket";
/// When the question is due.
pub(super) const AT: &str = "due_at";

/// The parts of the index.
pub const BUCKETS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// Until when the question about an account is on its way; [`AT`] may be earlier, where the clock
/// changes something before.
pub(super) const ASKED_UNTIL: &str = "asked_until";

/// How long a question that was sent on its way is left to the queue: longer than all of its tries
/// there take.
pub const ON_ITS_WAY: SignedDuration = SignedDuration::from_hours(10);

/// What stands in the index.
#[derive(Debug, Clone)]
pub struct Due {
    table: Table,
}

/// What a question is about: a receipt, or an account. This is also what the queue carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    pk: String,
    sk: String,
}

/// The two kinds of [`Subject`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A receipt that Roku has not confirmed or refused.
    Receipt,
    /// An account with a purchase of which something follows.
    Account,
}

/// What waits, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What is to be asked about.
    pub subject: Subject,
    /// From when on.
    pub since: Timestamp,
    /// Which version of an account this was read from; none where it was read from the index alone.
    pub(super) version: Option<u64>,
    /// Until when a question about an account is left to the queue that it is on its way in.
    pub(super) asked_until: Option<Timestamp>,
    /// When the clock alone changes something of an account next.
    pub(super) next_moment: Option<Timestamp>,
}

/// A page of the index, and where the next one begins.
#[derive(Debug)]
pub struct Page {
    /// What waits, longest first.
    pub waiting: Vec<Waiting>,
    /// Where it goes on; none at the end.
    pub next: Option<Cursor>,
}

/// A place in the index.
#[derive(Debug)]
pub struct Cursor(Item);

impl Subject {
    pub(super) fn new(pk: String, sk: String) -> Self {
        Self { pk, sk }
    }

    fn of(item_key: &Item) -> Result<Self, StoreError> {
        Ok(Self { pk: text(item_key, "pk")?.to_owned(), sk: text(item_key, "sk")?.to_owned() })
    }

    pub(super) fn key(&self) -> Item {
        key(&self.pk, &self.sk)
    }

    /// As the queue carries it: JSON.
    pub fn to_message(&self) -> String {
        json!(self).to_string()
    }

    /// Reads a message of the queue. None when it is not one of ours.
    pub fn from_message(message: &str) -> Option<Self> {
        let subject: Self = serde_json::from_str(message).ok()?;
        subject.kind().is_some().then_some(subject)
    }

    /// Whose it is. None for what is no key of ours.
    pub fn publisher(&self) -> Option<PublisherId> {
        PublisherId::parse(self.pk.split('#').nth(1)?).ok()
    }

    /// The Roku customer of an account.
    pub(super) fn roku_customer(&self) -> Result<RokuCustomerId, StoreError> {
        let id = self.pk.splitn(3, '#').nth(2).unwrap_or_default();
        RokuCustomerId::parse(id).map_err(StoreError::corrupt)
    }

    /// Which kind it is. None for what is no key of ours.
    pub fn kind(&self) -> Option<Kind> {
        match (self.pk.split('#').next()?, self.sk.split('#').next()?) {
            ("CUST", "RECEIPT") => Some(Kind::Receipt),
            ("ROKU", "ACCOUNT") => Some(Kind::Account),
            _ => None,
        }
    }
}

impl Due {
    /// The index of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// What is due at `now` in one of the [`BUCKETS`], at most `limit` of it.
    ///
    /// # Errors
    /// [`StoreError`] when the index cannot be read.
    pub async fn page(
        &self,
        bucket: char,
        now: Timestamp,
        limit: i32,
        after: Option<Cursor>,
    ) -> Result<Page, StoreError> {
        let query = self.table.client.query().table_name(&self.table.name).index_name("due");
        let query = query
            .key_condition_expression("due_bucket = :bucket AND due_at <= :now")
            .expression_attribute_values(":bucket", string(format!("DUE#{bucket}")))
            .expression_attribute_values(":now", string(sortable(now)))
            .limit(limit)
            .set_exclusive_start_key(after.map(|cursor| cursor.0));
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        let items = answer.items.unwrap_or_default();
        let waiting = items.iter().map(Waiting::read).collect::<Result<_, _>>()?;
        Ok(Page { waiting, next: answer.last_evaluated_key.map(Cursor) })
    }

    /// Since when the longest has waited of what is due at `now`; none where nothing is.
    ///
    /// # Errors
    /// [`StoreError`] when the index cannot be read.
    pub async fn oldest(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut oldest = None;
        for bucket in BUCKETS {
            let page = self.page(bucket, now, 1, None).await?;
            let first = page.waiting.first().map(|waiting| waiting.since);
            oldest = oldest.into_iter().chain(first).min();
        }
        Ok(oldest)
    }

    /// Notes that a question is on its way since `now`.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written. The question may then be sent again.
    pub async fn on_its_way(&self, waiting: &Waiting, now: Timestamp) -> Result<(), StoreError> {
        let until = later(now, ON_ITS_WAY);
        self.put(waiting, Some(until), Some(until)).await
    }

    /// Gives what waits another date, or takes it out of the index; unless somebody did meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn move_to(
        &self,
        waiting: &Waiting,
        to: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.put(waiting, to, None).await
    }

    async fn put(
        &self,
        waiting: &Waiting,
        question: Option<Timestamp>,
        asked_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let to = question.into_iter().chain(waiting.next_moment).min();
        let mut seen = HashMap::from([(":seen".to_owned(), string(sortable(waiting.since)))]);
        let mut condition = "due_at = :seen".to_owned();
        if let Some(version) = waiting.version {
            condition.push_str(" AND version = :version");
            seen.insert(":version".to_owned(), number(version));
        }
        let request = self.table.client.update_item();
        let request = request
            .set_key(Some(waiting.subject.key()))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(seen));
        let request = match (to, asked_until) {
            (Some(to), Some(until)) => request
                .update_expression(format!("SET due_at = :to, {ASKED_UNTIL} = :until"))
                .expression_attribute_values(":to", string(sortable(to)))
                .expression_attribute_values(":until", string(until.to_string())),
            (Some(to), None) => request
                .update_expression(format!("SET due_at = :to REMOVE {ASKED_UNTIL}"))
                .expression_attribute_values(":to", string(sortable(to))),
            (None, _) => request.update_expression(format!("REMOVE {BUCKET}, {AT}, {ASKED_UNTIL}")),
        };
        self.table.update(request).await?;
        Ok(())
    }
}

impl Waiting {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let since = text(item, AT)?.parse().map_err(StoreError::corrupt)?;
        Ok(Self::of_index(Subject::of(item)?, since))
    }

    /// What is known from the index alone, or of what the clock does not change.
    pub(super) fn of_index(subject: Subject, since: Timestamp) -> Self {
        Self { subject, since, version: None, asked_until: None, next_moment: None }
    }

    /// When Roku is to be asked about an account, of which it was to be asked at `date`: not while the
    /// question is on its way.
    pub fn not_before_asked(&self, date: Option<Timestamp>) -> Option<Timestamp> {
        date.map(|date| self.asked_until.map_or(date, |until| until.max(date)))
    }
}

pub(super) fn bucket(id: &str) -> String {
    let hash = sha256(id);
    format!("DUE#{}", &hash[..1])
}
