//! `usher catalog check|apply`.

use std::path::PathBuf;

use clap::Subcommand;
use usher::domain::publisher::Publisher;
use usher::store::publishers::Publishers;

use super::{Failure, TableArgument};
use crate::catalog_file;

/// What to do with a catalog.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a catalog and show which Roku product is which offer.
    Check {
        /// The catalog.
        file: PathBuf,
    },
    /// Check a catalog and make it the publisher's. Functions use it within a minute.
    Apply {
        /// The catalog.
        file: PathBuf,
        /// Where it goes.
        #[command(flatten)]
        table: TableArgument,
    },
}

/// Runs the command.
///
/// # Errors
/// When the file is no catalog or the table cannot be written.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check { file } => show(&catalog_file::read(&file)?),
        Command::Apply { file, table } => {
            let publisher = catalog_file::read(&file)?;
            let saved = Publishers::new(&table.open().await).save(&publisher).await;
            saved.map_err(|error| error.with_causes())?;
            show(&publisher);
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the person at the terminal reads it")]
fn show(publisher: &Publisher) {
    println!("publisher {}", publisher.id);
    for offer in publisher.catalog.offers() {
        println!("  {:<16} is Roku product {:<24} {}", offer.id, offer.roku_product(), offer.title);
    }
}
