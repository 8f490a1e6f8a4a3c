//! Where an import goes, and which Roku it asks: a stack in AWS, or `usher local`.

use std::sync::Arc;

use clap::Args;
use usher::config::{Config, roku_rate};
use usher::domain::publisher::Publisher;

use crate::commands::secrets::SecretsArgument;
use crate::commands::simulated_clock::{at_simulator, simulators_clock};
use crate::commands::{Failure, PublisherArgument, web_address};
use crate::import::Target;

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
