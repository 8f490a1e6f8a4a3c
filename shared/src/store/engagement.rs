//! How often each customer was let in on a day, as the functions that answer counted: one item for
//! each time that one of them wrote down what it had.

use std::collections::BTreeMap;

use aws_lc_rs::rand;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{EXPIRES_AT, Item, StoreError, Table, key, number, string, text};
use crate::domain::event::EventId;
use crate::domain::event::row::{Row, WATCHED};
use crate::domain::id::{CustomerId, PublisherId};

/// The attribute that holds the counts: a text, JSON, so that a filter of the stream can ask for it.
const ENGAGED: &str = "engaged";
/// How long counts are kept: a quarter, and a week to look at it.
const KEPT: SignedDuration = SignedDuration::from_hours(100 * 24);

/// Granted access checks of a publisher's customers on one day in UTC. Written again, it takes its
/// own place: nothing is counted twice.
#[derive(Debug)]
pub(crate) struct DayOfChecks {
    pub(crate) publisher: PublisherId,
    pub(crate) day: Date,
    id: String,
    pub(crate) checks: BTreeMap<CustomerId, u64>,
}

impl DayOfChecks {
    /// None yet.
    pub(crate) fn new(publisher: &PublisherId, day: Date) -> Result<Self, StoreError> {
        let mut random = [0; 16];
        rand::fill(&mut random).map_err(StoreError::unavailable)?;
        let id = format!("{:032x}", u128::from_be_bytes(random));
        Ok(Self { publisher: publisher.clone(), day, id, checks: BTreeMap::new() })
    }
}

/// Knows how often customers were let in.
#[derive(Debug)]
pub struct Engagement {
    table: Table,
}

impl Engagement {
    /// The counts of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// How often each of a publisher's customers was let in on a day in UTC, as far as it is written
    /// down: see [`AccessChecks`](crate::engagement::AccessChecks). Nothing from 100 days ago.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of_day(
        &self,
        publisher: &PublisherId,
        day: Date,
    ) -> Result<BTreeMap<CustomerId, u64>, StoreError> {
        let mut sum = BTreeMap::new();
        for item in self.table.all_beginning(string(pk(publisher, day)), "").await? {
            for (customer, checks) in counted(&item)? {
                *sum.entry(customer).or_default() += checks;
            }
        }
        Ok(sum)
    }

    /// The same as rows, of which each day and customer has one.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn rows_of_day(
        &self,
        publisher: &PublisherId,
        day: Date,
    ) -> Result<Vec<Row>, StoreError> {
        let counts = self.of_day(publisher, day).await?;
        let row = |(customer, checks): (CustomerId, u64)| {
            let id = EventId::of(publisher, customer.as_str(), WATCHED, &[&day.to_string()]);
            Row::watched(&id, publisher, &customer, day, checks)
        };
        Ok(counts.into_iter().map(row).collect())
    }

    /// Writes counts down: one write.
    pub(crate) async fn put(&self, day: &DayOfChecks, now: Timestamp) -> Result<(), StoreError> {
        let mut item = key(&pk(&day.publisher, day.day), &day.id);
        let counts = serde_json::to_string(&day.checks).map_err(StoreError::corrupt)?;
        item.insert(ENGAGED.to_owned(), string(counts));
        item.insert(EXPIRES_AT.to_owned(), number(now.as_second() + KEPT.as_secs()));
        self.table.put(item).await
    }
}

fn pk(publisher: &PublisherId, day: Date) -> String {
    format!("ENGAGED#{publisher}#{day}")
}

fn counted(item: &Item) -> Result<BTreeMap<CustomerId, u64>, StoreError> {
    serde_json::from_str(text(item, ENGAGED)?).map_err(StoreError::corrupt)
}
