//! The rows in a database of their own: a temporary file that goes with the program, so that what is
//! held in memory does not grow with them.

mod people;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value as Json;
use usher::domain::event::row::Row;

use super::columns::{Column, PERSON, Report};
use super::error::ReportError;
use super::row_columns::{ROW_COLUMNS, RowType};
use super::views::VIEWS;

pub use people::People;

/// What SQLite may hold of a table in memory, and of each that it sorts, in KiB; the rest is in files.
const CACHE_KIB: u32 = 16 * 1024;

/// Events as rows, and what they add up to.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
}

/// What of a report is asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first month, `2026-01`.
    pub from: Option<String>,
    /// The last month.
    pub to: Option<String>,
    /// An offer, with or without its country.
    pub offer: Option<String>,
    /// A channel.
    pub channel: Option<String>,
}

impl Database {
    /// A database without rows.
    ///
    /// # Errors
    /// [`ReportError::Database`] when there is no room for a temporary file.
    pub fn empty() -> Result<Self, ReportError> {
        // Without a name it is a file that is deleted when it is closed.
        let connection = Connection::open("")?;
        connection.execute_batch(&format!(
            "PRAGMA cache_size = -{CACHE_KIB}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA temp_store = FILE; CREATE TABLE event_rows ({});",
            columns_of_rows(),
        ))?;
        people::create(&connection)?;
        Ok(Self { connection })
    }

    /// Takes rows. The same one may come again.
    ///
    /// # Errors
    /// [`ReportError::Database`] when the disk is full.
    pub fn insert<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a Row>,
    ) -> Result<(), ReportError> {
        let transaction = self.connection.transaction()?;
        {
            let places = vec!["?"; ROW_COLUMNS.len()].join(", ");
            let insert = format!("INSERT INTO event_rows VALUES ({places})");
            let mut insert = transaction.prepare_cached(&insert)?;
            for row in rows {
                insert.execute(params_from_iter(values(row)))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Runs the queries that a report stands on, once all rows are there. Each becomes a table, so that
    /// it is run once however many read from it.
    ///
    /// # Errors
    /// [`ReportError::Database`].
    pub fn add_up(&self) -> Result<(), ReportError> {
        for view in VIEWS {
            let (name, sql) = (view.name, view.sql);
            self.connection.execute_batch(&format!("CREATE TABLE {name} AS {sql}"))?;
        }
        Ok(())
    }

    /// Gives each row of a report to `take`, a value for each of [`Self::columns`].
    ///
    /// # Errors
    /// What `take` fails with, and [`ReportError::Database`].
    pub fn read<E: From<ReportError>>(
        &self,
        report: Report,
        filter: &Filter,
        people: People,
        mut take: impl FnMut(&[Value]) -> Result<(), E>,
    ) -> Result<(), E> {
        let database = |error: rusqlite::Error| E::from(ReportError::from(error));
        let columns = Self::columns(report, people);
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let (condition, wanted) = filter.condition(report);
        let people = match people {
            People::Shown => " LEFT JOIN people USING (customer_id)",
            People::Hidden => "",
        };
        let select = format!(
            "SELECT {} FROM {}{people} WHERE {condition} ORDER BY {}",
            names.join(", "),
            report.view(),
            report.order(),
        );
        let mut select = self.connection.prepare(&select).map_err(database)?;
        let mut rows = select.query(params_from_iter(wanted)).map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            let values = (0..names.len()).map(|place| row.get(place));
            let values: Vec<Value> = values.collect::<Result<_, _>>().map_err(database)?;
            take(&values)?;
        }
        Ok(())
    }

    /// The columns of a report; with who the customers are, after their id.
    pub fn columns(report: Report, people: People) -> Vec<Column> {
        let mut columns = report.columns().to_vec();
        let place = columns.iter().position(|column| column.name == "customer_id");
        if let (People::Shown, Some(place)) = (people, place) {
            columns.splice(place + 1..place + 1, PERSON.iter().copied());
        }
        columns
    }
}

impl Filter {
    /// What a row must fulfil, and the values in it.
    fn condition(&self, report: Report) -> (String, Vec<String>) {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut values = Vec::new();
        let mut must = |condition: &str, value: &Option<String>| {
            if let Some(value) = value {
                values.push(value.clone());
                conditions.push(condition.replace('?', &format!("?{}", values.len())));
            }
        };
        match report {
            // Those that were there at some time in these months.
            Report::Subscriptions => {
                must("COALESCE(ended_at, '9999') >= ?", &self.from);
                must("started_at <= ? || '-99'", &self.to);
            }
            Report::Transactions | Report::Monthly | Report::Engagement => {
                must("month >= ?", &self.from);
                must("month <= ?", &self.to);
            }
        }
        must("(offer_id = ? OR substr(offer_id, 1, length(?) + 1) = ? || '_')", &self.offer);
        must("channel_id = ?", &self.channel);
        (conditions.join(" AND "), values)
    }
}

fn columns_of_rows() -> String {
    let columns = ROW_COLUMNS.iter().map(|(name, kind)| {
        let kind = match kind {
            RowType::Text => "TEXT",
            RowType::Integer | RowType::Flag => "INTEGER",
        };
        format!("{name} {kind}")
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The fields of a row in the order of its columns.
fn values(row: &Row) -> Vec<Value> {
    let fields = serde_json::to_value(row).unwrap_or_default();
    let value = |(name, _): &(&str, RowType)| match &fields[*name] {
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => number.as_i64().map_or(Value::Null, Value::Integer),
        Json::Bool(flag) => Value::Integer((*flag).into()),
        _ => Value::Null,
    };
    ROW_COLUMNS.iter().map(value).collect()
}

#[cfg(test)]
mod tests;
