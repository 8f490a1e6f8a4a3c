//! Everything in one process: DynamoDB, queues, Secrets Manager, EventBridge, Roku, the gateway with
//! the handlers, and what runs without being called.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use jiff::Timestamp;
use roku_simulator::{Account, Simulator};
use secrecy::{ExposeSecret, SecretString};
use usher::clock::Clock;
use usher::config::{Config, QueueUrls, ROKU_KEYS_URL, aws_config};
use usher::domain::event::Detail;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::domain::webhook::Reach;
use usher::engagement::AccessChecks;
use usher::queue::Sender;
use usher::secrets::roku_api_keys::RokuApiKeys;
use usher::store::publisher_tokens::{PublisherTokens, TokenName};
use usher::store::publishers::Publishers;
use usher::store::turns::Rate;
use usher::store::{StoreError, Table};

use crate::archive::Archive;
use crate::background::Background;
use crate::event_bridge::Targets;
use crate::kept::{Contents, Kept, KeptError, Secret};
use crate::listening::{listen, listen_near, listen_near_on_this_machine, url_of};
use crate::table_stream::TableStream;
use crate::template::{Template, TemplateError};
use crate::{dynamodb, event_bridge, gateway, leases, secrets_manager, simulated_roku, sqs};

/// What to run.
#[derive(Debug)]
pub struct Options {
    /// Where the gateway listens. The simulator, DynamoDB, SQS, Secrets Manager and EventBridge take the
    /// next five ports, or free ones; the last two are for this machine alone.
    pub listen: SocketAddr,
    /// The table and what lies beside it, from the last time or to go on with the next.
    pub kept: Arc<Kept>,
    /// Whose catalog is sold.
    pub publisher: Publisher,
    /// Whether the publisher is saved in the table.
    pub saving: Saving,
    /// Another Roku, in place of the simulator.
    pub roku: Option<String>,
    /// Another key set, in place of the simulator's or Roku's own.
    pub roku_keys: Option<String>,
    /// The publisher's Roku Pay API key, where none is kept.
    pub roku_api_key: SecretString,
    /// The moment at which the simulator's clock stands still until it is moved; it runs with the
    /// real time if none is given.
    pub begins_at: Option<Timestamp>,
    /// How often the schedule, the worker of the queue and the reader of the table's stream run; if
    /// never, [`Stack::tick`] has them run once.
    pub tick: Option<Duration>,
    /// How often Roku is asked for one API key, and takes it.
    pub roku_rate: Rate,
    /// The origins whose web pages may call the API; `*` is every one.
    pub cors_origins: Vec<String>,
}

/// What becomes of a publisher when a stack starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saving {
    /// It is saved, in place of what the table has.
    Always,
    /// It is saved if the table has none of that id.
    IfNew,
    /// Its catalog is saved, and its settings are those that the table has.
    CatalogOnly,
    /// It is what the table has, now or later.
    Never,
}

impl Options {
    /// A stack in memory, on free ports, with the simulator.
    pub fn in_memory(publisher: Publisher) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            kept: Arc::new(Kept::in_memory()),
            publisher,
            saving: Saving::Always,
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
    /// The address of the EventBridge.
    pub event_bridge: String,
    /// Where Roku is asked, and where its keys are.
    pub roku: RokuAddresses,
    /// The publisher whose catalog is loaded: as the table has it, or as it was given where the table
    /// has none.
    pub publisher: Publisher,
    /// A token of the publisher's.
    pub publisher_token: SecretString,
    /// What the handlers run with.
    pub config: Config,
    checks: AccessChecks,
    background: Arc<Background>,
    stream: Arc<TableStream>,
    archive: Arc<Archive>,
    kept: Arc<Kept>,
}

