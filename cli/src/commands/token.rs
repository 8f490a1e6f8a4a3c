//! `usher token issue`.

use clap::Subcommand;
use secrecy::ExposeSecret;
use usher::domain::id::PublisherId;
use usher::store::publisher_tokens::PublisherTokens;

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
/// When the id is none or the table cannot be written.
#[expect(clippy::print_stdout, reason = "the token is the output")]
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Issue { publisher, table } = command;
    let publisher = PublisherId::parse(&publisher)
        .map_err(|why| format!("the publisher's id {why}, not {publisher:?}"))?;
    let token = PublisherTokens::new(&table.open().await).issue(&publisher).await;
    println!("{}", token.map_err(|error| error.with_causes())?.expose_secret());
    Ok(())
}
