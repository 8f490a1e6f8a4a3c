//! What a function is told by its environment, and the AWS clients it talks through.

use std::env;
use std::num::NonZeroU16;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;

use crate::clock::Clock;
use crate::domain::webhook::Reach;
use crate::store::Table;
use crate::store::turns::{Percent, Rate};

/// Roku's web service (`roku-pay.md` §3).
pub const ROKU_URL: &str = "https://apipub.roku.com/listen/transaction-service.svc";
/// Roku's production keys (`roku-pay.md` §1).
pub const ROKU_KEYS_URL: &str = "https://assets.cs.roku.com/keys/partner-jwks.json";

/// Everything around a handler: what `template.yaml` sets, and the clients made of it.
#[derive(Debug, Clone)]
pub struct Config {
    /// The table that holds everything (`TABLE_NAME`).
    pub table: Table,
    /// Secrets Manager.
    pub secrets_manager: aws_sdk_secretsmanager::Client,
    /// What the names of our secrets begin with (`SECRETS_PREFIX`, default `usher`).
    pub secrets_prefix: String,
    /// What `/validate-transaction/…` is appended to (`ROKU_URL`, default Roku's own).
    pub roku_url: String,
    /// The JWK set that pushes are checked with (`ROKU_KEYS_URL`, default Roku's production set).
    pub roku_keys_url: String,
    /// How often Roku is asked for one API key (`ROKU_REQUESTS_PER_SECOND`, and
    /// `ROKU_ACCOUNTS_PERCENT` of them about accounts).
    pub roku_rate: Rate,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// The queues.
    pub queues: QueueUrls,
    /// EventBridge.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// The bus that events leave on (`EVENT_BUS_NAME`), where a function uses it.
    pub event_bus_name: String,
    /// How far webhooks may go: to the public internet alone, unless `ALLOW_LOOPBACK_WEBHOOKS` is
    /// `true`, which is for tests and for a machine that runs everything.
    pub webhook_reach: Reach,
    /// The clock.
    pub clock: Clock,
}

/// The addresses of the queues, each set where a function uses it. Receipts have a queue of their own,
/// so that no renewal stands before them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueUrls {
    /// Questions to Roku about receipts (`RECEIPTS_QUEUE_URL`).
    pub receipts: String,
    /// Questions to Roku about accounts (`ACCOUNTS_QUEUE_URL`).
    pub accounts: String,
    /// Events that webhooks are to be sent (`WEBHOOKS_QUEUE_URL`).
    pub webhooks: String,
    /// Records of the table's stream that cannot be read (`PUBLISH_DEAD_LETTERS_URL`).
    pub publish_dead_letters: String,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// It has no default and is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// It is no such number.
    #[error("the environment variable {name} must be a number from {least} to {most}")]
    NotANumber {
        /// Its name.
        name: &'static str,
        /// The least that it may be.
        least: u16,
        /// The most.
        most: u16,
    },
}

impl Config {
    /// Reads the environment and makes the clients. Connects to nothing.
    ///
    /// # Errors
    /// [`InvalidSetting`] names the variable.
    pub async fn from_env() -> Result<Self, InvalidSetting> {
        let table_name =
            env::var("TABLE_NAME").map_err(|_| InvalidSetting::Missing("TABLE_NAME"))?;
        let or = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
        let aws = aws_config().load().await;
        Ok(Self {
            table: Table::new(aws_sdk_dynamodb::Client::new(&aws), table_name),
            secrets_manager: aws_sdk_secretsmanager::Client::new(&aws),
            secrets_prefix: or("SECRETS_PREFIX", "usher"),
            roku_url: or("ROKU_URL", ROKU_URL),
            roku_keys_url: or("ROKU_KEYS_URL", ROKU_KEYS_URL),
            roku_rate: roku_rate()?,
            sqs: aws_sdk_sqs::Client::new(&aws),
            queues: QueueUrls {
                receipts: or("RECEIPTS_QUEUE_URL", ""),
                accounts: or("ACCOUNTS_QUEUE_URL", ""),
                webhooks: or("WEBHOOKS_QUEUE_URL", ""),
                publish_dead_letters: or("PUBLISH_DEAD_LETTERS_URL", ""),
            },
            webhook_reach: webhook_reach(),
            eventbridge: aws_sdk_eventbridge::Client::new(&aws),
            event_bus_name: or("EVENT_BUS_NAME", ""),
            clock: Clock::system(),
        })
    }
}

fn webhook_reach() -> Reach {
    let is_allowed = env::var("ALLOW_LOOPBACK_WEBHOOKS").is_ok_and(|word| word == "true");
    if is_allowed { Reach::ThisMachineToo } else { Reach::PublicOnly }
}

/// Roku allows 20 (`roku-pay.md` §3); networks bunch some up.
const MOST_PER_SECOND: u16 = 17;

/// How often Roku is asked for one API key, as the environment says. Whoever takes turns at one
/// table must be told the same.
///
/// # Errors
/// [`InvalidSetting::NotANumber`].
pub fn roku_rate() -> Result<Rate, InvalidSetting> {
    let name = "ROKU_REQUESTS_PER_SECOND";
    let invalid = InvalidSetting::NotANumber { name, least: 1, most: MOST_PER_SECOND };
    let per_second = match env::var(name) {
        Err(_) => Rate::DEFAULT.per_second,
        Ok(text) => {
            let number: Option<NonZeroU16> = text.parse().ok();
            number.filter(|number| number.get() <= MOST_PER_SECOND).ok_or(invalid)?
        }
    };
    let name = "ROKU_ACCOUNTS_PERCENT";
    let invalid = InvalidSetting::NotANumber { name, least: 1, most: 99 };
    let accounts_percent = match env::var(name) {
        Err(_) => Rate::DEFAULT.accounts_percent,
        Ok(text) => text.parse().ok().and_then(Percent::new).ok_or(invalid)?,
    };
    Ok(Rate { per_second, accounts_percent })
}

/// The AWS settings that all our clients share. The SDK has no timeouts of its own. Each function
/// holds the sum of its calls to a deadline besides.
pub fn aws_config() -> aws_config::ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_millis(1_200))
        .operation_timeout(Duration::from_millis(2_600))
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(timeouts)
}
