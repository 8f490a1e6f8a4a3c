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
    /// `usher local` as it prints it [default with --local: at http://127.0.0.1:8083]
    #[arg(long, env = "RECEIPTS_QUEUE_URL", value_name = "URL", value_parser = web_address)]
    receipts_queue: Option<String>,
    /// The same for questions about accounts (`AccountsQueueUrl`)
    #[arg(long, env = "ACCOUNTS_QUEUE_URL", value_name = "URL", value_parser = web_address)]
    accounts_queue: Option<String>,
}

/// The queues of `usher local`, where its ports are the usual ones.
const LOCAL: &str = "http://127.0.0.1:8083/000000000000/";

impl QueuesArgument {
    /// An inspector of each queue; of those of `usher local` where `local` says so.
    ///
    /// # Errors
    /// When a queue is not named.
    pub(super) async fn open(self, local: Local) -> Result<[Inspector; 2], Failure> {
        let default = |name| (local == Local::Yes).then(|| format!("{LOCAL}{name}"));
        let receipts = self.receipts_queue.or_else(|| default(sqs::RECEIPTS));
        let accounts = self.accounts_queue.or_else(|| default(sqs::ACCOUNTS));
        let (Some(receipts), Some(accounts)) = (receipts, accounts) else {
            return Err("name the queues: --receipts-queue URL --accounts-queue URL".into());
        };
        Ok([inspector(&receipts).await, inspector(&accounts).await])
    }
}

async fn inspector(url: &str) -> Inspector {
    // On this machine nobody speaks TLS; AWS always does.
    let local = Url::parse(url).ok().filter(|url| url.scheme() == "http");
    let origin = local.map(|url| url.origin().ascii_serialization());
    Inspector::new(&aws_sdk_sqs::Client::new(&aws_at(origin.as_deref()).await), url)
}

/// Whether a command works on `usher local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    Yes,
    No,
}
