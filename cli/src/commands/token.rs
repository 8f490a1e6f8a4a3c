//! `usher token issue`.

use clap::Subcommand;
use secrecy::ExposeSecret;
use usher::domain::id::PublisherId;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;

use super::{Failure, TableArgument};

/// What to do with publisher tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token for a publisher and print it, this once.
    Issue {
        /// The publisher's id, up to ten digits.
        publisher: String,
        /// Where it goes.
        #[command(flatten)]
        table: TableArgument,
    },
}

/// Runs the command.
///
/// # Errors
/// When the id is none, nobody has applied a catalog for it, or the table cannot be used.
#[expect(clippy::print_stdout, reason = "the token is the output")]
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Issue { publisher, table } = command;
    let publisher = PublisherId::parse(&publisher)
        .map_err(|why| format!("the publisher's id {why}, not {publisher:?}"))?;
    let table = table.open().await;
    let known = Publishers::new(&table).find(&publisher).await;
    if known.map_err(|error| error.with_causes())?.is_none() {
        return Err(format!("publisher {publisher} has no catalog yet: apply one first").into());
    }
    let token = PublisherTokens::new(&table).issue(&publisher).await;
    println!("{}", token.map_err(|error| error.with_causes())?.expose_secret());
    Ok(())
}
