//! `usher import`.

mod setting;
mod summary;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use usher::domain::publisher::TransferPolicy;
use usher::http;
use usher::verification::import::Import;

use self::setting::{Setting, SettingArguments};
use self::summary::Summary;
use super::{Failure, duration, print};
use crate::import::{Begin, Importer, Report, Rows, Stopped};
use crate::progress::Progress;

/// How the import fares beside a running stack.
const RATE: &str = "Each row is asked about at Roku, about 12 in a second, in the turns that the \
                    stack keeps for accounts; viewers' receipts do not wait for it. The \
                    environment variables ROKU_REQUESTS_PER_SECOND and ROKU_ACCOUNTS_PERCENT must say what the \
                    stack's parameters say, where these are not the default.";

/// Whom to import, and where to.
#[derive(Debug, Args)]
#[command(after_help = RATE)]
pub struct Arguments {
    /// A CSV file whose first line names the columns: `email`, `transactionId` (any charge of the
    /// subscription) and perhaps `offerId`; without it, the offer is what Roku sold. Other columns
    /// do not matter
    file: PathBuf,
    #[command(flatten)]
    setting: SettingArguments,
    /// What became of each row: line number, transaction, outcome, reason. If it is there already,
    /// the import goes on where it ends; rows that it tells of are not done again [default: FILE
    /// with .report.csv]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Begin at the first row, with a new report
    #[arg(long)]
    restart: bool,
    /// Give a Roku account that another customer holds to the one in the file. Otherwise it stays,
    /// and the row is rejected, whatever the settings say about receipts
    #[arg(long)]
    transfer: bool,
    /// How long to go on when Roku does not answer
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    patience: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`super::Finding`] when not every row was granted; when the file, the report, the table or Roku
/// cannot be used. What was done until then is told first, and not done again the next time.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, setting, report, restart, transfer, patience, json } = arguments;
    let name = file.display().to_string();
    let unreadable = |error: std::io::Error| format!("{name}: {error}");
    let opened = File::open(&file).map_err(unreadable)?;
    let bytes = opened.metadata().map_err(unreadable)?.len();
    let mut rows = Rows::of(opened).map_err(|error| format!("{name}: {error}"))?;
    let path = report.unwrap_or_else(|| report_of(&file));
    let begin = if restart { Begin::Anew } else { Begin::WhereItStopped };
    let policy = if transfer { TransferPolicy::Transfer } else { TransferPolicy::Keep };

    let Setting { config, publisher, target } = setting.open().await?;
    let import = Import::new(&config, http::client()?, policy)?;
    let mut report = Report::open(&path, target, begin)?;
    report.pass_over_done(&mut rows)?;
    let done_before = report.tally().rows();
    let progress = Progress::over(bytes);
    let importer = Importer::new(import, &publisher, patience, &progress);
    let ran = importer.run(&mut rows, &mut report).await;
    progress.end();
    let summary = Summary { tally: report.tally(), done_before, report: &path };
    print(&if json { summary.in_json() } else { summary.in_text() })?;
    ran.map_err(|stopped| in_words(&name, &stopped))?;
    summary.finding()
}

fn report_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".report.csv");
    PathBuf::from(name)
}

fn in_words(file: &str, stopped: &Stopped) -> String {
    let again = "Nothing is lost: the same command goes on where this one stopped";
    match stopped {
        Stopped::Report(_) => format!("{stopped}. {again}"),
        Stopped::Rows(_) | Stopped::NoAnswer { .. } => format!("{file}, {stopped}. {again}"),
    }
}
