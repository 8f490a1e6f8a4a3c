//! `usher webhook rotate-secret`.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::json;
use usher::secrets::webhook_secrets::WebhookSecretWriter;

use super::place::EndpointArguments;
use crate::commands::secrets::SecretsArgument;
use crate::commands::{Failure, duration, print};

/// Whose secret, and for how long the old one signs too.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    endpoint: EndpointArguments,
    /// For how long webhooks are signed with the old secret besides; 0s where it is known to others
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    overlap: Duration,
    #[command(flatten)]
    secrets: SecretsArgument,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (place, endpoint) = arguments.endpoint.open().await?;
    let (client, prefix) = arguments.secrets.open(place.local.as_deref()).await?;
    let overlap = SignedDuration::try_from(arguments.overlap)?;
    let now = place.config.clock.now();
    let until = now.checked_add(overlap).map_err(|_| "the overlap must end some day")?;
    let writer = WebhookSecretWriter::new(client, prefix);
    let secret = writer.rotate(&place.publisher, &endpoint.id, overlap, now).await;
    let secret = secret.map_err(|error| error.to_string())?;
    if place.json {
        let rotated = json!({
            "publisherId": place.publisher,
            "endpoint": endpoint.id,
            "secret": secret.expose_secret(),
            "oldSignsUntil": overlap.is_positive().then_some(until),
        });
        return print(&format!("{rotated:#}"));
    }
    let old = match overlap.is_positive() {
        true => format!("The old one signs besides until {until:.0}."),
        false => "The old one does not sign any more then.".to_owned(),
    };
    print(&format!(
        "secret  {}\n\nThe secret is shown this once. Webhooks are signed with it within 5 minutes. {old}",
        secret.expose_secret()
    ))
}
