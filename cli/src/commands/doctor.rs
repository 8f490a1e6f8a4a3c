//! `usher doctor`: what is wrong, and what to do about it.

mod api_keys;
mod channels;
mod due;
mod examined;
mod identity_provider;
mod public_keys;
mod queues;
mod set_aside;
mod settings;
mod unmapped;
mod webhooks;

use clap::Args;
use jiff::Timestamp;
use usher::clock::Clock;
use usher::config::{Config, ROKU_KEYS_URL};
use usher::domain::id::PublisherId;
use usher::store::publishers::Publishers;

use self::examined::{Examined, in_json, in_text};
use super::queues::{QueuesArgument, WebhooksQueueArgument, beside};
use super::secrets::SecretsArgument;
use super::{
    Failure, MomentArgument, TableArgument, no_publisher, print, publisher_id, web_address,
};

/// Whom to examine.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    table: TableArgument,
    #[command(flatten)]
    queues: QueuesArgument,
    #[command(flatten)]
    webhooks: WebhooksQueueArgument,
    /// The address of the key set that pushes are checked with [default: Roku's own; with --local, the
    /// simulator's, at the port before the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    roku_keys: Option<String>,
    /// Examine this publisher too: its settings, products and channels, the pushes that were set
    /// aside, its API key
    #[arg(long, env = "USHER_PUBLISHER", value_name = "ID")]
    publisher: Option<String>,
    #[command(flatten)]
    secrets: SecretsArgument,
    #[command(flatten)]
    moment: MomentArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. What cannot be examined is one of the findings, and hides no other.
///
/// # Errors
/// [`super::Finding`] when something is wrong or cannot be examined.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { table, queues, webhooks, roku_keys, publisher, secrets, moment, json } =
        arguments;
    let publisher = publisher.map(|id| publisher_id(&id)).transpose()?;
    let now = moment.at.unwrap_or_else(|| Clock::system().now());
    let local = table.local().map(str::to_owned);
    let local = local.as_deref();
    let simulated = || Some(format!("{}keys/partner-jwks.json", beside(local?, -1)?));
    let roku_keys = roku_keys.or_else(simulated).unwrap_or_else(|| ROKU_KEYS_URL.to_owned());
    let config = table.config(roku_keys).await;
    let (queues, webhooks, due, public_keys, of_publisher) = tokio::join!(
        queues::examine(queues, local),
        webhooks::examine_queue(webhooks, local),
        due::examine(&config.table, now),
        public_keys::examine(&config, now),
        async {
            let Some(publisher) = &publisher else { return Vec::new() };
            let keys = api_keys::examine(secrets, &config, local, publisher, now);
            let (mut findings, keys) =
                tokio::join!(examine_publisher(&config, publisher, now), keys);
            findings.push(keys);
            findings
        },
    );
    let mut findings = queues;
    findings.extend(webhooks);
    findings.extend([due, public_keys]);
    findings.extend(of_publisher);
    print(&if json { in_json(&findings) } else { in_text(&findings) })?;
    match findings.iter().filter(|finding| !finding.is_well()).count() {
        0 => Ok(()),
        wrong => {
            let of = findings.len();
            Err(super::Finding(format!("{wrong} of {of} are not as they should be")).into())
        }
    }
}

/// What the table tells of a publisher.
async fn examine_publisher(config: &Config, id: &PublisherId, now: Timestamp) -> Vec<Examined> {
    let table = &config.table;
    let known = match Publishers::new(table).find(id).await {
        Err(error) => Err(error.in_short()),
        Ok(None) => Err(no_publisher(id)),
        Ok(Some(publisher)) => Ok(publisher),
    };
    match known {
        Err(why) => {
            let aside = set_aside::examine(table, id, None, now).await;
            vec![Examined::unexamined("publisher", why), aside]
        }
        Ok(publisher) => {
            let (provider, unmapped, mut channels, aside, webhooks) = tokio::join!(
                identity_provider::examine(&publisher),
                unmapped::examine(table, &publisher),
                channels::examine(table, &publisher, now),
                set_aside::examine(table, id, Some(&publisher), now),
                webhooks::examine(table, id),
            );
            let mut findings = vec![settings::examine(&publisher)];
            findings.extend(provider);
            findings.push(unmapped);
            findings.append(&mut channels);
            findings.push(aside);
            findings.extend(webhooks);
            findings
        }
    }
}
