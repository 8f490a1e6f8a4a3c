//! `usher replay`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use push_notification::PushNotification;
use serde_json::json;
use usher::clock::Clock;
use usher::config::ROKU_KEYS_URL;
use usher::roku::push::PublicKeySet;

use super::{Failure, PublisherArgument, print, web_address};
use crate::progress::Progress;
use crate::replay::{Keys, Outcome, replay};

/// What to replay, and into which table.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The pushes, one a line: as Roku signed them, decoded, or `{"key": …, "message": …}`. Their
    /// order does not matter, nor whether they were received before
    file: PathBuf,
    #[command(flatten)]
    publisher: PublisherArgument,
    /// The key set that signed pushes are checked with: an http or https address, or a file
    #[arg(long, value_name = "URL|FILE", default_value = ROKU_KEYS_URL)]
    roku_keys: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Decoded pushes are taken on the word of who runs it.
///
/// # Errors
/// When the file or the table cannot be used, or lines of the file are no pushes. What was taken
/// until then is told first.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, publisher, roku_keys, json } = arguments;
    let unreadable = |error: std::io::Error| format!("{}: {error}", file.display());
    let lines = File::open(&file).map_err(unreadable)?;
    let progress = Progress::over(lines.metadata().map_err(unreadable)?.len());
    let keys = if web_address(&roku_keys).is_ok() { Keys::OfHandler } else { given(&roku_keys)? };
    let (config, publisher) = publisher.open(roku_keys).await?;
    let handler = PushNotification::new(&config)?;
    let mut outcome = Outcome::default();
    let mut read = 0;
    let reached = |bytes: usize| {
        read += u64::try_from(bytes).unwrap_or_default();
        progress.row_done(read);
    };
    let lines = BufReader::new(lines);
    let replayed = replay(&handler, &publisher, &keys, lines, &mut outcome, reached).await;
    progress.end();
    print(&if json { in_json(&outcome) } else { in_text(&outcome) })?;
    replayed.map_err(|error| format!("{}, {error}", file.display()))?;
    match outcome.refused.len() {
        0 => Ok(()),
        refused => {
            let what = format!("not taken as pushes of {}: {refused}", file.display());
            Err(super::Finding(what).into())
        }
    }
}

fn given(path: &str) -> Result<Keys, Failure> {
    let text =
        std::fs::read_to_string(Path::new(path)).map_err(|error| format!("{path}: {error}"))?;
    let keys = PublicKeySet::parse(&text).ok_or_else(|| format!("{path} is no key set"))?;
    Ok(Keys::Given(keys, Clock::system().now()))
}

fn in_text(outcome: &Outcome) -> String {
    let mut lines = vec![format!("{} kept, {} known before", outcome.kept, outcome.repeated)];
    let aside = outcome.set_aside.iter();
    lines.extend(aside.map(|(line, reason)| format!("line {line}: set aside, {reason}")));
    let refused = outcome.refused.iter();
    lines.extend(refused.map(|(line, why)| format!("line {line}: refused, {why}")));
    lines.join("\n")
}

fn in_json(outcome: &Outcome) -> String {
    let told = |(line, why): (usize, &str)| json!({ "line": line, "why": why });
    let refused = outcome.refused.iter().map(|(line, why)| told((*line, why)));
    let outcome = json!({
        "kept": outcome.kept,
        "repeated": outcome.repeated,
        "setAside": outcome.set_aside.iter().copied().map(told).collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
    });
    outcome.to_string()
}
