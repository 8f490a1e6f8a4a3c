//! Everything in one process: DynamoDB, queues, Secrets Manager, Roku, the gateway with the handlers,
//! and what runs without being called.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::Region;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::Timestamp;
use roku_simulator::{Account, Period, Product, Simulator};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use usher::clock::Clock;
use usher::config::{Config, QueueUrls, ROKU_KEYS_URL, aws_config};
use usher::domain::offer;
use usher::domain::publisher::Publisher;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;
use usher::store::turns::Rate;
use usher::store::{StoreError, Table};

use crate::background::Background;
use crate::template::{Template, TemplateError};
use crate::{dynamodb, gateway, secrets_manager, sqs};

/// What to run.
#[derive(Debug)]
pub struct Options {
    /// Where the gateway listens. The simulator, DynamoDB, SQS and Secrets Manager take the next four
    /// ports, or free ones; Secrets Manager is for this machine alone.
    pub listen: SocketAddr,
    /// Where the table is kept; in memory if nowhere.
    pub data: Option<PathBuf>,
    /// Whose catalog is sold.
    pub publisher: Publisher,
    /// Another Roku, in place of the simulator.
    pub roku: Option<String>,
    /// Another key set, in place of the simulator's or Roku's own.
    pub roku_keys: Option<String>,
    /// The publisher's Roku Pay API key.
    pub roku_api_key: SecretString,
    /// The moment at which the simulator's clock stands still until it is moved; it runs with the
    /// real time if none is given.
    pub begins_at: Option<Timestamp>,
    /// How often the schedule and the worker of the queue run; if never, [`Stack::tick`] has them
    /// run once.
    pub tick: Option<Duration>,
    /// How often Roku is asked for one API key, and takes it.
    pub roku_rate: Rate,
    /// The origins whose web pages may call the API; `*` is every one.
    pub cors_origins: Vec<String>,
}

impl Options {
    /// A stack in memory, on free ports, with the simulator.
    pub fn in_memory(publisher: Publisher) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            publisher,
            roku: None,
            roku_keys: None,
            roku_api_key: SecretString::from(Account::default().api_key),
            begins_at: None,
            tick: None,
            roku_rate: UNHURRIED,
            cors_origins: Vec::new(),
        }
    }
}

/// So fast that nobody waits for a turn.
const UNHURRIED: Rate = Rate {
    per_second: NonZeroU16::new(20_000).unwrap(),
    accounts_percent: Rate::DEFAULT.accounts_percent,
};

/// Where a Roku is to be found.
#[derive(Debug, Clone)]
pub struct RokuAddresses {
    /// What `/validate-transaction/…` is appended to.
    pub url: String,
    /// The address of its JWK set.
    pub keys_url: String,
}

/// A stack that runs until the process ends.
#[derive(Debug)]
pub struct Stack {
    /// The address of the API.
    pub gateway: String,
    /// The address of the simulator's controls, where there is one.
    pub simulator_url: Option<String>,
    /// The simulator itself.
    pub simulator: Option<Arc<Simulator>>,
    /// The address of the DynamoDB.
    pub dynamodb: String,
    /// The address of the Secrets Manager.
    pub secrets_manager: String,
    /// Where Roku is asked, and where its keys are.
    pub roku: RokuAddresses,
    /// The publisher whose catalog is loaded.
    pub publisher: Publisher,
    /// A token of the publisher's.
    pub publisher_token: SecretString,
    /// What the handlers run with.
    pub config: Config,
    background: Arc<Background>,
}

/// Why the stack does not run.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// An address is taken or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The embedded DynamoDB failed.
    #[error("the embedded DynamoDB failed: {0}")]
    Database(String),
    /// The template is broken.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template names a function or method that is not here.
    #[error("nothing here answers for {0}")]
    NoHandler(String),
    /// It is no origin.
    #[error("{0} is no origin, as http://localhost:5173 is one")]
    Origin(String),
    /// A handler could not be made.
    #[error("a handler could not be made: {0}")]
    Handler(Box<dyn std::error::Error + Send + Sync>),
    /// The table could not be filled.
    #[error("the table could not be filled: {}", .0.with_causes())]
    Store(#[from] StoreError),
}

