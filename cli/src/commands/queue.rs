//! The queues that a command works on, and `usher dead-letters`.

use clap::{Args, Subcommand};
use usher::queue::Inspector;

use super::{Failure, aws_at, print, web_address};
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
    let origin = url.starts_with("http://").then(|| origin(url));
    Inspector::new(&aws_sdk_sqs::Client::new(&aws_at(origin).await), url)
}

/// Whether a command works on `usher local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Local {
    Yes,
    No,
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}

/// What to do with questions that were given up.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send all of them on their way again
    Redrive {
        /// Of which queues.
        #[command(flatten)]
        queues: QueuesArgument,
        /// Those of `usher local`
        #[arg(long)]
        local: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When the queue cannot be used.
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Redrive { queues, local } = command;
    let mut dead = 0;
    for queue in queues.open(if local { Local::Yes } else { Local::No }).await? {
        let letters = queue.state().await.map_err(|error| error.with_causes())?.dead_letters;
        if letters > 0 {
            queue.redrive().await.map_err(|error| error.with_causes())?;
        }
        dead += letters;
    }
    print(&match dead {
        0 => "There are no dead letters.".to_owned(),
        dead => format!("{dead} dead letters are on their way again."),
    })
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_what_comes_before_the_path() {
        assert_eq!(origin(super::LOCAL), "http://127.0.0.1:8083");
        assert_eq!(origin("http://localhost:4566"), "http://localhost:4566");
    }
}
