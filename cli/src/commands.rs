//! The commands of `usher`.

pub mod catalog;
pub mod completions;
pub mod customer;
pub mod dead_letters;
pub mod demo;
pub mod doctor;
pub mod events;
pub mod import;
pub mod local;
mod named_publisher;
pub mod publisher;
pub mod queues;
pub mod quote;
pub mod replay;
pub mod report;
mod secrets;
pub mod signing_key;
pub mod simulate;
mod simulated_clock;
mod table;
pub mod token;
mod warnings;
pub mod webhook;

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use usher::clock::Clock;
use usher::config::{Config, QueueUrls, ROKU_URL, aws_config};
use usher::domain::fold::fold;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::domain::webhook::Reach;
use usher::store::Table;
use usher::store::histories::History;
use usher::store::publishers::Publishers;
use usher::store::turns::Rate;

use crate::stack::Stack;

/// What goes wrong in a command, as text for the person at the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The command did what it was to do, and found what is not as it should be: `usher` then exits with
/// another code than where it failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Finding(pub String);

impl Finding {
    /// The exit code of a command that found something; 1 is for failures, and 2 for wrong usage.
    pub const EXIT_CODE: u8 = 3;
}

/// The table that a command works on.
#[derive(Debug, Args)]
pub struct TableArgument {
    /// The table of the stack (its output `TableName`), in the account and region that the AWS
    /// environment variables or profile name
    #[arg(long, env = "TABLE_NAME", value_name = "NAME", required_unless_present = "local")]
    table: Option<String>,
    #[command(flatten)]
    local: LocalArgument,
}

/// `usher local`, by the address of its DynamoDB.
#[derive(Debug, Args)]
pub struct LocalArgument {
    /// Work on the `usher local` whose DynamoDB is at this address instead
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "http://127.0.0.1:8082",
        value_parser = web_address
    )]
    local: Option<String>,
}

impl LocalArgument {
    fn url(&self) -> Option<&str> {
        self.local.as_deref()
    }
}

impl TableArgument {
    async fn open(self) -> Table {
        self.config(String::new()).await.table
    }

    /// The address of the table of `usher local`, where it is that.
    fn local(&self) -> Option<&str> {
        self.local.url()
    }

    /// How far webhooks go from there: from `usher local`, to this machine too.
    fn reach(&self) -> Reach {
        self.local().map_or(Reach::PublicOnly, |_| Reach::ThisMachineToo)
    }

    /// Its name.
    fn name(&self) -> &str {
        let named = self.table.as_deref().filter(|_| self.local.url().is_none());
        named.unwrap_or(Stack::TABLE)
    }

    /// Its stream is read with this.
    async fn streams(&self) -> aws_sdk_dynamodbstreams::Client {
        aws_sdk_dynamodbstreams::Client::new(&aws_at(self.local()).await)
    }

    /// What a handler needs to work on the table.
    async fn config(self, roku_keys_url: String) -> Config {
        let aws = aws_at(self.local()).await;
        let webhook_reach = self.reach();
        let name = self.name().to_owned();
        Config {
            table: Table::new(aws_sdk_dynamodb::Client::new(&aws), name),
            secrets_manager: aws_sdk_secretsmanager::Client::new(&aws),
            secrets_prefix: String::new(),
            roku_url: ROKU_URL.to_owned(),
            roku_keys_url,
            roku_rate: Rate::DEFAULT,
            sqs: aws_sdk_sqs::Client::new(&aws),
            queues: QueueUrls::default(),
            eventbridge: aws_sdk_eventbridge::Client::new(&aws),
            event_bus_name: String::new(),
            webhook_reach,
            clock: Clock::system(),
        }
    }
}

/// AWS as the environment says, or the part of `usher local` at an address, where the credentials
/// open nothing.
async fn aws_at(local: Option<&str>) -> SdkConfig {
    let mut aws = aws_config();
    if let Some(endpoint) = local {
        let anyone = Credentials::new("local", "local", None, None, "usher local");
        aws = aws
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(anyone))
            .endpoint_url(endpoint);
    }
    aws.load().await
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
    /// When the id is none, there is no such publisher, or the table cannot be read.
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
    let known = Publishers::new(table).find(id).await.map_err(|error| error.in_short())?;
    known.ok_or_else(|| no_publisher(id).into())
}

fn no_publisher(id: &PublisherId) -> String {
    format!("there is no publisher {id} yet: usher publisher create {id} --channel CHANNEL")
}

fn web_address(text: &str) -> Result<String, String> {
    let is_web = text.starts_with("http://") || text.starts_with("https://");
    is_web.then(|| text.to_owned()).ok_or_else(|| "must begin with http:// or https://".to_owned())
}

/// Whose customers a command looks at, as of when, and how it prints what it finds.
#[derive(Debug, Args)]
pub struct LookArguments {
    #[command(flatten)]
    publisher: PublisherArgument,
    #[command(flatten)]
    moment: MomentArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct MomentArgument {
    /// As it was at this moment, `2026-11-26T00:00:00Z` for one, instead of now. The clock of
    /// `usher local` is told by its simulator
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "must be a time as in 2026-11-26T00:00:00Z".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let span = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    span.ok_or_else(|| "must be a time as in 5m, 1s or 500ms".to_owned())
}

impl MomentArgument {
    /// A history as it was at the moment, and the moment. Now is no earlier than the newest fact: a
    /// simulated Roku's clock may be ahead of ours.
    fn look_at(&self, history: History) -> (History, Timestamp) {
        let Some(at) = self.at else {
            let newest = history.facts.iter().map(|fact| fact.id().time).max();
            let now = Clock::system().now();
            return (history, newest.map_or(now, |newest| newest.max(now)));
        };
        let mut facts = history.facts;
        facts.retain(|fact| fact.id().time <= at);
        let account = fold(facts.clone());
        (History { facts, account, ..history }, at)
    }
}

/// Prints what a command found. Who closes the pipe has read enough.
fn print(text: &str) -> Result<(), Failure> {
    print_more(text).map(drop)
}

/// Prints some of what has no end. Breaks where whoever was reading has closed the pipe.
fn print_more(text: &str) -> Result<ControlFlow<()>, Failure> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(format!("cannot print: {error}").into()),
        Ok(()) => Ok(ControlFlow::Continue(())),
    }
}
