//! `usher dead-letters`: questions to Roku that were given up, and webhooks that could not be worked
//! on.

use clap::Subcommand;
use serde_json::json;

use super::queues::{QueuesArgument, WebhooksQueueArgument};
use super::{Failure, LocalArgument, print};

/// What to do with what was given up.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send all of them on their way again
    Redrive {
        /// Of which queues.
        #[command(flatten)]
        queues: QueuesArgument,
        /// And of which besides.
        #[command(flatten)]
        webhooks: WebhooksQueueArgument,
        /// Or those of `usher local`.
        #[command(flatten)]
        local: LocalArgument,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When the queue cannot be used.
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Redrive { queues, webhooks, local, json } = command;
    let mut dead = 0;
    let webhooks = webhooks.inspector(local.url()).await;
    for queue in queues.open(local.url()).await?.into_iter().chain(webhooks) {
        let letters = queue.state().await.map_err(|error| error.in_short())?.dead_letters;
        if letters > 0 {
            queue.redrive().await.map_err(|error| error.in_short())?;
        }
        dead += letters;
    }
    if json {
        return print(&json!({ "redriven": dead }).to_string());
    }
    print(&match dead {
        0 => "There are no dead letters.".to_owned(),
        dead => format!("Dead letters on their way again: {dead}."),
    })
}
