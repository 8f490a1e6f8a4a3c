//! The queries, in the order in which they stand on each other.

use super::columns::{Kind, Report};
use super::row_columns::{ROW_COLUMNS, RowType};

/// A query by its name, which others read from as from a table.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The name.
    pub name: &'static str,
    /// The query.
    pub sql: &'static str,
}

macro_rules! views {
    ($($name:literal)*) => {
        &[$(View { name: $name, sql: include_str!(concat!("../../../reports/", $name, ".sql")) }),*]
    };
}

/// Every query, each after those that it reads from. The first reads from the table `event_rows`.
pub const VIEWS: &[View] = views! {
    "events" "changes" "terms" "months" "month_ends" "transactions" "subscriptions" "monthly"
    "engagement"
};

/// What a column of a query holds, by its name: the same in each of them.
pub fn column_type(name: &str) -> RowType {
    if let Some((_, kind)) = ROW_COLUMNS.iter().find(|(own, _)| *own == name) {
        return *kind;
    }
    let columns = Report::ALL.iter().flat_map(|report| report.columns());
    let kind = columns.filter(|column| column.name == name).map(|column| column.kind).next();
    match kind {
        Some(Kind::Count | Kind::Money | Kind::Rate) => RowType::Integer,
        Some(Kind::Flag) => RowType::Flag,
        None if name.starts_with("is_") => RowType::Flag,
        Some(Kind::Text) | None => RowType::Text,
    }
}

#[cfg(test)]
mod tests;