impl Stack {
    /// The name of the table.
    pub const TABLE: &'static str = dynamodb::TABLE;
    /// What the names of the secrets begin with.
    pub const SECRETS_PREFIX: &'static str = "usher";

    /// Starts everything, and loads the publisher.
    ///
    /// # Errors
    /// [`StackError`] says what could not be started.
    pub async fn start(options: Options) -> Result<Self, StackError> {
        let template = Template::built_in()?;
        let gateway = listen(options.listen).await?;
        let simulator = listen_near(&gateway, 1).await?;
        let database = listen_near(&gateway, 2).await?;
        let queue = listen_near(&gateway, 3).await?;
        let secrets = listen_near_on_this_machine(&gateway, 4).await?;
        let urls = [&gateway, &simulator, &database, &queue, &secrets].map(url_of);
        let [gateway_url, simulator_url, dynamodb_url, sqs_url, secrets_url] = urls;

        dynamodb::start(database, options.data.as_deref(), &template).await?;
        secrets_manager::start(secrets, secrets_of(&options));
        let roku =
            options.roku.is_none().then(|| start_simulator(simulator, &options, &gateway_url));
        let addresses = roku_addresses(&options, &simulator_url);
        let clock =
            roku.clone().map_or_else(Clock::system, |roku| Clock::new(move || roku.clock().now()));
        let queues = sqs::start(queue, &sqs_url, clock.clone(), sqs::Settings::default());
        let aws = Aws { dynamodb: &dynamodb_url, sqs: &sqs_url, secrets_manager: &secrets_url };
        let config = Config {
            roku_rate: options.roku_rate,
            queues,
            ..config_for(&aws, &addresses, clock).await
        };
        let publisher_token = load(&config, &options.publisher).await?;
        let router = gateway::router(&template, &config)?;
        let router = gateway::cors::allow(router, &template, &options.cors_origins)?;
        tokio::spawn(async move { axum::serve(gateway, router).await });
        let background = Background::new(&config)?;
        if let Some(pause) = options.tick {
            Arc::clone(&background).tick_every(pause);
        }

        Ok(Self {
            gateway: gateway_url,
            simulator_url: roku.as_ref().map(|_| simulator_url),
            simulator: roku,
            dynamodb: dynamodb_url,
            secrets_manager: secrets_url,
            roku: addresses,
            publisher: options.publisher,
            publisher_token,
            config,
            background,
        })
    }

