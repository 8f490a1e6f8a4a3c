//! A report as a table in a terminal: a few columns of it, or, of monthly figures, the months side by
//! side.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use rusqlite::types::Value;

use super::columns::{Column, Kind, Report};
use super::database::{Database, Filter, People};
use super::error::ReportError;
use super::output::shown;

/// More rows than that nobody reads in a terminal.
const MOST_ROWS: usize = 500;

/// The report as text.
///
/// # Errors
/// [`ReportError::Database`].
pub fn table(
    database: &Database,
    report: Report,
    filter: &Filter,
    people: People,
) -> Result<String, ReportError> {
    match report {
        Report::Monthly => months_side_by_side(database, filter),
        Report::Transactions | Report::Subscriptions | Report::Engagement => {
            brief(database, report, filter, people)
        }
    }
}

fn brief(
    database: &Database,
    report: Report,
    filter: &Filter,
    people: People,
) -> Result<String, ReportError> {
    let columns = Database::columns(report, people);
    let brief = |(place, column): (usize, &Column)| column.is_brief.then_some((place, *column));
    let columns: Vec<(usize, Column)> = columns.iter().enumerate().filter_map(brief).collect();
    let header = columns.iter().map(|(_, column)| column.display.to_owned());
    let mut table = empty(header.collect());
    let mut count = 0;
    database.read(report, filter, people, |row| -> Result<(), ReportError> {
        count += 1;
        if count <= MOST_ROWS {
            let cell = |(place, column): &(usize, Column)| shown(column.kind, &row[*place]);
            table.add_row(columns.iter().map(cell));
        }
        Ok(())
    })?;
    let kinds: Vec<Kind> = columns.iter().map(|(_, column)| column.kind).collect();
    let text = laid_out(table, &kinds);
    Ok(match count {
        0 => "nothing".to_owned(),
        _ if count > MOST_ROWS => {
            format!("{text}\n… and {} more: --format csv has all of them", count - MOST_ROWS)
        }
        _ => text,
    })
}

/// The months of one offer in one channel.
#[derive(Default)]
struct Block {
    months: Vec<String>,
    /// Of each measure, in the order of the report's columns, a value for each month.
    measures: Vec<Vec<Value>>,
}

/// What the first columns of the monthly report name: month, publisher, offer, title, channel, currency.
const DIMENSIONS: usize = 6;

fn months_side_by_side(database: &Database, filter: &Filter) -> Result<String, ReportError> {
    let measures = &Report::Monthly.columns()[DIMENSIONS..];
    let mut blocks: BTreeMap<String, Block> = BTreeMap::new();
    database.read(Report::Monthly, filter, People::Hidden, |row| -> Result<(), ReportError> {
        let name = |place: usize, missing: &str| match &row[place] {
            Value::Text(text) => text.clone(),
            _ => missing.to_owned(),
        };
        let title = format!(
            "{} ({}), channel {}, {}",
            name(3, "no offer of the catalog"),
            name(2, "-"),
            name(4, "not told"),
            name(5, "no currency"),
        );
        let block = blocks.entry(title).or_default();
        block.months.push(name(0, ""));
        block.measures.resize(measures.len(), Vec::new());
        for (values, value) in block.measures.iter_mut().zip(&row[DIMENSIONS..]) {
            values.push(value.clone());
        }
        Ok(())
    })?;
    if blocks.is_empty() {
        return Ok("nothing".to_owned());
    }
    let blocks = blocks.into_iter().map(|(title, block)| format!("{title}\n{}", block.text()));
    Ok(blocks.collect::<Vec<_>>().join("\n\n"))
}

impl Block {
    /// Without what never happened.
    fn text(&self) -> String {
        let header = [String::new()].into_iter().chain(self.months.iter().cloned());
        let mut table = empty(header.collect());
        let columns = Report::Monthly.columns()[DIMENSIONS..].iter();
        for (column, values) in columns.zip(&self.measures) {
            let happened = |value: &Value| !matches!(value, Value::Null | Value::Integer(0));
            if values.iter().any(happened) {
                let cells = values.iter().map(|value| shown(column.kind, value));
                table.add_row([column.display.to_owned()].into_iter().chain(cells));
            }
        }
        let mut kinds = vec![Kind::Text];
        kinds.resize(self.months.len() + 1, Kind::Count);
        laid_out(table, &kinds)
    }
}

fn empty(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

/// Numbers stand at the right.
fn laid_out(mut table: Table, kinds: &[Kind]) -> String {
    for (column, kind) in table.column_iter_mut().zip(kinds) {
        column.set_padding((0, 2));
        if matches!(kind, Kind::Count | Kind::Money | Kind::Rate) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
