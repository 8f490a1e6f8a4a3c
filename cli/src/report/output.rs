//! A report as CSV and as JSON, row by row as it is read.

use std::io::Write;

use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

use super::columns::{Column, Kind, Report};
use super::database::{Database, Filter, People};
use super::error::ReportError;

/// How columns are called, and with that how their values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Names {
    /// As ChurnIQ shows them: amounts and rates are decimals
    Display,
    /// As they are stored: amounts are millionths, rates hundredths of a percent
    Source,
}

impl Names {
    fn of(self, column: &Column) -> &'static str {
        match self {
            Self::Display => column.display,
            Self::Source => column.name,
        }
    }

    fn value(self, kind: Kind, value: &Value) -> String {
        match (self, value) {
            (Self::Display, _) => shown(kind, value),
            (Self::Source, Value::Integer(number)) if kind == Kind::Flag => {
                (*number != 0).to_string()
            }
            (Self::Source, _) => plain(value),
        }
    }
}

/// Writes a report as CSV, with a header.
///
/// # Errors
/// [`ReportError`] when it cannot be read or written.
pub fn csv(
    database: &Database,
    report: Report,
    filter: &Filter,
    people: People,
    names: Names,
    out: impl Write,
) -> Result<(), ReportError> {
    let columns = Database::columns(report, people);
    let mut out = csv::Writer::from_writer(out);
    out.write_record(columns.iter().map(|column| names.of(column))).map_err(of_csv)?;
    database.read(report, filter, people, |row| {
        let cells = columns.iter().zip(row).map(|(column, value)| names.value(column.kind, value));
        out.write_record(cells.map(harmless)).map_err(of_csv)
    })?;
    Ok(out.flush()?)
}

fn of_csv(error: csv::Error) -> ReportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ReportError::Write(error),
        other => ReportError::Write(std::io::Error::other(format!("{other:?}"))),
    }
}

/// What a spreadsheet would take for a formula is text there. A number is none.
fn harmless(text: String) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && text.parse::<f64>().is_err() { format!("'{text}") } else { text }
}

/// Writes a report as a JSON array of objects. Decimals are texts, which are exact.
///
/// # Errors
/// [`ReportError`] when it cannot be read or written.
pub fn json(
    database: &Database,
    report: Report,
    filter: &Filter,
    people: People,
    names: Names,
    mut out: impl Write,
) -> Result<(), ReportError> {
    let columns = Database::columns(report, people);
    let mut before = "[\n";
    database.read(report, filter, people, |row| -> Result<(), ReportError> {
        let cells = columns.iter().zip(row);
        let object: Map<String, Json> = cells
            .map(|(column, value)| (names.of(column).to_owned(), in_json(names, column, value)))
            .collect();
        write!(out, "{before}{}", Json::Object(object))?;
        before = ",\n";
        Ok(())
    })?;
    let end = if before == "[\n" { "[]" } else { "\n]" };
    writeln!(out, "{end}")?;
    Ok(out.flush()?)
}

fn in_json(names: Names, column: &Column, value: &Value) -> Json {
    let is_decimal = names == Names::Display && matches!(column.kind, Kind::Money | Kind::Rate);
    match value {
        Value::Null => Json::Null,
        Value::Integer(number) if column.kind == Kind::Flag => Json::Bool(*number != 0),
        Value::Integer(number) if !is_decimal && column.kind != Kind::Text => (*number).into(),
        value => Json::String(names.value(column.kind, value)),
    }
}

/// A value for people.
pub(super) fn shown(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Money, Value::Integer(micros)) => amount(*micros),
        (Kind::Rate, Value::Integer(rate)) => format!("{}.{:02}%", rate / 100, rate % 100),
        (Kind::Flag, Value::Integer(flag)) => if *flag == 0 { "no" } else { "yes" }.to_owned(),
        _ => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null | Value::Blob(_) => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

/// Millionths as a decimal with two digits, and with more where there are more.
pub(super) fn amount(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let digits = format!("{rest:06}");
    let digits = digits.trim_end_matches('0');
    format!("{sign}{whole}.{digits:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_have_two_digits_or_more() {
        for (micros, text) in [
            (0, "0.00"),
            (7_990_000, "7.99"),
            (-500_000, "-0.50"),
            (-7_990_000, "-7.99"),
            (1_234, "0.001234"),
            (3_995_000, "3.995"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(amount(micros), text);
        }
    }

    #[test]
    fn a_title_is_no_formula() {
        for (text, written) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+x", "'+x"),
            ("-7.99", "-7.99"),
            ("Basic", "Basic"),
        ] {
            assert_eq!(harmless(text.to_owned()), written);
        }
    }
}
