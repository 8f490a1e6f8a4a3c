//! `usher simulate`: what a Roku would send, and what a Roku that is simulated is to do.

mod fault;
mod remote;
mod sign;
mod status;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Failure, print, time, web_address};
use remote::Remote;

/// What to simulate, and which simulator is to do it.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The running simulator: that of `usher local` if not given. `sign` needs none
    #[arg(
        long,
        global = true,
        env = "USHER_SIMULATOR",
        value_name = "URL",
        default_value = "http://127.0.0.1:8081",
        value_parser = web_address
    )]
    simulator: String,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

/// What a command says: to a person, and to a program.
type Told = (String, Value);

/// What to simulate.
#[derive(Debug, Subcommand)]
enum Command {
    /// Sign the pushes of stories as Roku does, for a receiver that checks signatures
    Sign(sign::Arguments),
    /// Break the web services or the pushes, until `none`
    #[command(subcommand)]
    Fault(fault::Command),
    /// Push again what was pushed in a window, what was lost included
    Replay(Window),
    /// Sign with a new key from now on
    RotateSigningKey {
        /// The old key leaves the key set at once
        #[arg(long)]
        withdraw_old: bool,
    },
    /// Push that the public keys are to be forgotten
    InvalidateKeys,
    /// Give the account another API key; the old one is accepted until `expire-api-key`
    RotateApiKey {
        /// The new key
        key: String,
    },
    /// End the old API key
    ExpireApiKey,
    /// Take the push URL off the deny list
    Allow,
    /// Tell the faults, the requests, and where pushes go
    Status,
}

/// At most 14 days of the last 90 by the simulator's clock, both ends included.
#[derive(Debug, Args)]
struct Window {
    /// When it begins
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Timestamp,
    /// When it ends
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Timestamp,
    /// Under new message keys
    #[arg(long)]
    new_keys: bool,
}

/// Runs the command.
///
/// # Errors
/// When a file is no story or the folder cannot be written; when no simulator answers, or it
/// refuses.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let remote = Remote::at(arguments.simulator)?;
    let (text, told) = told(arguments.command, &remote).await?;
    print(&if arguments.json { told.to_string() } else { text })
}

async fn told(command: Command, remote: &Remote) -> Result<Told, Failure> {
    match command {
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Fault(fault) => fault::run(&fault, remote).await,
        Command::Replay(window) => replay(&window, remote).await,
        Command::RotateSigningKey { withdraw_old } => {
            rotate_signing_key(withdraw_old, remote).await
        }
        Command::InvalidateKeys => {
            let answer = remote.post("/signing-key/invalidate", &json!({})).await?;
            Ok((remote::deliveries(&answer), answer))
        }
        Command::RotateApiKey { key } => {
            remote.post("/api-key/rotate", &json!({ "key": key })).await?;
            let text = "the new API key is active, the old one expires";
            Ok((text.to_owned(), json!({ "oldApiKey": "expiring" })))
        }
        Command::ExpireApiKey => expire_api_key(remote).await,
        Command::Allow => {
            remote.post("/push-url/allow", &json!({})).await?;
            Ok(("pushes are delivered again".to_owned(), json!({ "denied": false })))
        }
        Command::Status => status::run(remote).await,
    }
}

async fn replay(window: &Window, remote: &Remote) -> Result<Told, Failure> {
    let Window { from, to, new_keys } = window;
    let window = json!({ "from": from, "to": to, "newKeys": new_keys });
    let answer = remote.post("/pushes/replay", &window).await?;
    Ok((remote::deliveries(&answer), answer))
}

async fn rotate_signing_key(withdraw_old: bool, remote: &Remote) -> Result<Told, Failure> {
    let rotation = json!({ "withdrawOld": withdraw_old });
    let answer = remote.post("/signing-key/rotate", &rotation).await?;
    let kid = answer["kid"].as_str().unwrap_or_default();
    let old = if withdraw_old { "withdrawn" } else { "still published" };
    let text = format!("pushes are signed with {kid}; the key before it is {old}");
    Ok((text, answer))
}

async fn expire_api_key(remote: &Remote) -> Result<Told, Failure> {
    remote.post("/api-key/expire", &json!({})).await?;
    Ok(("the old API key has expired".to_owned(), json!({ "oldApiKey": "expired" })))
}
