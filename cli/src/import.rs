//! Subscribers from a file: each row is asked about at Roku, and told of in a report.
//!
//! Nothing is held but the rows that are being asked about. A row is told of once it is done, in
//! the order of the file; so an import that is stopped, by whatever, goes on with the first row that
//! the report does not tell of. Rows that were done and not told of are done again, which changes
//! nothing.

mod bounded;
mod columns;
mod outcome;
mod report;
mod rows;

use std::cell::Cell;
use std::io::Read;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use usher::domain::publisher::Publisher;
use usher::roku::error::RokuError;
use usher::roku::questions::NoAnswer;
use usher::secrets::SecretError;
use usher::store::StoreError;
use usher::verification::Unanswered;
use usher::verification::import::{Claim, Import, NotTaken};

pub(crate) use self::outcome::{Outcome, Tally};
pub(crate) use self::report::{Begin, Report, ReportError, Target};
pub(crate) use self::rows::{Row, Rows, RowsError};
use crate::progress::Progress;

/// So many rows are asked about at once: enough to take every turn, and so few that whoever else
/// waits for one waits for a second at most.
const IN_FLIGHT: usize = 12;
/// Of a row that gets so many answers that are none, while others get theirs, no more is hoped for.
const MOST_BROKEN_ANSWERS: u8 = 5;

/// Takes rows.
pub(crate) struct Importer<'a> {
    pub(crate) import: Import,
    pub(crate) publisher: &'a Publisher,
    /// How long it goes on without an answer.
    pub(crate) patience: Duration,
    pub(crate) progress: &'a Progress,
    answered_at: Cell<Option<Instant>>,
}

/// Why an import stopped. What is reported until then is done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    /// The file cannot be read any further.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// There is no answer, about no row.
    #[error("line {line}: {cause}")]
    NoAnswer {
        /// Of the first row that is not done.
        line: u64,
        /// What went wrong last.
        cause: Unanswered,
    },
}

impl<'a> Importer<'a> {
    pub(crate) fn new(
        import: Import,
        publisher: &'a Publisher,
        patience: Duration,
        progress: &'a Progress,
    ) -> Self {
        Self { import, publisher, patience, progress, answered_at: Cell::default() }
    }

    /// Takes the rows that are left, and reports each.
    pub(crate) async fn run<R: Read>(
        &self,
        rows: &mut Rows<R>,
        report: &mut Report,
    ) -> Result<(), Stopped> {
        // Of two rows about one Roku account the later one in the file is to have it.
        let at_once = if self.import.transfers() { 1 } else { IN_FLIGHT };
        let done = stream::iter(rows).map(|row| self.take(row)).buffered(at_once);
        let mut done = pin!(done);
        while let Some((row, outcome)) = done.next().await.transpose()? {
            report.write(&row, &outcome)?;
            self.progress.row_done(row.ends_at);
        }
        Ok(())
    }

    async fn take(&self, row: Result<Row, RowsError>) -> Result<(Row, Outcome), Stopped> {
        let row = row?;
        let outcome = match &row.claim {
            Err(invalid) => Outcome::Invalid(*invalid),
            Ok(claim) => self
                .ask(claim)
                .await
                .map_err(|cause| Stopped::NoAnswer { line: row.line, cause })?,
        };
        Ok((row, outcome))
    }

    /// Asks about a claim until there is an answer. Without one, it is the claim's fault where
    /// others were answered meanwhile.
    async fn ask(&self, claim: &Claim) -> Result<Outcome, Unanswered> {
        let (mut failed_at, mut broken_answers) = (None, 0);
        loop {
            let cause = match self.import.take(self.publisher, claim).await {
                Ok(()) => return Ok(self.answered(Outcome::Granted)),
                Err(NotTaken::Rejected(why)) => return Ok(self.answered(Outcome::Rejected(why))),
                Err(NotTaken::Unanswered(cause)) => cause,
            };
            let failed_at: Instant = *failed_at.get_or_insert_with(Instant::now);
            broken_answers += u8::from(is_broken(&cause));
            let left = self.patience.checked_sub(failed_at.elapsed());
            let others_are_answered = self.answered_at.get().is_some_and(|at| at > failed_at);
            let is_hopeless = left.is_none() || broken_answers >= MOST_BROKEN_ANSWERS;
            if is_about_this_alone(&cause) || (is_hopeless && others_are_answered) {
                return Ok(Outcome::Unanswered(cause.to_string()));
            }
            let is_for_a_person = needs_a_person(&cause) && self.answered_at.get().is_none();
            let Some(left) = left.filter(|_| !is_for_a_person) else { return Err(cause) };
            self.progress.waits(&cause.to_string());
            tokio::time::sleep(again_in(&cause).min(left)).await;
        }
    }

    fn answered(&self, outcome: Outcome) -> Outcome {
        self.answered_at.set(Some(Instant::now()));
        outcome
    }
}

fn again_in(cause: &Unanswered) -> Duration {
    match cause {
        Unanswered::NoAnswer(no) => no.again_in(),
        Unanswered::Store(_) => Duration::from_secs(1),
    }
}

/// Whether Roku answered, or the table, and not what could be gone by.
fn is_broken(cause: &Unanswered) -> bool {
    match cause {
        Unanswered::NoAnswer(NoAnswer::Roku(error)) => !matches!(error, RokuError::TryAgain { .. }),
        Unanswered::Store(error) => matches!(error, StoreError::Corrupt(_)),
        Unanswered::NoAnswer(_) => false,
    }
}

/// Whether asking again cannot help, and there is nothing wrong with Roku or the table.
fn is_about_this_alone(cause: &Unanswered) -> bool {
    matches!(cause, Unanswered::Store(StoreError::Refused(_)))
}

/// Whether somebody has to mend something before Roku can be asked at all.
fn needs_a_person(cause: &Unanswered) -> bool {
    matches!(
        cause,
        Unanswered::NoAnswer(
            NoAnswer::Roku(RokuError::WrongKey | RokuError::BadAddress)
                | NoAnswer::Secret(
                    SecretError::Missing(_) | SecretError::Empty(_) | SecretError::NotKeys { .. }
                )
        )
    )
}
