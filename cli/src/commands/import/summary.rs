//! What became of the rows of a file.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::commands::table::table;
use crate::commands::{Failure, Finding};
use crate::import::Tally;

/// What may become of a row that is not granted, as the report calls it.
const NOT_GRANTED: [&str; 3] = ["rejected", "invalid", "unanswered"];

pub(super) struct Summary<'a> {
    pub(super) tally: &'a Tally,
    /// Rows that an earlier run did.
    pub(super) done_before: u64,
    pub(super) report: &'a Path,
}

impl Summary<'_> {
    pub(super) fn in_text(&self) -> String {
        let row = |outcome: &str, reason: &str, rows: u64| {
            [outcome.to_owned(), reason.to_owned(), rows.to_string()]
        };
        let granted = row("granted", "", self.tally.of("granted"));
        let others = NOT_GRANTED.iter().flat_map(|outcome| {
            self.tally.reasons(outcome).map(|(reason, rows)| row(outcome, reason, rows))
        });
        let rows = table(["outcome", "reason", "rows"], std::iter::once(granted).chain(others));
        let before = match self.done_before {
            0 => String::new(),
            rows => format!("; {rows} of these rows were done before"),
        };
        format!("{rows}\nEach row: {}{before}", self.report.display())
    }

    pub(super) fn in_json(&self) -> String {
        let mut told = Map::from_iter([
            ("rows".to_owned(), json!(self.tally.rows())),
            ("doneBefore".to_owned(), json!(self.done_before)),
            ("granted".to_owned(), json!(self.tally.of("granted"))),
            ("report".to_owned(), json!(self.report.display().to_string())),
        ]);
        for outcome in NOT_GRANTED {
            let reasons = self.tally.reasons(outcome);
            let reasons = reasons.map(|(reason, rows)| (reason.to_owned(), json!(rows)));
            told.insert(outcome.to_owned(), Value::Object(reasons.collect()));
        }
        Value::Object(told).to_string()
    }

    /// Whether every row was granted.
    pub(super) fn finding(&self) -> Result<(), Failure> {
        let (rows, granted) = (self.tally.rows(), self.tally.of("granted"));
        match rows - granted {
            0 => Ok(()),
            others => {
                let report = self.report.display();
                Err(Finding(format!("{others} of {rows} rows were not granted: see {report}"))
                    .into())
            }
        }
    }
}
