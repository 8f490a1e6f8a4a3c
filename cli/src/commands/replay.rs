//! `usher replay`.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use push_notification::PushNotification;
use serde_json::json;
use usher::config::ROKU_KEYS_URL;

use super::{Failure, PublisherArgument};
use crate::replay::{Outcome, replay};

/// What to replay, and into which table.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The pushes, one a line: as Roku signed them, decoded, or `{"key": …, "message": …}`. Their
    /// order does not matter, nor whether they were received before
    file: PathBuf,
    #[command(flatten)]
    publisher: PublisherArgument,
    /// The key set that signed pushes are checked with
    #[arg(long, value_name = "URL", default_value = ROKU_KEYS_URL)]
    roku_keys: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Decoded pushes are taken on the word of who runs it.
///
/// # Errors
/// When the file or the table cannot be used, or lines of the file are no pushes.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { file, publisher, roku_keys, json } = arguments;
    let lines = File::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (config, publisher) = publisher.open(roku_keys).await?;
    let handler = PushNotification::new(&config)?;
    let outcome = replay(&handler, &publisher, BufReader::new(lines)).await?;
    if json {
        print_json(&outcome);
    } else {
        print_text(&outcome);
    }
    match outcome.refused.len() {
        0 => Ok(()),
        refused => Err(format!("{refused} lines of {} are no pushes", file.display()).into()),
    }
}

#[expect(clippy::print_stdout, reason = "the person at the terminal reads it")]
fn print_text(outcome: &Outcome) {
    println!("{} kept, {} known before", outcome.kept, outcome.repeated);
    for (line, reason) in &outcome.set_aside {
        println!("line {line}: set aside, {reason}");
    }
    for (line, why) in &outcome.refused {
        println!("line {line}: refused, {why}");
    }
}

#[expect(clippy::print_stdout, reason = "the line is the output")]
fn print_json(outcome: &Outcome) {
    let told = |(line, why): (usize, &str)| json!({ "line": line, "why": why });
    let refused = outcome.refused.iter().map(|(line, why)| told((*line, why)));
    println!(
        "{}",
        json!({
            "kept": outcome.kept,
            "repeated": outcome.repeated,
            "setAside": outcome.set_aside.iter().copied().map(told).collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
        })
    );
}
