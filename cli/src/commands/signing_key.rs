//! `usher signing-key`: the key that customers' tokens are signed with.

use clap::{Args, Subcommand};
use serde_json::json;
use usher::clock::Clock;
use usher::config::Config;
use usher::secrets::signing_key::{RotatedSigningKey, SigningKeyRotation};
use usher::store::customer_token_keys::CustomerTokenKeys;

use super::secrets::SecretsArgument;
use super::table::table;
use super::{Failure, TableArgument, print};

/// What to do with the signing key.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign with another key from now on. Nobody notices: functions use it within 5 minutes, its public
    /// half is published before, and what the old one signed is good for as long as it says
    Rotate {
        /// Where the key is.
        #[command(flatten)]
        stack: StackArguments,
        /// Where its seed is.
        #[command(flatten)]
        secrets: SecretsArgument,
    },
    /// List the public keys that tokens are checked with, as /.well-known/jwks.json publishes them
    List(StackArguments),
}

/// Which stack, and how to print what comes of it.
#[derive(Debug, Args)]
pub struct StackArguments {
    #[command(flatten)]
    table: TableArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the table or Secrets Manager cannot be used. Tokens go on being signed with the key before.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Rotate { stack, secrets } => rotate(stack, secrets).await,
        Command::List(stack) => list(stack).await,
    }
}

async fn rotate(stack: StackArguments, secrets: SecretsArgument) -> Result<(), Failure> {
    let local = stack.table.local().map(str::to_owned);
    let (secrets_manager, secrets_prefix) = secrets.open(local.as_deref()).await?;
    let config = stack.table.config(String::new()).await;
    let config = Config { secrets_manager, secrets_prefix, ..config };
    let RotatedSigningKey { new, old } = SigningKeyRotation::new(&config).rotate().await?;
    print(&if stack.json {
        json!({ "new": new, "old": old }).to_string()
    } else {
        let old = old.map_or(String::new(), |old| format!(", and no longer with {old}"));
        format!("Tokens are signed with {new} within 5 minutes{old}.")
    })
}

async fn list(stack: StackArguments) -> Result<(), Failure> {
    let keys = CustomerTokenKeys::new(&stack.table.open().await);
    let keys = keys.all(Clock::system().now()).await.map_err(|error| error.in_short())?;
    if stack.json {
        let shown = keys.iter().map(|key| {
            let (published_at, kept_until) = (key.published_at, key.kept_until);
            json!({ "kid": key.kid, "publishedAt": published_at, "keptUntil": kept_until })
        });
        return print(&format!("{:#}", shown.collect::<serde_json::Value>()));
    }
    let moment = |moment: Option<jiff::Timestamp>| {
        moment.map_or("-".to_owned(), |moment| format!("{moment:.0}"))
    };
    let rows =
        keys.iter().map(|key| [key.kid.clone(), moment(key.published_at), moment(key.kept_until)]);
    print(&table(["key", "published", "kept until"], rows))
}
