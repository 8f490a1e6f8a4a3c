//! What goes wrong with a report.

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The database of the report, a temporary file.
    #[error("the temporary database failed: {0}. SQLITE_TMPDIR names another directory for it")]
    Database(#[from] rusqlite::Error),
    /// What it is written to.
    #[error("cannot write the report: {0}")]
    Write(#[from] std::io::Error),
    /// A chart of nothing.
    #[error("there is nothing to draw: no figures of these months, offer and channel")]
    Nothing,
    /// Amounts of several currencies have no common axis.
    #[error("a chart is of one currency, not of {0}: choose with --offer")]
    Currencies(String),
    /// The drawing failed.
    #[error("cannot draw the chart: {0}")]
    Drawing(String),
}
