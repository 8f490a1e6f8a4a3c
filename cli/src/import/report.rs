//! The report: a line for each row that is done, in the order of the file. It is also where an
//! import that was stopped goes on.
//!
//! It holds no e-mail address: the number of the line finds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use csv::WriterBuilder;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, Tally};
use super::rows::{Row, Rows, RowsError};

const HEADER: &str = "line,transactionId,outcome,reason,message,publisher,table\n";

/// Where an import goes: a report of one is none of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The publisher's id.
    pub(crate) publisher: String,
    /// The table's name, or the address of a local one.
    pub(crate) table: String,
}

/// Where in its file an import begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Where the report ends.
    WhereItStopped,
    /// At the first row, with a new report.
    Anew,
}

/// A report that is being written.
#[derive(Debug)]
pub(crate) struct Report {
    path: PathBuf,
    file: File,
    target: Target,
    tally: Tally,
}

/// Why a report cannot be written, or not gone on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("{}: {cause}", path.display())]
    Unusable { path: PathBuf, cause: io::Error },
    #[error("{} is being written: wait until that import has ended", .0.display())]
    Busy(PathBuf),
    #[error("{} is no report of an import: name another file with --report", .0.display())]
    Foreign(PathBuf),
    #[error("{}, line {line}: {why}. {WHAT_TO_DO}", path.display())]
    OfAnother { path: PathBuf, line: u64, why: String },
    #[error(transparent)]
    Rows(#[from] RowsError),
}

const WHAT_TO_DO: &str =
    "Name another report with --report, or begin at the first row again with --restart";

/// A line of the report.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    line: u64,
    transaction_id: String,
    outcome: String,
    reason: String,
    message: String,
    publisher: String,
    table: String,
}

impl Report {
    /// Opens a report, or makes it. A line that was not written to its end is cut off.
    pub(crate) fn open(path: &Path, target: Target, begin: Begin) -> Result<Self, ReportError> {
        let unusable = |cause| ReportError::Unusable { path: path.to_owned(), cause };
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let mut file = options.open(path).map_err(unusable)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => ReportError::Busy(path.to_owned()),
            TryLockError::Error(cause) => unusable(cause),
        })?;
        if !is_report(&file).map_err(unusable)? {
            return Err(ReportError::Foreign(path.to_owned()));
        }
        let whole = match begin {
            Begin::WhereItStopped => whole_lines(&mut file).map_err(unusable)?,
            Begin::Anew => 0,
        };
        file.set_len(whole).map_err(unusable)?;
        file.seek(SeekFrom::Start(whole)).map_err(unusable)?;
        if whole == 0 {
            file.write_all(HEADER.as_bytes()).map_err(unusable)?;
        }
        Ok(Self { path: path.to_owned(), file, target, tally: Tally::default() })
    }

    /// Passes over the rows that the report tells of, and counts them. Each must be the row that it
    /// tells of, as far as it does.
    pub(crate) fn pass_over_done<R: Read>(
        &mut self,
        rows: &mut Rows<R>,
    ) -> Result<(), ReportError> {
        let unusable = |cause| ReportError::Unusable { path: self.path.clone(), cause };
        (&self.file).rewind().map_err(unusable)?;
        let mut lines = csv::Reader::from_reader(BufReader::new(&self.file));
        for (line, told) in (2..).zip(lines.deserialize()) {
            let other = |why| ReportError::OfAnother { path: self.path.clone(), line, why };
            let told: Line = told.map_err(|_| other("it cannot be read".to_owned()))?;
            self.target.check(&told).map_err(other)?;
            let row = rows.next().transpose()?;
            let row = row.ok_or_else(|| other("the file has fewer rows".to_owned()))?;
            if (row.line, &row.transaction) != (told.line, &told.transaction_id) {
                let why =
                    "the file has another transaction there, so the report is of another file";
                return Err(other(format!("it tells of line {}, and {why}", told.line)));
            }
            self.tally.count(&told.outcome, &told.reason);
        }
        (&self.file).seek(SeekFrom::End(0)).map_err(unusable)?;
        Ok(())
    }

    /// Writes what became of a row. When this returns, the row is done.
    pub(super) fn write(&mut self, row: &Row, outcome: &Outcome) -> Result<(), ReportError> {
        let line = Line {
            line: row.line,
            transaction_id: row.transaction.clone(),
            outcome: outcome.word().to_owned(),
            reason: outcome.reason().to_owned(),
            message: outcome.message(),
            publisher: self.target.publisher.clone(),
            table: self.target.table.clone(),
        };
        let mut writer = WriterBuilder::new().has_headers(false).from_writer(&self.file);
        let written = writer.serialize(line).map_err(io::Error::from);
        let written = written.and_then(|()| writer.flush());
        written.map_err(|cause| ReportError::Unusable { path: self.path.clone(), cause })?;
        self.tally.count(outcome.word(), outcome.reason());
        Ok(())
    }

    /// What became of the rows so far, of those that were done before too.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Target {
    fn check(&self, told: &Line) -> Result<(), String> {
        if (&self.publisher, &self.table) == (&told.publisher, &told.table) {
            return Ok(());
        }
        let Line { publisher, table, .. } = told;
        Err(format!("it is the report of an import for publisher {publisher} into {table}"))
    }
}

/// Whether a file begins as a report does, or is the beginning of one.
fn is_report(file: &File) -> io::Result<bool> {
    let mut beginning = Vec::new();
    let length = u64::try_from(HEADER.len()).unwrap_or_default();
    file.take(length).read_to_end(&mut beginning)?;
    Ok(HEADER.as_bytes().starts_with(&beginning))
}

/// How long a file is to the end of its last whole line.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    file.rewind()?;
    let mut reader = BufReader::new(file);
    let (mut read, mut whole) = (0, 0);
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(whole);
        }
        let length = bytes.len();
        if let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') {
            whole = read + u64::try_from(end + 1).unwrap_or_default();
        }
        reader.consume(length);
        read += u64::try_from(length).unwrap_or_default();
    }
}
