//! Where an import goes, and which Roku it asks: a stack in AWS, or `usher local`.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use usher::clock::Clock;
use usher::config::{Config, roku_rate};
use usher::domain::publisher::Publisher;

use crate::commands::queues::beside;
use crate::commands::secrets::SecretsArgument;
use crate::commands::{Failure, PublisherArgument, web_address};
use crate::import::Target;

/// Longer than this no program on the same machine takes to tell the time.
const SIMULATOR_TIMEOUT: Duration = Duration::from_secs(5);

/// Where to import to, and which Roku to ask.
#[derive(Debug, Args)]
pub(super) struct SettingArguments {
    #[command(flatten)]
    publisher: PublisherArgument,
    #[command(flatten)]
    secrets: SecretsArgument,
    /// What /validate-transaction/… is appended to [default: Roku's own; with --local, the
    /// simulator's, at the port before the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    roku: Option<String>,
}

/// What an import needs to know.
pub(super) struct Setting {
    pub(super) config: Config,
    pub(super) publisher: Arc<Publisher>,
    pub(super) target: Target,
}

impl SettingArguments {
    pub(super) async fn open(self) -> Result<Setting, Failure> {
        let Self { publisher, secrets, roku } = self;
        let local = publisher.table.local().map(str::to_owned);
        let name = publisher.table.table.clone();
        let (mut config, publisher) = publisher.open(String::new()).await?;
        (config.secrets_manager, config.secrets_prefix) = secrets.open(local.as_deref()).await?;
        if let Some(table) = &local {
            if roku.is_none() {
                config.roku_url = at_simulator(table, "listen/transaction-service.svc")?;
                config.clock = simulators_clock(&at_simulator(table, "clock")?).await?;
            }
        } else {
            config.roku_rate = roku_rate()?;
        }
        config.roku_url = roku.unwrap_or(config.roku_url);
        let table = local.or(name).unwrap_or_default();
        let target = Target { publisher: publisher.id.to_string(), table };
        Ok(Setting { config, publisher, target })
    }
}

fn at_simulator(table: &str, path: &str) -> Result<String, Failure> {
    let simulator = beside(table, -1).ok_or_else(|| format!("{table} names no port"))?;
    Ok(format!("{simulator}{path}"))
}

/// The clock of `usher local`, so that what is imported there does not seem older than it is.
async fn simulators_clock(url: &str) -> Result<Clock, Failure> {
    let http = reqwest::Client::builder().timeout(SIMULATOR_TIMEOUT).no_proxy().build()?;
    let told = async { http.get(url).send().await?.error_for_status()?.json::<Value>().await };
    let there: Option<Timestamp> =
        told.await.ok().and_then(|told| told["now"].as_str()?.parse().ok());
    let there = there.ok_or_else(|| {
        format!("no simulator tells the time at {url}: name the Roku to ask with --roku")
    })?;
    let ahead: SignedDuration = there.duration_since(Clock::system().now());
    let now = move || Clock::system().now();
    Ok(Clock::new(move || now().checked_add(ahead).unwrap_or_else(|_| now())))
}
