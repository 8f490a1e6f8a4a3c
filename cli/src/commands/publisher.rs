//! `usher publisher rotate-key`.

use std::io::{BufRead, IsTerminal, Read};

use clap::{Args, Subcommand};
use secrecy::SecretString;
use serde_json::json;
use usher::domain::id::PublisherId;
use usher::secrets::rotation::{Before, RokuApiKeyRotation, Rotated, RotationError};

use super::{Failure, aws_at, print, publisher_id, web_address};
use crate::stack::Stack;

/// Where the key may be instead of on standard input.
const KEY_VARIABLE: &str = "ROKU_API_KEY";
/// Of a first line that is longer it is known that it is no key.
const MAX_LINE_BYTES: u64 = 4096;

/// What to do with a publisher.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Give a publisher a new Roku Pay API key. It is the value of the environment variable
    /// `ROKU_API_KEY`, or else the first line of standard input
    ///
    /// In Roku's dashboard, let the old key expire in a day or more and not at once: the functions
    /// use the new one within 5 minutes, and try the old one besides. The key is no argument,
    /// because those are seen by others on the machine and stay in the history of the shell.
    RotateKey {
        /// The publisher's id, up to ten digits
        publisher: String,
        /// Where it goes.
        #[command(flatten)]
        secrets: SecretsArgument,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Where the secrets are.
#[derive(Debug, Args)]
pub struct SecretsArgument {
    /// What the names of the stack's secrets begin with: the stack's name. It is in the account and
    /// region that the AWS environment variables or profile name
    #[arg(
        long,
        env = "SECRETS_PREFIX",
        value_name = "STACK",
        required_unless_present = "local",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    prefix: Option<String>,
    /// The secrets of `usher local` instead, whose Secrets Manager is at this address
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "http://127.0.0.1:8084",
        value_parser = web_address
    )]
    local: Option<String>,
}

impl SecretsArgument {
    async fn open(self) -> RokuApiKeyRotation {
        let aws = aws_at(self.local.as_deref()).await;
        let local_prefix = || Stack::SECRETS_PREFIX.to_owned();
        let prefix = self.prefix.filter(|_| self.local.is_none()).unwrap_or_else(local_prefix);
        RokuApiKeyRotation::new(aws_sdk_secretsmanager::Client::new(&aws), prefix)
    }
}

/// Runs the command.
///
/// # Errors
/// When the id or the key is none, or Secrets Manager does not read or write. No text of it holds a
/// key.
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::RotateKey { publisher, secrets, json } = command;
    let publisher = publisher_id(&publisher)?;
    let rotation = secrets.open().await;
    let (key, source) = new_key()?;
    let rotated = rotation.rotate(&publisher, key).await.map_err(|error| match error {
        RotationError::InvalidKey(why) => format!("the key from {source} {why}"),
        error => error.to_string(),
    })?;
    let secret = rotation.secret_name(&publisher);
    print(&if json {
        in_json(&publisher, &secret, rotated)
    } else {
        in_text(&publisher, &secret, source, rotated)
    })
}

/// The key, and where it was found.
fn new_key() -> Result<(SecretString, &'static str), Failure> {
    if let Some(key) = std::env::var_os(KEY_VARIABLE) {
        let key = key.into_string().map_err(|_| format!("{KEY_VARIABLE} is not UTF-8"))?;
        return Ok((SecretString::from(key), KEY_VARIABLE));
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        let why = format!(
            "a terminal would show the key: let standard input be a file or a pipe, or set \
             {KEY_VARIABLE} (read -rs {KEY_VARIABLE}; export {KEY_VARIABLE})"
        );
        return Err(why.into());
    }
    let mut line = String::new();
    let read = input.lock().take(MAX_LINE_BYTES).read_line(&mut line);
    read.map_err(|error| format!("cannot read the key from standard input: {error}"))?;
    Ok((SecretString::from(line), "standard input"))
}

fn in_json(publisher: &PublisherId, secret: &str, rotated: Rotated) -> String {
    let outcome = match rotated {
        Rotated::First => "first",
        Rotated::Replaced(_) => "replaced",
        Rotated::AlreadyActive => "already_active",
    };
    let dropped = rotated == Rotated::Replaced(Before::ExpiringDropped);
    let told = json!({
        "publisherId": publisher,
        "secret": secret,
        "outcome": outcome,
        "expiringDropped": dropped,
    });
    told.to_string()
}

fn in_text(publisher: &PublisherId, secret: &str, source: &str, rotated: Rotated) -> String {
    let (outcome, next) = match rotated {
        Rotated::AlreadyActive => {
            (format!("the key from {source} is the active one already; nothing was changed"), "")
        }
        Rotated::First => ("its first key is active".to_owned(), ""),
        Rotated::Replaced(_) => {
            ("the new key is active, and the old one expiring".to_owned(), NEXT)
        }
    };
    let dropped = match rotated {
        Rotated::Replaced(Before::ExpiringDropped) => DROPPED,
        _ => "",
    };
    format!("publisher {publisher}, secret {secret}: {outcome}{dropped}{next}")
}

const DROPPED: &str =
    "\nThe key that was expiring before is dropped, because Roku keeps one such key at most.";
const NEXT: &str = "\nFunctions use the new key within 5 minutes. The old key is tried until you \
                    rotate again.";
