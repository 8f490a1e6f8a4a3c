//! Reports: what the events of a publisher add up to. The queries are those that Athena runs over the
//! archive (`reports/*.sql`); here SQLite runs them.

mod chart;
mod columns;
mod database;
mod error;
mod gathering;
mod output;
mod row_columns;
mod table;
mod views;

pub use chart::{Chart, Picture};
pub use columns::{Column, Kind, Report};
pub use database::{Database, Filter, People};
pub use error::ReportError;
pub use gathering::{Gathering, GatheringError, read_rows};
pub use output::{Names, csv, json};
pub use row_columns::{ROW_COLUMNS, RowType};
pub use table::table;
pub use views::{VIEWS, View, column_type};
