//! `usher token issue`.

use clap::Subcommand;
use secrecy::ExposeSecret;
use usher::store::publisher_tokens::PublisherTokens;

use super::{Failure, TableArgument, known_publisher, publisher_id};

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
    let publisher = publisher_id(&publisher)?;
    let table = table.open().await;
    known_publisher(&table, &publisher).await?;
    let token = PublisherTokens::new(&table).issue(&publisher).await;
    println!("{}", token.map_err(|error| error.with_causes())?.expose_secret());
    Ok(())
}
