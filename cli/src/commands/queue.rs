//! The queue that a command works on, and `usher dead-letters`.

use clap::{Args, Subcommand};
use usher::queue::Inspector;

use super::{Failure, aws_at, print, web_address};

/// The queue of questions to Roku.
#[derive(Debug, Args)]
pub struct QueueArgument {
    /// The stack's queue (its output `QueueUrl`), or that of `usher local` as it prints it [default
    /// with --local: http://127.0.0.1:8083/000000000000/usher-verify]
    #[arg(long, env = "QUEUE_URL", value_name = "URL", value_parser = web_address)]
    queue: Option<String>,
}

/// The queue of `usher local`, where its ports are the usual ones.
const LOCAL: &str = "http://127.0.0.1:8083/000000000000/usher-verify";

impl QueueArgument {
    /// An inspector of the queue; of that of `usher local` where `local` says so.
    ///
    /// # Errors
    /// When no queue is named.
    pub(super) async fn open(self, local: Local) -> Result<Inspector, Failure> {
        let default = (local == Local::Yes).then(|| LOCAL.to_owned());
        let url = self.queue.or(default).ok_or("name the queue: --queue URL")?;
        // On this machine nobody speaks TLS; AWS always does.
        let origin = url.starts_with("http://").then(|| origin(&url));
        let aws = aws_at(origin).await;
        Ok(Inspector::new(&aws_sdk_sqs::Client::new(&aws), &url))
    }
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
        /// Which queue.
        #[command(flatten)]
        queue: QueueArgument,
        /// That of `usher local`
        #[arg(long)]
        local: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When the queue cannot be used.
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Redrive { queue, local } = command;
    let inspector = queue.open(if local { Local::Yes } else { Local::No }).await?;
    let dead = inspector.state().await.map_err(|error| error.with_causes())?.dead_letters;
    if dead == 0 {
        return print("There are no dead letters.");
    }
    inspector.redrive().await.map_err(|error| error.with_causes())?;
    print(&format!("{dead} dead letters are on their way again."))
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
