//! The rows of a publisher, computed from what the table holds, account by account.

use std::io::BufRead;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use usher::domain::customer::Customer;
use usher::domain::event::history::of_history;
use usher::domain::event::message::{EventMessage, Source};
use usher::domain::event::row::Row;
use usher::domain::fold::fold;
use usher::domain::id::CustomerId;
use usher::domain::publisher::Publisher;
use usher::store::customers::Customers;
use usher::store::engagement::Engagement;
use usher::store::histories::{Histories, History};
use usher::store::{StoreError, Table};

use super::database::Database;
use super::error::ReportError;

/// How many customers are read at once, and how many before they are written down.
const AT_ONCE: usize = 16;
const PAGE: usize = 500;
/// For so many days counts of access checks are kept.
const DAYS_OF_CHECKS: i32 = 100;

/// Where rows come from, and what there was to know at which moment.
#[derive(Debug, Clone, Copy)]
pub struct Gathering<'a> {
    /// The table.
    pub table: &'a Table,
    /// Whose accounts.
    pub publisher: &'a Publisher,
    /// What was told and what the clock changed up to then.
    pub now: Timestamp,
}

/// Why rows cannot be gathered.
#[derive(Debug, thiserror::Error)]
pub enum GatheringError {
    /// The table cannot be read.
    #[error("{}", .0.in_short())]
    Store(#[from] StoreError),
    /// The rows cannot be kept.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A file of rows cannot be read.
    #[error("line {line}: {why}")]
    Line {
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Gathering<'_> {
    /// Gathers the events of every account. `reached` is told how many accounts there were.
    ///
    /// # Errors
    /// [`GatheringError`].
    pub async fn events(
        self,
        database: &mut Database,
        mut reached: impl FnMut(usize),
    ) -> Result<(), GatheringError> {
        let histories = Histories::new(self.table);
        let (mut after, mut accounts) = (None, 0);
        loop {
            let (page, next) = histories.page(&self.publisher.id, after.as_ref()).await?;
            accounts += page.len();
            let rows: Vec<Row> = page.into_iter().flat_map(|one| self.rows(one)).collect();
            database.insert(&rows)?;
            reached(accounts);
            let Some(next) = next else { return Ok(()) };
            after = Some(next);
        }
    }

    fn rows(self, history: History) -> Vec<Row> {
        let known = history.facts.iter().all(|fact| fact.id().time <= self.now);
        let (mut facts, mut account) = (history.facts, history.account);
        if !known {
            facts.retain(|fact| fact.id().time <= self.now);
            account = fold(facts.clone());
        }
        let events = of_history(&facts, self.publisher, self.now);
        let source = Source {
            roku_customer: facts.first().map(|fact| fact.roku_customer().clone()),
            holder: history.holder,
            account: Some(account),
            version: None,
            known_through: self.now,
        };
        let rows = events.iter().zip(1..).map(|(event, place)| {
            let message = EventMessage::of(event, 0, &source, self.publisher);
            // In the order in which they happened, since all of it is known.
            Row { sequence: Some(place), ..Row::of(event, &message, self.publisher) }
        });
        rows.collect()
    }

    /// Gathers the granted access checks of each day of some months, as far back as they are kept.
    ///
    /// # Errors
    /// [`GatheringError`].
    pub async fn checks(
        self,
        database: &mut Database,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(), GatheringError> {
        let engagement = Engagement::new(self.table);
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let days = (0..=DAYS_OF_CHECKS).filter_map(|ago| {
            let day: Date = today.checked_sub(Span::new().try_days(ago).ok()?).ok()?;
            let month = day.strftime("%Y-%m").to_string();
            let is_asked = from.is_none_or(|from| month.as_str() >= from)
                && to.is_none_or(|to| month.as_str() <= to);
            is_asked.then_some(day)
        });
        let days = stream::iter(days).map(|day| engagement.rows_of_day(&self.publisher.id, day));
        let mut days = days.buffered(AT_ONCE);
        while let Some(rows) = days.try_next().await? {
            database.insert(&rows)?;
        }
        Ok(())
    }

    /// Asks who the customers are that the rows name. Of who was forgotten nothing is known.
    ///
    /// # Errors
    /// [`GatheringError`].
    pub async fn people(self, database: &Database) -> Result<(), GatheringError> {
        let customers = Customers::new(self.table);
        let mut after = String::new();
        loop {
            let page = database.customers(&after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(last);
            let ids = page.iter().filter_map(|id| CustomerId::parse(id).ok());
            let people = stream::iter(ids).map(|id| self.person(&customers, id));
            let people: Vec<_> = people.buffer_unordered(AT_ONCE).try_collect().await?;
            database.introduce(people.into_iter().flatten())?;
        }
    }

    async fn person(
        self,
        customers: &Customers,
        id: CustomerId,
    ) -> Result<Option<Customer>, StoreError> {
        let known = customers.get(&self.publisher.id, &id).await?;
        Ok(known.map(|known| known.customer))
    }
}

/// Reads rows from a file, one a line as JSON.
///
/// # Errors
/// [`GatheringError::Line`].
pub fn read_rows(database: &mut Database, lines: impl BufRead) -> Result<(), GatheringError> {
    let mut rows = Vec::with_capacity(PAGE);
    for (line, text) in (1..).zip(lines.lines()) {
        let wrong = |why: String| GatheringError::Line { line, why };
        let text = text.map_err(|error| wrong(error.to_string()))?;
        if text.trim().is_empty() {
            continue;
        }
        rows.push(serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?);
        if rows.len() == PAGE {
            database.insert(&rows)?;
            rows.clear();
        }
    }
    Ok(database.insert(&rows)?)
}
