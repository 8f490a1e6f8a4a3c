//! `usher webhook list`.

use serde_json::Value;
use usher::domain::webhook::Endpoint;

use super::place::{PublisherAndJson, state_in_text};
use crate::commands::table::table;
use crate::commands::{Failure, print};

pub(super) async fn run(of: PublisherAndJson) -> Result<(), Failure> {
    let place = of.open().await?;
    let endpoints = place.endpoints().list(&place.publisher).await;
    let endpoints = endpoints.map_err(|error| error.in_short())?;
    if place.json {
        let shown = endpoints.iter().map(|endpoint| place.endpoint_in_json(endpoint));
        return print(&format!("{:#}", shown.collect::<Value>()));
    }
    if endpoints.is_empty() {
        let publisher = &place.publisher;
        return print(&format!("none yet: usher webhook add URL --publisher {publisher}"));
    }
    let header = ["endpoint", "host", "types", "format", "state", "last success", "last failure"];
    print(&table(header, endpoints.iter().map(row)))
}

fn row(endpoint: &Endpoint) -> [String; 7] {
    let moment = |moment: Option<jiff::Timestamp>| {
        moment.map_or("-".to_owned(), |moment| format!("{moment:.0}"))
    };
    [
        endpoint.id.to_string(),
        endpoint.url.origin(),
        endpoint.types.to_string(),
        endpoint.format.as_str().to_owned(),
        state_in_text(endpoint),
        moment(endpoint.last_success_at),
        moment(endpoint.last_failure_at),
    ]
}
