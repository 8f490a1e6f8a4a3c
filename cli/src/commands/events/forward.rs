//! Events on their way to a receiver, as webhooks are sent: signed by Standard Webhooks, with who the
//! customer is. Each is sent once, because who develops a receiver wants to see what it does.

use std::fmt;

use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;
use usher::config::Config;
use usher::domain::event::message::EventMessage;
use usher::domain::webhook::{Contact, Format, Reach, WebhookUrl};
use usher::secrets::webhook_secrets::WebhookSecret;
use usher::store::customers::Customers;
use usher::webhooks::Courier;

use super::super::Failure;

/// Where to pass events on to.
#[derive(Debug, Args)]
pub(super) struct ForwardArguments {
    /// Post each event to this address too, as a webhook; this machine's own may be without TLS
    #[arg(long, value_name = "URL", value_parser = receiver)]
    forward_to: Option<WebhookUrl>,
    /// Sign with this secret [default: a new one, which is printed]
    #[arg(
        long,
        value_name = "SECRET",
        requires = "forward_to",
        env = "WEBHOOK_SECRET",
        hide_env_values = true,
        value_parser = secret
    )]
    secret: Option<WebhookSecret>,
}

/// A receiver.
#[derive(Debug)]
pub(super) struct Forward {
    url: WebhookUrl,
    secret: WebhookSecret,
    /// Whether the secret is a new one, which nobody knows yet.
    is_new: bool,
    courier: Courier,
    customers: Customers,
}

/// What the receiver said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Forwarded {
    /// The status of its answer.
    Status(u16),
    /// Why there is no answer.
    Error(String),
}

impl ForwardArguments {
    /// The receiver, where there is one.
    pub(super) fn open(self, config: &Config) -> Result<Option<Forward>, Failure> {
        let Some(url) = self.forward_to else { return Ok(None) };
        let is_new = self.secret.is_none();
        let secret = self.secret.map_or_else(WebhookSecret::generate, Ok);
        let secret = secret.map_err(|_| "this machine gives no random bytes for a secret")?;
        let courier = Courier::new(Reach::ThisMachineToo)?;
        let customers = Customers::new(&config.table);
        Ok(Some(Forward { url, secret, is_new, courier, customers }))
    }
}

impl Forward {
    /// Posts an event.
    pub(super) async fn send(&self, event: &EventMessage) -> Forwarded {
        let body = match self.body(event).await {
            Ok(body) => body,
            Err(why) => return Forwarded::Error(format!("not sent: {why}")),
        };
        let id = event.id.as_str();
        let answered = self.courier.send(&self.url, id, body, &[&self.secret]).await;
        answered.status.map_or_else(Forwarded::Error, Forwarded::Status)
    }

    async fn body(&self, event: &EventMessage) -> Result<String, Failure> {
        let contact = match &event.data.customer {
            None => Contact::default(),
            Some(customer) => {
                let known = self.customers.get(&event.publisher_id, &customer.id).await;
                let known = known.map_err(|error| error.in_short())?;
                known.map(|known| Contact::of(&known.customer)).unwrap_or_default()
            }
        };
        let body = Format::Usher.body(event, contact)?;
        body.ok_or_else(|| "it has no form".into())
    }
}

/// What the person at the terminal has to know. The address may hold a secret of theirs.
impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events go to {}, signed with ", self.url.origin())?;
        if self.is_new {
            return f.write_str(self.secret.expose_secret());
        }
        f.write_str("the given secret")
    }
}

impl fmt::Display for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Error(why) => f.write_str(why),
        }
    }
}

fn receiver(text: &str) -> Result<WebhookUrl, String> {
    WebhookUrl::parse(text, Reach::ThisMachineToo).map_err(|why| why.to_string())
}

fn secret(text: &str) -> Result<WebhookSecret, &'static str> {
    WebhookSecret::parse(text).ok_or("must be whsec_ and 24 to 64 bytes in base64")
}
