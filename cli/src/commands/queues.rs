//! The queues that a command works on.

use clap::Args;
use reqwest::Url;
use usher::queue::Inspector;

use super::{Failure, aws_at, web_address};
use crate::sqs;

/// The queues of questions to Roku.
#[derive(Debug, Args)]
pub struct QueuesArgument {
    /// The stack's queue of questions about receipts (its output `ReceiptsQueueUrl`), or that of
    /// `usher local` as it prints it [default: $RECEIPTS_QUEUE_URL; with --local, the port after the
    /// table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    receipts_queue: Option<String>,
    /// The same for questions about accounts (`AccountsQueueUrl`) [default: $ACCOUNTS_QUEUE_URL]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    accounts_queue: Option<String>,
}

impl QueuesArgument {
    /// An inspector of each queue; of those of the `usher local` whose table is at `local`, if it is.
    ///
    /// # Errors
    /// When a queue is not named.
    pub(super) async fn open(self, local: Option<&str>) -> Result<[Inspector; 2], Failure> {
        let default = |variable: &str, name: &str| match local {
            Some(table) => beside(table, 1).map(|sqs| format!("{sqs}000000000000/{name}")),
            None => std::env::var(variable).ok(),
        };
        let receipts = self.receipts_queue.or_else(|| default("RECEIPTS_QUEUE_URL", sqs::RECEIPTS));
        let accounts = self.accounts_queue.or_else(|| default("ACCOUNTS_QUEUE_URL", sqs::ACCOUNTS));
        let (Some(receipts), Some(accounts)) = (receipts, accounts) else {
            return Err("name the queues: --receipts-queue URL --accounts-queue URL".into());
        };
        Ok([inspector(&receipts).await, inspector(&accounts).await])
    }
}

/// The queue of webhooks.
#[derive(Debug, Args)]
pub struct WebhooksQueueArgument {
    /// The stack's queue of webhooks (its output `WebhooksQueueUrl`), or that of `usher local` as it
    /// prints it [default: $WEBHOOKS_QUEUE_URL; with --local, the port after the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    webhooks_queue: Option<String>,
}

impl WebhooksQueueArgument {
    /// The queue's address; that of the `usher local` whose table is at `local`, if it is. None where
    /// nobody has named one.
    fn url(&self, local: Option<&str>) -> Option<String> {
        self.webhooks_queue.clone().or_else(|| match local {
            Some(table) => {
                beside(table, 1).map(|sqs| format!("{sqs}000000000000/{}", sqs::WEBHOOKS))
            }
            None => std::env::var("WEBHOOKS_QUEUE_URL").ok(),
        })
    }

    /// SQS, and the queue's address.
    ///
    /// # Errors
    /// When the queue is not named.
    pub(super) async fn open(
        self,
        local: Option<&str>,
    ) -> Result<(aws_sdk_sqs::Client, String), Failure> {
        let url = self.url(local).ok_or("name the queue: --webhooks-queue URL")?;
        Ok((client(&url).await, url))
    }

    /// An inspector of the queue; none where nobody has named one: a stack may be looked at by who
    /// knows nothing of webhooks.
    pub(super) async fn inspector(&self, local: Option<&str>) -> Option<Inspector> {
        let url = self.url(local)?;
        Some(inspector(&url).await)
    }
}

/// The part of `usher local` whose port is so far from that of its table.
pub(super) fn beside(table: &str, ports_further: i32) -> Option<Url> {
    let mut url = Url::parse(table).ok()?;
    let port = i32::from(url.port_or_known_default()?) + ports_further;
    url.set_port(Some(u16::try_from(port).ok()?)).ok()?;
    Some(url)
}

async fn inspector(url: &str) -> Inspector {
    Inspector::new(&client(url).await, url)
}

async fn client(url: &str) -> aws_sdk_sqs::Client {
    // On this machine nobody speaks TLS; AWS always does.
    let local = Url::parse(url).ok().filter(|url| url.scheme() == "http");
    let origin = local.map(|url| url.origin().ascii_serialization());
    aws_sdk_sqs::Client::new(&aws_at(origin.as_deref()).await)
}