    /// Has the schedule run once, and the worker of the queue until nothing is left to do now.
    pub async fn tick(&self) {
        self.background.tick().await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StackError> {
    TcpListener::bind(address).await.map_err(|error| StackError::Listen(address, error))
}

/// A listener a few ports further, or on a free port where that one is taken.
async fn listen_near(gateway: &TcpListener, ports_further: u16) -> Result<TcpListener, StackError> {
    listen_further(address_of(gateway)?, ports_further).await
}

/// The same for programs on this machine alone, wherever the gateway listens.
async fn listen_near_on_this_machine(
    gateway: &TcpListener,
    ports_further: u16,
) -> Result<TcpListener, StackError> {
    let port = address_of(gateway)?.port();
    listen_further(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ports_further).await
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, StackError> {
    listener.local_addr().map_err(|error| StackError::Listen(([0, 0, 0, 0], 0).into(), error))
}

async fn listen_further(
    mut address: SocketAddr,
    ports_further: u16,
) -> Result<TcpListener, StackError> {
    let next = address.port().checked_add(ports_further);
    address.set_port(next.unwrap_or(0));
    if let Ok(listener) = listen(address).await {
        return Ok(listener);
    }
    address.set_port(0);
    listen(address).await
}

/// The address of a listener as a program on this machine reaches it.
fn url_of(listener: &TcpListener) -> String {
    let mut address = listener.local_addr().unwrap_or_else(|_| ([127, 0, 0, 1], 0).into());
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{address}")
}

/// The publisher's API key, and a seed for customer tokens that is new with each start.
fn secrets_of(options: &Options) -> HashMap<String, SecretString> {
    let seed = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let prefix = Stack::SECRETS_PREFIX;
    let api_key = format!("{prefix}/roku-api-key/{}", options.publisher.id);
    HashMap::from([
        (format!("{prefix}/customer-token-seed"), SecretString::from(seed)),
        (api_key, options.roku_api_key.clone()),
    ])
}

fn start_simulator(listener: TcpListener, options: &Options, gateway: &str) -> Arc<Simulator> {
    let publisher = &options.publisher;
    let account = Account {
        channel: publisher.settings.channels.first().cloned().unwrap_or_default(),
        api_key: options.roku_api_key.expose_secret().to_owned(),
        products: publisher.catalog.offers().iter().map(product_of).collect(),
        // Who does not hold back is not held back: tests are in a hurry.
        requests_per_second: Account::default()
            .requests_per_second
            .filter(|limit| u32::from(options.roku_rate.per_second.get()) <= limit.get()),
        ..Account::default()
    };
    let simulator = match options.begins_at {
        Some(moment) => Simulator::stopped_at(account, moment),
        None => Simulator::new(account),
    };
    simulator.set_push_url(&format!("{gateway}/roku/push-notification/{}", publisher.id));
    tokio::spawn(Arc::clone(&simulator).serve(listener));
    simulator
}

/// The product at Roku that an offer stands for.
fn product_of(offer: &offer::Offer) -> Product {
    let period = offer.period.map(|period| match period {
        offer::Period::Day => Period::Days(1),
        offer::Period::Week => Period::Days(7),
        offer::Period::TwoWeeks => Period::Days(14),
        offer::Period::Month => Period::Months(1),
        offer::Period::ThreeMonths => Period::Months(3),
        offer::Period::SixMonths => Period::Months(6),
        offer::Period::Year => Period::Months(12),
    });
    Product {
        code: offer.roku_product().to_string(),
        name: offer.title.clone(),
        price: offer.price,
        period,
        group: offer.group.clone(),
    }
}

fn roku_addresses(options: &Options, simulator: &str) -> RokuAddresses {
    let simulated_keys = format!("{simulator}/keys/partner-jwks.json");
    let (url, keys_url) = match &options.roku {
        Some(url) => (url.clone(), ROKU_KEYS_URL.to_owned()),
        None => (format!("{simulator}/listen/transaction-service.svc"), simulated_keys),
    };
    RokuAddresses { url, keys_url: options.roku_keys.clone().unwrap_or(keys_url) }
}

/// The addresses of an AWS on this machine.
struct Aws<'a> {
    dynamodb: &'a str,
    sqs: &'a str,
    secrets_manager: &'a str,
}

/// What the handlers run with: an AWS on this machine, whose credentials open nothing.
async fn config_for(local: &Aws<'_>, roku: &RokuAddresses, clock: Clock) -> Config {
    let credentials = Credentials::new("local", "local", None, None, "usher local");
    let aws = aws_config()
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await;
    let database = aws_sdk_dynamodb::config::Builder::from(&aws).endpoint_url(local.dynamodb);
    let queue = aws_sdk_sqs::config::Builder::from(&aws).endpoint_url(local.sqs);
    let secrets =
        aws_sdk_secretsmanager::config::Builder::from(&aws).endpoint_url(local.secrets_manager);
    let database = aws_sdk_dynamodb::Client::from_conf(database.build());
    Config {
        table: Table::new(database, dynamodb::TABLE.to_owned()),
        secrets_manager: aws_sdk_secretsmanager::Client::from_conf(secrets.build()),
        secrets_prefix: Stack::SECRETS_PREFIX.to_owned(),
        roku_url: roku.url.clone(),
        roku_keys_url: roku.keys_url.clone(),
        roku_rate: Rate::DEFAULT,
        sqs: aws_sdk_sqs::Client::from_conf(queue.build()),
        queues: QueueUrls::default(),
        clock,
    }
}

/// Saves the publisher and issues a token.
async fn load(config: &Config, publisher: &Publisher) -> Result<SecretString, StackError> {
    Publishers::new(&config.table).save(publisher).await?;
    Ok(PublisherTokens::new(&config.table).issue(&publisher.id).await?)
}
