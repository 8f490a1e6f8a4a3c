//! The commands of `usher`.

pub mod catalog;
pub mod demo;
pub mod local;
pub mod token;

use clap::Args;
use usher::config::aws_config;
use usher::store::Table;

/// What goes wrong in a command, as text for the person at the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The deployed table that a command works on.
#[derive(Debug, Args)]
pub struct TableArgument {
    /// The table of the stack (its output `TableName`), in the account and region that the AWS
    /// environment variables or profile name
    #[arg(long, env = "TABLE_NAME", value_name = "NAME")]
    table: String,
}

impl TableArgument {
    async fn open(self) -> Table {
        let aws = aws_config().load().await;
        Table::new(aws_sdk_dynamodb::Client::new(&aws), self.table)
    }
}
