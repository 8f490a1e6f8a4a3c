//! Whether publishers are told what happened.

use serde_json::json;
use usher::domain::id::PublisherId;
use usher::domain::webhook::{Endpoint, State};
use usher::store::Table;
use usher::store::webhooks::Endpoints;

use super::Examined;
use crate::commands::queues::WebhooksQueueArgument;

const WHAT: &str = "webhooks";
const QUEUE: &str = "webhooks on their way";

/// Looks at the queue; nothing where nobody has named it.
pub(super) async fn examine_queue(
    queue: WebhooksQueueArgument,
    local: Option<&str>,
) -> Option<Examined> {
    let state = match queue.inspector(local).await?.state().await {
        Ok(state) => state,
        Err(error) => return Some(Examined::unexamined(QUEUE, error.in_short())),
    };
    let dead = state.dead_letters;
    let waiting = state.waiting + state.delayed;
    let found =
        format!("{waiting} waiting, {} being sent or paused, {dead} given up", state.in_flight);
    let values = json!({ "waiting": waiting, "inFlight": state.in_flight, "deadLetters": dead });
    let todo = "find the cause in the log of DeliverFunction, then: usher dead-letters redrive";
    Some(Examined::well(QUEUE, found, values).wrong_if(dead > 0, todo))
}

/// Looks at each endpoint of a publisher.
pub(super) async fn examine(table: &Table, publisher: &PublisherId) -> Vec<Examined> {
    match Endpoints::new(table).list(publisher).await {
        Ok(endpoints) => endpoints.iter().map(of_endpoint).collect(),
        Err(error) => vec![Examined::unexamined(WHAT, error.in_short())],
    }
}

fn of_endpoint(endpoint: &Endpoint) -> Examined {
    let (id, host) = (&endpoint.id, endpoint.url.origin());
    let values = json!({
        "endpoint": id,
        "state": endpoint.state,
        "failingSince": endpoint.failing_since,
        "lastSuccessAt": endpoint.last_success_at,
    });
    let see = format!("usher webhook log {id} tells why");
    match (endpoint.state, endpoint.failing_since) {
        (State::Paused { at, reason }, _) => {
            let found = format!("{id} at {host}: paused since {at:.0}, {}", reason.as_str());
            let todo = format!("{see}; what is held for it is sent by usher webhook resume {id}");
            Examined::well(WHAT, found, values).wrong(todo)
        }
        (State::Enabled, Some(since)) => {
            let found = format!("{id} at {host}: nothing arrives since {since:.0}");
            let todo = format!("{see}; after three days it is paused");
            Examined::well(WHAT, found, values).wrong(todo)
        }
        (State::Enabled, None) => Examined::well(WHAT, format!("{id} at {host}: enabled"), values),
    }
}
