//! `usher webhook add`.

use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;
use usher::domain::webhook::{
    Endpoint, EndpointId, Format, MOST_ENDPOINTS, State, TypeFilter, WebhookUrl,
};
use usher::secrets::webhook_secrets::WebhookSecretWriter;
use usher::store::webhooks::Added;

use super::place::PublisherAndJson;
use crate::commands::secrets::SecretsArgument;
use crate::commands::{Failure, print};

/// Where, what and in which form.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The address, https://example.com/webhooks for one. It must lead to the public internet; on
    /// `usher local`, http://localhost:3000 will do too
    url: String,
    /// The types of events that are told, with commas between them
    #[arg(long, value_name = "TYPES", default_value = "all", value_parser = TypeFilter::parse)]
    types: TypeFilter,
    /// The form: Usher's own, or Cleeng's envelope and topics
    #[arg(long, value_name = "FORMAT", default_value = "usher", value_parser = format)]
    format: Format,
    #[command(flatten)]
    of: PublisherAndJson,
    #[command(flatten)]
    secrets: SecretsArgument,
}

fn format(text: &str) -> Result<Format, String> {
    let known = [Format::Usher, Format::Cleeng].into_iter();
    let mut known = known.filter(|format| format.as_str() == text);
    known.next().ok_or_else(|| "must be usher or cleeng".to_owned())
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { url, types, format, of, secrets } = arguments;
    let place = of.open().await?;
    let url = WebhookUrl::parse(&url, place.config.webhook_reach);
    let endpoint = Endpoint {
        id: EndpointId::from_random(uuid::Uuid::new_v4().into_bytes()),
        url: url.map_err(|why| format!("the address {why}"))?,
        types,
        format,
        state: State::Enabled,
        created_at: place.config.clock.now(),
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
    };
    // The secret first: an endpoint without one could be told nothing.
    let (client, prefix) = secrets.open(place.local.as_deref()).await?;
    let writer = WebhookSecretWriter::new(client, prefix);
    let secret = writer.create(&place.publisher, &endpoint.id).await;
    let secret = secret.map_err(|error| error.to_string())?;
    let added = place.endpoints().add(&place.publisher, &endpoint).await;
    if !matches!(added, Ok(Added::Added)) {
        drop(writer.delete(&place.publisher, &endpoint.id).await);
    }
    if added.map_err(|error| error.in_short())? == Added::TooMany {
        let way = "take one away that is not needed: usher webhook remove";
        return Err(format!("a publisher has {MOST_ENDPOINTS} endpoints at most; {way}").into());
    }
    if place.json {
        let mut added = place.endpoint_in_json(&endpoint);
        added["secret"] = json!(secret.expose_secret());
        return print(&format!("{added:#}"));
    }
    print(&format!(
        "endpoint  {}\nsecret    {}\n\nThe secret is shown this once. To see what the receiver makes \
         of a webhook:\n  usher webhook test {}",
        endpoint.id,
        secret.expose_secret(),
        endpoint.id
    ))
}
