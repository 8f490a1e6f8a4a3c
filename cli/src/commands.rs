//! The commands of `usher`.

pub mod catalog;
pub mod customer;
pub mod demo;
pub mod local;
pub mod quote;
pub mod replay;
pub mod simulate;
pub mod token;

use std::sync::Arc;

use aws_config::Region;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use clap::Args;
use jiff::Timestamp;
use usher::clock::Clock;
use usher::config::{Config, ROKU_URL, aws_config};
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::store::Table;
use usher::store::publishers::Publishers;

use crate::stack::Stack;

/// What goes wrong in a command, as text for the person at the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The table that a command works on.
#[derive(Debug, Args)]
pub struct TableArgument {
    /// The table of the stack (its output `TableName`), in the account and region that the AWS
    /// environment variables or profile name
    #[arg(long, env = "TABLE_NAME", value_name = "NAME", required_unless_present = "local")]
    table: Option<String>,
    /// The table of `usher local` instead, whose DynamoDB is at this address
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        default_missing_value = "http://127.0.0.1:8082"
    )]
    local: Option<String>,
}

impl TableArgument {
    async fn open(self) -> Table {
        self.config(String::new()).await.table
    }

    /// What a handler needs to work on the table.
    async fn config(self, roku_keys_url: String) -> Config {
        let mut aws = aws_config();
        if let Some(endpoint) = &self.local {
            let anyone = Credentials::new("local", "local", None, None, "usher local");
            aws = aws
                .region(Region::from_static("us-east-1"))
                .credentials_provider(SharedCredentialsProvider::new(anyone))
                .endpoint_url(endpoint);
        }
        let aws = aws.load().await;
        let local_name = || Stack::TABLE.to_owned();
        let name = self.table.filter(|_| self.local.is_none()).unwrap_or_else(local_name);
        Config {
            table: Table::new(aws_sdk_dynamodb::Client::new(&aws), name),
            secrets_manager: aws_sdk_secretsmanager::Client::new(&aws),
            secrets_prefix: String::new(),
            roku_url: ROKU_URL.to_owned(),
            roku_keys_url,
            clock: Clock::system(),
        }
    }
}

/// The publisher that a command is about, and its table.
#[derive(Debug, Args)]
pub struct PublisherArgument {
    /// The publisher's id
    #[arg(long, env = "USHER_PUBLISHER", value_name = "ID")]
    publisher: String,
    #[command(flatten)]
    table: TableArgument,
}

impl PublisherArgument {
    /// The publisher, and what a handler needs to work for it.
    ///
    /// # Errors
    /// When the id is none, nobody has applied a catalog for it, or the table cannot be read.
    async fn open(self, roku_keys_url: String) -> Result<(Config, Arc<Publisher>), Failure> {
        let id = publisher_id(&self.publisher)?;
        let config = self.table.config(roku_keys_url).await;
        let publisher = known_publisher(&config.table, &id).await?;
        Ok((config, publisher))
    }
}

fn publisher_id(text: &str) -> Result<PublisherId, Failure> {
    PublisherId::parse(text).map_err(|why| format!("the publisher's id {why}, not {text:?}").into())
}

async fn known_publisher(table: &Table, id: &PublisherId) -> Result<Arc<Publisher>, Failure> {
    let known = Publishers::new(table).find(id).await.map_err(|error| error.with_causes())?;
    known.ok_or_else(|| format!("publisher {id} has no catalog yet: apply one first").into())
}

/// The moment that a command looks at.
#[derive(Debug, Args)]
pub struct MomentArgument {
    /// At this moment instead of now; the clock of `usher local` is told by its simulator
    #[arg(long, value_name = "TIME", value_parser = |text: &str| text.parse::<Timestamp>())]
    at: Option<Timestamp>,
}

impl MomentArgument {
    fn moment(&self) -> Timestamp {
        self.at.unwrap_or_else(|| Clock::system().now())
    }
}
