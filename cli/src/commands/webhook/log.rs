//! `usher webhook log`.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use usher::domain::event::EventId;
use usher::domain::webhook::delivery::{Attempt, Delivery, Status};
use usher::store::webhooks::{Deliveries, Versioned};

use super::place::EndpointArguments;
use crate::commands::table::table;
use crate::commands::{Failure, print, time};

/// Which part of the log.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    endpoint: EndpointArguments,
    /// Show the delivery of this event alone, with each attempt
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["since", "limit"])]
    event: Option<String>,
    /// Show what came since then, `2026-11-26T00:00:00Z` for one
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Show at most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { endpoint, event, since, limit } = arguments;
    let (place, endpoint) = endpoint.open().await?;
    let log = Deliveries::new(&place.config.table);
    if let Some(event) = event {
        let found = log.of_event(&place.publisher, &endpoint.id, &event_id(&event)?).await;
        let found = found.map_err(|error| error.in_short())?;
        let found = found.ok_or_else(|| not_in_log(&event))?.delivery;
        return print(&if place.json {
            format!("{:#}", in_json(&found))
        } else {
            format!("{}\n\n{}", in_text([&found]), attempts(&found.log))
        });
    }
    let mut found: Vec<Versioned> = Vec::new();
    let mut after = None;
    loop {
        let page = log.page(&place.publisher, &endpoint.id, since, after.as_ref()).await;
        let (more, next) = page.map_err(|error| error.in_short())?;
        found.extend(more);
        after = next;
        if after.is_none() || found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    let found = found.iter().map(|one| &one.delivery);
    print(&if place.json {
        format!("{:#}", found.map(in_json).collect::<Value>())
    } else {
        in_text(found)
    })
}

/// An event's id that somebody wrote.
pub(super) fn event_id(text: &str) -> Result<EventId, Failure> {
    let way = "usher webhook log shows them";
    let why = || format!("the event's id must be evt_ and 32 hexadecimal digits: {way}");
    EventId::parse(text).ok_or_else(|| why().into())
}

/// What to say of an event that is not in the log.
pub(super) fn not_in_log(event: &str) -> String {
    format!("{event} is not in the delivery log of this endpoint, which goes back 30 days")
}

/// Deliveries as a table.
pub(super) fn in_text<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> String {
    let mut rows = deliveries.into_iter().map(row).peekable();
    if rows.peek().is_none() {
        return "no deliveries".to_owned();
    }
    table(["came", "event", "type", "state", "attempts", "last answer"], rows)
}

fn row(delivery: &Delivery) -> [String; 6] {
    let state = match delivery.status {
        Status::Pending { next_attempt_at } => format!("pending until {next_attempt_at:.0}"),
        Status::Delivered { at } => format!("delivered {at:.0}"),
        Status::Failed { at } => format!("failed {at:.0}"),
        Status::Held { since } => format!("held since {since:.0}"),
    };
    [
        format!("{:.0}", delivery.created_at),
        delivery.message.id.to_string(),
        delivery.message.kind.to_string(),
        state,
        delivery.attempts.to_string(),
        delivery.log.last().map_or("-".to_owned(), outcome),
    ]
}

fn attempts(log: &[Attempt]) -> String {
    let row = |attempt: &Attempt| {
        // Whoever answers may write what it likes: it must not play with the terminal.
        let answer = attempt.answer.as_deref().unwrap_or_default().escape_debug();
        [format!("{:.0}", attempt.at), outcome(attempt), answer.to_string()]
    };
    if log.is_empty() {
        return "no attempt yet".to_owned();
    }
    table(["attempt", "outcome", "answer"], log.iter().map(row))
}

fn outcome(attempt: &Attempt) -> String {
    let status = attempt.status.map(|status| status.to_string());
    let error = || attempt.error.as_deref().unwrap_or("-").escape_debug().to_string();
    status.unwrap_or_else(error)
}

/// A delivery in the fields of `--json`.
pub(super) fn in_json(delivery: &Delivery) -> Value {
    let next = match delivery.status {
        Status::Pending { next_attempt_at } => Some(next_attempt_at),
        _ => None,
    };
    json!({
        "eventId": delivery.message.id,
        "type": delivery.message.kind,
        "createdAt": delivery.created_at,
        "state": delivery.status.as_str(),
        "nextAttemptAt": next,
        "attempts": delivery.attempts,
        "log": delivery.log,
    })
}
