//! `usher webhook test`.

use clap::Args;
use serde_json::json;
use usher::config::Config;
use usher::domain::event::{EventType, UnknownEventType};
use usher::domain::webhook::Contact;
use usher::domain::webhook::sample::sample;
use usher::secrets::Secrets;
use usher::webhooks::Courier;

use super::place::EndpointArguments;
use crate::commands::secrets::SecretsArgument;
use crate::commands::{Failure, Finding, print};

/// Which endpoint, and what it is sent.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    endpoint: EndpointArguments,
    /// The type of the event. Its customer is 100000001, test@example.com
    #[arg(
        long = "type",
        value_name = "TYPE",
        default_value = "subscription.renewed",
        value_parser = kind
    )]
    kind: EventType,
    #[command(flatten)]
    secrets: SecretsArgument,
}

fn kind(text: &str) -> Result<EventType, UnknownEventType> {
    text.parse()
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (place, endpoint) = arguments.endpoint.open().await?;
    let (secrets_manager, secrets_prefix) = arguments.secrets.open(place.local.as_deref()).await?;
    let config = Config { secrets_manager, secrets_prefix, ..place.config.clone() };
    let secrets = Secrets::new(&config).webhook_secrets(&place.publisher, &endpoint.id).await;
    let secrets = secrets.map_err(|error| error.to_string())?;
    let now = config.clock.now();
    let message = sample(arguments.kind, &place.publisher, now);
    let contact = Contact { email: Some("test@example.com".to_owned()), external_id: None };
    let Some(body) = endpoint.format.body(&message, contact)? else {
        let format = endpoint.format.as_str();
        return Err(format!("{} is never sent in the format {format}", arguments.kind).into());
    };
    let courier = Courier::new(config.webhook_reach)?;
    let id = message.id.as_str();
    let answered = courier.send(&endpoint.url, id, body.clone(), &secrets.signing(now)).await;
    let is_taken = answered.status.as_ref().is_ok_and(|status| (200..300).contains(status));
    let answer = answered.answer.as_deref().unwrap_or_default();
    print(&if place.json {
        let (status, error) = (answered.status.as_ref().ok(), answered.status.as_ref().err());
        let told = json!({
            "eventId": id, "sent": body, "status": status, "error": error, "answer": answer,
        });
        format!("{told:#}")
    } else {
        let outcome = answered.status.map_or_else(|why| why, |status| status.to_string());
        format!("sent     {body}\nanswer   {outcome} {}", answer.escape_debug())
    })?;
    if is_taken { Ok(()) } else { Err(Finding("the endpoint does not take it".to_owned()).into()) }
}
