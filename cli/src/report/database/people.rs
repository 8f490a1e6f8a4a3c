//! Who the customers of a report are.

use rusqlite::{Connection, params};
use secrecy::ExposeSecret;
use usher::domain::customer::{Customer, Profile};

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

pub(super) fn create(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch(
        "CREATE TABLE people (customer_id TEXT PRIMARY KEY, customer_email TEXT, \
         customer_first_name TEXT, customer_last_name TEXT, customer_country TEXT, \
         customer_external_id TEXT)",
    )
}

impl Database {
    /// A page of the customers that the rows name, in their order.
    ///
    /// # Errors
    /// [`ReportError::Database`].
    pub fn customers(&self, after: &str, at_most: usize) -> Result<Vec<String>, ReportError> {
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
    pub fn introduce(&self, people: impl IntoIterator<Item = Customer>) -> Result<(), ReportError> {
        let insert = "INSERT OR REPLACE INTO people VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut insert = self.connection.prepare_cached(insert)?;
        for person in people {
            let Profile { external_id, first_name, last_name, country, .. } = &person.profile;
            insert.execute(params![
                person.id.as_str(),
                person.email.expose_secret(),
                first_name,
                last_name,
                country,
                external_id,
            ])?;
        }
        Ok(())
    }
}