/// Why the stack does not run.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A catalog without settings, and nobody has told them before.
    #[error(
        "there is no publisher {0} yet, and no [settings] in the catalog: add them, or begin with \
         --publisher {0} and usher publisher create"
    )]
    NoSettings(PublisherId),
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
    #[error("the table could not be filled: {}", .0.in_short())]
    Store(#[from] StoreError),
    /// What is kept from the last time cannot be used.
    #[error(transparent)]
    Kept(#[from] KeptError),
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
        let bus = listen_near_on_this_machine(&gateway, 5).await?;
        let urls = [&gateway, &simulator, &database, &queue, &secrets, &bus].map(url_of);
        let [gateway_url, simulator_url, dynamodb_url, sqs_url, secrets_url, bus_url] = urls;

        let kept = Arc::clone(&options.kept);
        let id = options.publisher.id.clone();
        dynamodb::start(database, &kept, &template).await?;
        let known_key = Self::roku_api_key(&kept, &id);
        let api_key = known_key.unwrap_or_else(|| options.roku_api_key.clone());
        let roku = options.roku.is_none().then(|| simulated_roku::open(&options, &api_key));
        let roku = roku.transpose()?;
        let own_key = roku.as_ref().map(|roku| SecretString::from(roku.api_key()));
        kept.change(|kept| begin(kept, &id, own_key.unwrap_or(api_key)))?;
        secrets_manager::start(secrets, Arc::clone(&kept));
        let addresses = roku_addresses(&options, &simulator_url);
        let clock =
            roku.clone().map_or_else(Clock::system, |roku| Clock::new(move || roku.clock().now()));
        let queues = sqs::start(queue, &sqs_url, clock.clone(), sqs::Settings::default());
        let aws = Aws {
            dynamodb: &dynamodb_url,
            sqs: &sqs_url,
            secrets_manager: &secrets_url,
            event_bridge: &bus_url,
        };
        let config = Config {
            roku_rate: options.roku_rate,
            queues,
            ..config_for(&aws, &addresses, clock).await
        };
        let archive = Arc::new(kept.archive()?);
        let webhooks = Sender::new(&config.sqs, &config.queues.webhooks);
        event_bridge::start(bus, Targets { webhooks, archive: Arc::clone(&archive) });
        if kept.table().is_some() {
            leases::release(&config).await?;
        }
        let publisher = load(&config.table, options.publisher, options.saving).await?;
        let publisher_token = token(&config, &kept, &id).await?;
        if let Some(roku) = &roku {
            roku.set_push_url(&format!("{gateway_url}/roku/push-notification/{id}"));
            simulated_roku::sell(roku, &publisher);
            simulated_roku::start(roku, simulator, Arc::clone(&kept))?;
        }
        let checks = AccessChecks::new(&config);
        let router = gateway::router(&template, &config, &checks)?;
        let router = gateway::cors::allow(router, &template, &options.cors_origins)?;
        tokio::spawn(async move { axum::serve(gateway, router).await });
        let background = Background::new(&config)?;
        let stream = table_stream(&aws, &config, &template, &kept).await?;
        if let Some(pause) = options.tick {
            Arc::clone(&background).tick_every(pause);
            Arc::clone(&stream).publish_every(pause);
            if let Some(roku) = &roku {
                simulated_roku::live(roku, &config.table, &id, pause);
            }
        }

        Ok(Self {
            gateway: gateway_url,
            simulator_url: roku.as_ref().map(|_| simulator_url),
            simulator: roku,
            dynamodb: dynamodb_url,
            secrets_manager: secrets_url,
            event_bridge: bus_url,
            roku: addresses,
            publisher,
            publisher_token,
            config,
            checks,
            background,
            stream,
            archive,
            kept,
        })
    }

    /// The Roku Pay API key that is kept for a publisher; none where none is, or what is kept is no
    /// key.
    pub fn roku_api_key(kept: &Kept, publisher: &PublisherId) -> Option<SecretString> {
        let secret = kept.secret(&roku_api_key_name(publisher))?;
        RokuApiKeys::parse(secret.expose_secret()).ok().map(|keys| keys.active)
    }

    /// Writes down what has just happened at the simulated Roku, and whom the functions let in. All else
    /// is written as it happens.
    ///
    /// # Errors
    /// When that cannot be written.
    pub async fn end(&self) -> Result<(), KeptError> {
        self.checks.flush().await;
        self.simulator.as_ref().map_or(Ok(()), |roku| self.kept.keep_roku(roku))
    }

    /// Has the schedule run once, the workers of the queues until nothing is left to do now, the reader
    /// of the table's stream until what happened is on the bus, or cannot be put there, and then the
    /// worker of the webhooks again.
    pub async fn tick(&self) {
        self.background.tick().await;
        self.publish().await;
    }

    /// Has the reader of the table's stream put what happened on the bus, as far as it can be put
    /// there; says whether all of it was.
    pub async fn publish(&self) -> bool {
        let has_left = self.stream.publish().await;
        self.background.deliver().await;
        has_left
    }

    /// What was on the bus, each event once: the last hundred thousand of this process, in the order
    /// in which they came.
    pub fn events(&self) -> Vec<Detail> {
        self.archive.last()
    }
}

