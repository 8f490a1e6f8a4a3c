//! Who the customers of a report are.

use std::fmt;

use rusqlite::{Connection, params};

use super::Database;
use crate::report::error::ReportError;

/// Whether a report shows who its customers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// Their addresses and names.
    Shown,
    /// Their ids only.
    Hidden,
}

/// Who a customer is. Holds personal data, which its `Debug` hides.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Person {
    pub customer_id: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub country: Option<String>,
    pub external_id: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("customer_id", &self.customer_id).finish_non_exhaustive()
    }
}

pub(super) fn create(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(
        "CREATE TABLE people (customer_id TEXT PRIMARY KEY, customer_email TEXT, \
         customer_first_name TEXT, customer_last_name TEXT, customer_country TEXT, \
         customer_external_id TEXT)",
    )
}

impl Database {
    /// Some customers that the events name and of whom it was not asked yet who they are.
    ///
    /// # Errors
    /// [`ReportError::Database`].
    pub fn unknown_customers(
        &self,
        after: &str,
        at_most: usize,
    ) -> Result<Vec<String>, ReportError> {
        let select = "SELECT DISTINCT customer_id FROM event_rows WHERE customer_id > ?1 \
                      ORDER BY customer_id LIMIT ?2";
        let mut select = self.connection.prepare_cached(select)?;
        let found = select.query_map(params![after, at_most], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Takes who customers are.
    ///
    /// # Errors
    /// [`ReportError::Database`].
    pub fn introduce(&self, people: &[Person]) -> Result<(), ReportError> {
        let insert = "INSERT OR REPLACE INTO people VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut insert = self.connection.prepare_cached(insert)?;
        for person in people {
            let Person { customer_id, email, first_name, last_name, country, external_id } = person;
            insert.execute(params![
                customer_id,
                email,
                first_name,
                last_name,
                country,
                external_id
            ])?;
        }
        Ok(())
    }
}
