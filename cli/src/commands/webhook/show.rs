//! `usher webhook show`.

use serde_json::Value;
use usher::store::webhooks::Deliveries;

use super::log::{in_json, in_text};
use super::place::{EndpointArguments, state_in_text};
use crate::commands::{Failure, print};

/// How many of its last deliveries are shown.
const LAST: usize = 10;

pub(super) async fn run(endpoint: EndpointArguments) -> Result<(), Failure> {
    let (place, endpoint) = endpoint.open().await?;
    let deliveries = Deliveries::new(&place.config.table);
    let page = deliveries.page(&place.publisher, &endpoint.id, None, None).await;
    let (mut last, _) = page.map_err(|error| error.in_short())?;
    last.truncate(LAST);
    if place.json {
        let mut shown = place.endpoint_in_json(&endpoint);
        shown["deliveries"] = last.iter().map(|one| in_json(&one.delivery)).collect::<Value>();
        return print(&format!("{shown:#}"));
    }
    let lines = [
        format!("endpoint  {}", endpoint.id),
        format!("address   {}", String::from(endpoint.url.clone())),
        format!("types     {}", endpoint.types),
        format!("format    {}", endpoint.format.as_str()),
        format!("state     {}", state_in_text(&endpoint)),
        format!("created   {:.0}", endpoint.created_at),
    ];
    print(&format!("{}\n\n{}", lines.join("\n"), in_text(last.iter().map(|one| &one.delivery))))
}
