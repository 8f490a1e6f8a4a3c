//! `usher webhook remove`.

use clap::Args;
use serde_json::json;
use usher::secrets::webhook_secrets::WebhookSecretWriter;

use super::place::EndpointArguments;
use crate::commands::secrets::SecretsArgument;
use crate::commands::{Failure, print};

/// Which endpoint.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    endpoint: EndpointArguments,
    #[command(flatten)]
    secrets: SecretsArgument,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (place, endpoint) = arguments.endpoint.open().await?;
    let (client, prefix) = arguments.secrets.open(place.local.as_deref()).await?;
    // The endpoint last: as long as it is there, this can be done again.
    let writer = WebhookSecretWriter::new(client, prefix);
    let deleted = writer.delete(&place.publisher, &endpoint.id).await;
    deleted.map_err(|error| error.to_string())?;
    let removed = place.endpoints().remove(&place.publisher, &endpoint.id).await;
    removed.map_err(|error| error.in_short())?;
    let id = &endpoint.id;
    if place.json {
        let removed = json!({ "publisherId": place.publisher, "endpoint": id, "removed": true });
        return print(&removed.to_string());
    }
    print(&format!("{id} is removed, and what was still to be sent there"))
}
