//! `usher catalog check|apply`.

use std::path::PathBuf;

use clap::Subcommand;
use usher::domain::offer::Offer;
use usher::domain::publisher::Publisher;
use usher::store::publishers::Publishers;

use super::table::table;
use super::{Failure, TableArgument, print};
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
        Command::Check { file } => show(&catalog_file::read(&file)?)?,
        Command::Apply { file, table } => {
            let publisher = catalog_file::read(&file)?;
            let saved = Publishers::new(&table.open().await).save(&publisher).await;
            saved.map_err(|error| error.with_causes())?;
            show(&publisher)?;
        }
    }
    Ok(())
}

fn show(publisher: &Publisher) -> Result<(), Failure> {
    let row = |offer: &Offer| {
        [offer.id.to_string(), offer.roku_product().to_string(), offer.title.clone()]
    };
    let offers =
        table(["offer", "Roku product", "title"], publisher.catalog.offers().iter().map(row));
    print(&format!("publisher {}\n\n{offers}", publisher.id))
}
