//! A publisher that a command names first.

use std::sync::Arc;

use clap::Args;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::store::Table;

use super::{Failure, TableArgument, known_publisher, publisher_id};

/// Which publisher, in which table, and how to print what comes of it.
#[derive(Debug, Args)]
pub struct NamedPublisher {
    /// The publisher's id, up to ten digits
    publisher: String,
    #[command(flatten)]
    table: TableArgument,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl NamedPublisher {
    /// The id, and the table.
    ///
    /// # Errors
    /// When the id is none.
    pub(super) async fn open(self) -> Result<(PublisherId, Table), Failure> {
        Ok((publisher_id(&self.publisher)?, self.table.open().await))
    }

    /// The publisher as the table holds it, and the table.
    ///
    /// # Errors
    /// When the id is none, there is no such publisher, or the table cannot be read.
    pub(super) async fn find(self) -> Result<(Arc<Publisher>, Table), Failure> {
        let (id, table) = self.open().await?;
        Ok((known_publisher(&table, &id).await?, table))
    }
}
