//! `usher dead-letters`: questions to Roku that were given up.

use clap::Subcommand;
use serde_json::json;

use super::queues::QueuesArgument;
use super::{Failure, LocalArgument, print};

/// What to do with questions that were given up.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send all of them on their way again
    Redrive {
        /// Of which queues.
        #[command(flatten)]
        queues: QueuesArgument,
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
    let Command::Redrive { queues, local, json } = command;
    let mut dead = 0;
    for queue in queues.open(local.url()).await? {
        let letters = queue.state().await.map_err(|error| error.with_causes())?.dead_letters;
        if letters > 0 {
            queue.redrive().await.map_err(|error| error.with_causes())?;
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
