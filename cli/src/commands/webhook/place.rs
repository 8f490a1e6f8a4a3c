//! Whose endpoint a command is about, and where it is kept.

use clap::Args;
use serde_json::{Value, json};
use usher::clock::Clock;
use usher::config::Config;
use usher::domain::id::PublisherId;
use usher::domain::webhook::{Endpoint, EndpointId, State};
use usher::store::webhooks::Endpoints;

use crate::commands::simulated_clock::{at_simulator, simulators_clock};
use crate::commands::{Failure, MomentArgument, PublisherArgument};

/// Whose endpoints, and how to print what comes of it.
#[derive(Debug, Args)]
pub struct PublisherAndJson {
    #[command(flatten)]
    publisher: PublisherArgument,
    #[command(flatten)]
    moment: MomentArgument,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Which endpoint of whom, and how to print what comes of it.
#[derive(Debug, Args)]
pub struct EndpointArguments {
    /// The endpoint's id, as the list shows it
    #[arg(value_name = "ENDPOINT", value_parser = EndpointId::parse)]
    id: EndpointId,
    #[command(flatten)]
    of: PublisherAndJson,
}

/// The publisher, and what is needed to work for it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) config: Config,
    pub(super) publisher: PublisherId,
    /// The table's address, where it is that of `usher local`.
    pub(super) local: Option<String>,
    pub(super) json: bool,
}

impl PublisherAndJson {
    /// # Errors
    /// When there is no such publisher, or the table cannot be read.
    pub(super) async fn open(self) -> Result<Place, Failure> {
        let local = self.publisher.table.local().map(str::to_owned);
        let (config, publisher) = self.publisher.open(String::new()).await?;
        let clock = match self.moment.at {
            Some(at) => Clock::new(move || at),
            None => clock_of(local.as_deref()).await,
        };
        let config = Config { clock, ..config };
        Ok(Place { config, publisher: publisher.id.clone(), local, json: self.json })
    }
}

impl EndpointArguments {
    /// # Errors
    /// When there is no such publisher or endpoint, or the table cannot be read.
    pub(super) async fn open(self) -> Result<(Place, Endpoint), Failure> {
        let place = self.of.open().await?;
        let publisher = &place.publisher;
        let found = place.endpoints().find(publisher, &self.id).await;
        let found = found.map_err(|error| error.in_short())?;
        let none = || {
            let way = format!("usher webhook list --publisher {publisher} shows those that it has");
            format!("publisher {publisher} has no endpoint {}: {way}", self.id)
        };
        let found = found.ok_or_else(none)?;
        Ok((place, found))
    }
}

impl Place {
    pub(super) fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.config.table)
    }

    /// What an endpoint is, in the fields of `--json`. Its address may hold a secret, and is its
    /// owner's to see.
    pub(super) fn endpoint_in_json(&self, endpoint: &Endpoint) -> Value {
        let (state, paused_at) = match endpoint.state {
            State::Enabled => ("enabled", None),
            State::Paused { at, .. } => ("paused", Some(at)),
        };
        json!({
            "publisherId": self.publisher,
            "endpoint": endpoint.id,
            "url": String::from(endpoint.url.clone()),
            "types": endpoint.types,
            "format": endpoint.format,
            "state": state,
            "pausedAt": paused_at,
            "pausedBecause": reason(endpoint),
            "createdAt": endpoint.created_at,
            "failingSince": endpoint.failing_since,
            "lastSuccessAt": endpoint.last_success_at,
            "lastFailureAt": endpoint.last_failure_at,
        })
    }
}

fn reason(endpoint: &Endpoint) -> Option<&'static str> {
    match endpoint.state {
        State::Enabled => None,
        State::Paused { reason, .. } => Some(reason.as_str()),
    }
}

/// Whether an endpoint is told anything, in words.
pub(super) fn state_in_text(endpoint: &Endpoint) -> String {
    match endpoint.state {
        State::Enabled => endpoint
            .failing_since
            .map_or("enabled".to_owned(), |since| format!("failing since {since:.0}")),
        State::Paused { at, reason } => format!("paused {at:.0}: {}", reason.as_str()),
    }
}

/// The clock that deliveries go by: on `usher local` the simulator's, where there is one.
async fn clock_of(local: Option<&str>) -> Clock {
    let Some(address) = local.and_then(|table| at_simulator(table, "clock").ok()) else {
        return Clock::system();
    };
    simulators_clock(&address).await.unwrap_or_else(|_| Clock::system())
}