/// Notes for whom the stack runs, and makes the secrets that are missing: the publisher's API key,
/// and the seed of customer tokens.
fn begin(
    kept: &mut Contents,
    publisher: &PublisherId,
    api_key: SecretString,
) -> Result<(), KeptError> {
    kept.publisher = Some(publisher.clone());
    let mut provide = |name: String, secret: SecretString| {
        kept.secrets.entry(name).or_default().get_or_insert(Secret(secret));
    };
    let seed = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    provide(format!("{}/customer-token-seed", Stack::SECRETS_PREFIX), SecretString::from(seed));
    provide(roku_api_key_name(publisher), api_key);
    Ok(())
}

fn roku_api_key_name(publisher: &PublisherId) -> String {
    format!("{}/roku-api-key/{publisher}", Stack::SECRETS_PREFIX)
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
    event_bridge: &'a str,
}

/// An AWS on this machine, whose credentials open nothing.
async fn local_aws() -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "usher local");
    aws_config()
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await
}

/// The stream of the table, and the function that reads it.
async fn table_stream(
    local: &Aws<'_>,
    config: &Config,
    template: &Template,
    kept: &Arc<Kept>,
) -> Result<Arc<TableStream>, StackError> {
    let client = aws_sdk_dynamodbstreams::config::Builder::from(&local_aws().await);
    let client = client.endpoint_url(local.dynamodb).build();
    let client = aws_sdk_dynamodbstreams::Client::from_conf(client);
    Ok(Arc::new(TableStream::new(config, client, template, Arc::clone(kept))?))
}

/// What the handlers run with.
async fn config_for(local: &Aws<'_>, roku: &RokuAddresses, clock: Clock) -> Config {
    let aws = local_aws().await;
    let database = aws_sdk_dynamodb::config::Builder::from(&aws).endpoint_url(local.dynamodb);
    let queue = aws_sdk_sqs::config::Builder::from(&aws).endpoint_url(local.sqs);
    let secrets =
        aws_sdk_secretsmanager::config::Builder::from(&aws).endpoint_url(local.secrets_manager);
    let bus = aws_sdk_eventbridge::config::Builder::from(&aws).endpoint_url(local.event_bridge);
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
        eventbridge: aws_sdk_eventbridge::Client::from_conf(bus.build()),
        event_bus_name: event_bridge::BUS.to_owned(),
        webhook_reach: Reach::ThisMachineToo,
        clock,
    }
}

/// Saves the publisher, or not. Gives what the table has then, or what was given where it has none.
async fn load(table: &Table, given: Publisher, saving: Saving) -> Result<Publisher, StackError> {
    let known = in_table(table, &given.id).await?;
    if saving == Saving::CatalogOnly {
        let known = known.ok_or_else(|| StackError::NoSettings(given.id.clone()))?;
        Publishers::new(table).save_catalog(&given.id, &given.catalog).await?;
        return Ok(Publisher { settings: known.settings.clone(), ..given });
    }
    if saving == Saving::Always || (saving == Saving::IfNew && known.is_none()) {
        Publishers::new(table).save(&given).await?;
        return Ok(given);
    }
    Ok(known.map_or(given, Arc::unwrap_or_clone))
}

/// A publisher as the table has it now.
pub(crate) async fn in_table(
    table: &Table,
    id: &PublisherId,
) -> Result<Option<Arc<Publisher>>, StoreError> {
    // One that remembers nothing.
    Publishers::new(table).find(id).await
}

/// The token that was printed at the last start, if it is still one; else a new one.
async fn token(
    config: &Config,
    kept: &Kept,
    publisher: &PublisherId,
) -> Result<SecretString, StackError> {
    let tokens = PublisherTokens::new(&config.table);
    if let Some(Secret(known)) = kept.read(|kept| kept.publisher_tokens.get(publisher).cloned())
        && tokens.publisher_of(known.expose_secret()).await?.as_ref() == Some(publisher)
    {
        return Ok(known);
    }
    let name = TokenName::parse("usher local").ok();
    let token = tokens.issue(publisher, name, config.clock.now()).await?;
    kept.change(|kept| {
        kept.publisher_tokens.insert(publisher.clone(), Secret(token.clone()));
        Ok::<_, KeptError>(())
    })?;
    Ok(token)
}
