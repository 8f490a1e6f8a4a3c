//! `usher publisher rotate-key`.

use std::io::{BufRead, IsTerminal, Read};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use usher::clock::Clock;
use usher::config::ROKU_URL;
use usher::domain::id::PublisherId;
use usher::http;
use usher::roku::web_service::RokuWebService;
use usher::secrets::roku_api_keys::parse_key;
use usher::secrets::rotation::{Before, RokuApiKeyRotation, Rotated};

use crate::commands::queues::beside;
use crate::commands::secrets::SecretsArgument;
use crate::commands::{Failure, LocalArgument, print, publisher_id, web_address};

/// Where the key may be instead of on standard input.
const KEY_VARIABLE: &str = "ROKU_API_KEY";
/// Of a first line that is longer it is known that it is no key.
const MAX_LINE_BYTES: u64 = 4096;

/// Whose key, where it goes, and which Roku it is for.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The publisher's id, up to ten digits
    publisher: String,
    #[command(flatten)]
    local: LocalArgument,
    #[command(flatten)]
    secrets: SecretsArgument,
    /// The Roku that the key is tried at: what /validate-transaction/… is appended to [default:
    /// Roku's own; with --local, the simulator, at the port before the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    roku: Option<String>,
    /// Store the key without asking Roku
    #[arg(long, conflicts_with = "roku")]
    unchecked: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the id or the key is none, Roku does not take the key or does not say, or Secrets Manager
/// does not read or write. No text of it holds a key.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { publisher, local, secrets, roku, unchecked, json } = arguments;
    let local = local.url();
    let publisher = publisher_id(&publisher)?;
    let (text, source) = new_key()?;
    let key = parse_key(text.expose_secret());
    let key = key.map_err(|why| format!("the key from {source} {why}"))?;
    if !unchecked {
        let simulator = local.and_then(simulator_beside);
        let roku = roku.or(simulator).unwrap_or_else(|| ROKU_URL.to_owned());
        must_be_taken(&key, source, &roku).await?;
    }
    let (client, prefix) = secrets.open(local).await?;
    let rotation = RokuApiKeyRotation::new(client, prefix);
    let rotated = rotation.rotate(&publisher, key).await.map_err(|error| error.to_string())?;
    let secret = rotation.secret_name(&publisher);
    print(&if json {
        in_json(&publisher, &secret, rotated, unchecked)
    } else {
        in_text(&publisher, &secret, source, rotated)
    })
}

/// The simulator of the `usher local` whose table is at `table`.
fn simulator_beside(table: &str) -> Option<String> {
    Some(beside(table, -1)?.join("listen/transaction-service.svc").ok()?.into())
}

/// Fails unless Roku takes the key.
async fn must_be_taken(key: &SecretString, source: &str, roku: &str) -> Result<(), Failure> {
    let service = RokuWebService::new(roku, http::client()?, Clock::system())?;
    match service.takes(key).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let way = "copy it from Roku's dashboard again";
            Err(format!("Roku does not take the key from {source}; nothing was stored: {way}")
                .into())
        }
        Err(why) => {
            let way = "try again later, or store it as it is with --unchecked";
            let told = format!("{why} (at {roku})");
            Err(format!(
                "it is not known whether Roku takes the key: {told}; nothing was stored: {way}"
            )
            .into())
        }
    }
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

fn in_json(publisher: &PublisherId, secret: &str, rotated: Rotated, unchecked: bool) -> String {
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
        "askedRoku": !unchecked,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulator_is_at_the_port_before_the_table() {
        let expected = "http://127.0.0.1:8081/listen/transaction-service.svc";
        assert_eq!(simulator_beside("http://127.0.0.1:8082").as_deref(), Some(expected));
        assert_eq!(simulator_beside("nowhere"), None);
    }
}
