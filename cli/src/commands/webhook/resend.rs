//! `usher webhook resend` and `resume`: deliveries on their way once more.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use usher::config::Config;
use usher::domain::webhook::delivery::Status;
use usher::domain::webhook::{Endpoint, State};
use usher::queue::Sender;
use usher::store::webhooks::{Deliveries, Versioned};
use usher::webhooks::QueueMessage;

use super::log::{event_id, not_in_log};
use super::place::{EndpointArguments, Place};
use crate::commands::queues::WebhooksQueueArgument;
use crate::commands::{Failure, print, time};

/// Which deliveries.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    endpoint: EndpointArguments,
    /// The event, by its id
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    event: Option<String>,
    /// All whose events came since then, `2026-11-26T00:00:00Z` for one, whatever became of them
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Of these, those that were given up
    #[arg(long, requires = "since", conflicts_with = "held")]
    failed: bool,
    /// Of these, those that are held or were left behind
    #[arg(long, requires = "since")]
    held: bool,
    #[command(flatten)]
    queue: WebhooksQueueArgument,
}

/// Which endpoint goes on.
#[derive(Debug, Args)]
pub struct ResumeArguments {
    #[command(flatten)]
    endpoint: EndpointArguments,
    #[command(flatten)]
    queue: WebhooksQueueArgument,
}

/// What is wanted of what is in the log.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    All,
    Failed,
    LeftBehind,
}

impl Wanted {
    fn is(self, one: &Versioned, now: Timestamp) -> bool {
        match self {
            Self::All => true,
            Self::Failed => matches!(one.delivery.status, Status::Failed { .. }),
            Self::LeftBehind => one.delivery.is_left_behind(now),
        }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { endpoint, event, since, failed, held, queue } = arguments;
    let (place, endpoint) = endpoint.open().await?;
    if endpoint.is_paused() {
        let way = format!("usher webhook resume {} first", endpoint.id);
        return Err(format!("nothing is sent to an endpoint that is paused: {way}").into());
    }
    let road = Road::to(&place, &endpoint, queue).await?;
    let sent = match event {
        Some(event) => road.one(&event).await?,
        None => {
            let wanted = match (failed, held) {
                (true, _) => Wanted::Failed,
                (_, true) => Wanted::LeftBehind,
                _ => Wanted::All,
            };
            road.all(since, wanted).await?
        }
    };
    tell(&place, &endpoint, sent)
}

pub(super) async fn resume(arguments: ResumeArguments) -> Result<(), Failure> {
    let (place, endpoint) = arguments.endpoint.open().await?;
    let road = Road::to(&place, &endpoint, arguments.queue).await?;
    let enabled = place.endpoints().set_state(&place.publisher, &endpoint.id, State::Enabled).await;
    enabled.map_err(|error| error.in_short())?.ok_or("the endpoint has just been removed")?;
    let sent = road.all(None, Wanted::LeftBehind).await?;
    tell(&place, &endpoint, sent)
}

fn tell(place: &Place, endpoint: &Endpoint, sent: usize) -> Result<(), Failure> {
    let id = &endpoint.id;
    if place.json {
        let told = json!({ "publisherId": place.publisher, "endpoint": id, "sent": sent });
        return print(&told.to_string());
    }
    print(&format!("{id} is enabled; deliveries on their way again: {sent}"))
}

/// The way to an endpoint.
struct Road<'a> {
    config: &'a Config,
    place: &'a Place,
    endpoint: &'a Endpoint,
    log: Deliveries,
    queue: Sender,
}

impl<'a> Road<'a> {
    async fn to(
        place: &'a Place,
        endpoint: &'a Endpoint,
        queue: WebhooksQueueArgument,
    ) -> Result<Self, Failure> {
        let (client, url) = queue.open(place.local.as_deref()).await?;
        let log = Deliveries::new(&place.config.table);
        let queue = Sender::new(&client, &url);
        Ok(Self { config: &place.config, place, endpoint, log, queue })
    }

    /// The delivery of one event, whatever became of it.
    async fn one(&self, event: &str) -> Result<usize, Failure> {
        let id = event_id(event)?;
        let known = self.log.of_event(&self.place.publisher, &self.endpoint.id, &id).await;
        let known = known.map_err(|error| error.in_short())?;
        let known = known.ok_or_else(|| not_in_log(event))?;
        self.send(vec![known]).await
    }

    /// Those of the log that are wanted, newest page first.
    async fn all(&self, since: Option<Timestamp>, wanted: Wanted) -> Result<usize, Failure> {
        let now = self.config.clock.now();
        let (mut sent, mut after) = (0, None);
        loop {
            let (publisher, endpoint) = (&self.place.publisher, &self.endpoint.id);
            let page = self.log.page(publisher, endpoint, since, after.as_ref()).await;
            let (mut found, next) = page.map_err(|error| error.in_short())?;
            found.retain(|one| wanted.is(one, now));
            found.reverse();
            sent += self.send(found).await?;
            if next.is_none() {
                return Ok(sent);
            }
            after = next;
        }
    }

    /// Notes that deliveries are on their way, and sends them. What is noted and cannot be sent is
    /// left behind, and found as such a quarter of an hour later.
    async fn send(&self, deliveries: Vec<Versioned>) -> Result<usize, Failure> {
        let now = self.config.clock.now();
        let (publisher, endpoint) = (&self.place.publisher, &self.endpoint.id);
        let mut messages = Vec::with_capacity(deliveries.len());
        for known in &deliveries {
            let again = known.delivery.clone().put_on_its_way(now);
            let id = again.id();
            let noted = self.log.save(publisher, endpoint, known, again).await;
            // Where somebody else has just written it, it is on its way.
            if noted.map_err(|error| error.in_short())?.is_some() {
                let body = QueueMessage::of_delivery(publisher, endpoint, &id);
                messages.push((body, std::time::Duration::ZERO));
            }
        }
        let sent = self.queue.send_spread(&messages).await;
        sent.map_err(|error| {
            let way = "in a quarter of an hour: usher webhook resend --since TIME --held";
            format!("{error}: {}; {way}", error.cause.in_short())
        })?;
        Ok(messages.len())
    }
}
