//! `usher simulate fault`.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Told;
use super::remote::{Remote, deliveries};
use crate::commands::Failure;

/// What to break.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What the publisher asks Roku
    #[command(subcommand)]
    WebServices(WebServices),
    /// What Roku tells the publisher
    Pushes {
        /// In which way
        fault: Pushes,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum WebServices {
    /// Every answer comes late
    Slow {
        /// How late
        #[arg(long, value_name = "N")]
        seconds: u16,
    },
    /// HTTP 503 with an empty body, at once
    Down,
    /// Connections are accepted and nothing is answered
    Gone,
    /// HTTP 429 with an empty body
    TooManyRequests,
    /// Every API key is wrong
    WrongKey,
    /// Answers are cut in half
    BrokenJson,
    /// Answers are XML
    Xml,
    /// All is well again
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Pushes {
    /// They never come
    Lost,
    /// They come when the fault is over
    Late,
    /// They come when the fault is over, last first
    Reordered,
    /// Each comes twice
    Doubled,
    /// All is well again; what was held back comes now
    None,
}

impl WebServices {
    /// The fault as the simulator is told of it; none is none.
    fn told(&self) -> Option<Value> {
        let name = match self {
            Self::Slow { seconds } => return Some(json!({ "fault": "slow", "seconds": seconds })),
            Self::Down => "down",
            Self::Gone => "gone",
            Self::TooManyRequests => "too-many-requests",
            Self::WrongKey => "wrong-key",
            Self::BrokenJson => "broken-json",
            Self::Xml => "xml",
            Self::None => return None,
        };
        Some(json!({ "fault": name }))
    }
}

impl Pushes {
    fn told(self) -> Option<Value> {
        let name = match self {
            Self::Lost => "lost",
            Self::Late => "late",
            Self::Reordered => "reordered",
            Self::Doubled => "doubled",
            Self::None => return None,
        };
        Some(json!({ "fault": name }))
    }
}

pub(super) async fn run(command: &Command, remote: &Remote) -> Result<Told, Failure> {
    let (what, path, fault) = match command {
        Command::WebServices(fault) => ("the web services", "/faults/web-services", fault.told()),
        Command::Pushes { fault } => ("the pushes", "/faults/pushes", fault.told()),
    };
    if let Some(fault) = fault {
        remote.put(path, &fault).await?;
        let name = fault["fault"].as_str().unwrap_or_default();
        return Ok((format!("{what} are broken: {name}"), fault));
    }
    let answer = remote.delete(path).await?;
    let held = answer["pushes"].as_array().filter(|pushes| !pushes.is_empty());
    let told = held.map(|_| format!("; {}", deliveries(&answer))).unwrap_or_default();
    let text = format!("{what} are mended{told}");
    Ok((text, json!({ "fault": null, "pushes": answer["pushes"] })))
}
