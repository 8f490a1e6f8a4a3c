//! `usher events`: what happens, told to the person at the terminal.

mod forward;
mod line;
mod listen;

use clap::Subcommand;

use super::Failure;

/// What to do with events.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print events as they happen, and pass them on to a receiver on this machine
    ///
    /// They are read from the stream of the table, which tells them within a second or two, and are
    /// those that webhooks are sent. Nothing changes for the webhooks.
    Listen(listen::Arguments),
}

/// Runs the command.
///
/// # Errors
/// When events cannot be had.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Listen(arguments) => listen::run(arguments).await,
    }
}
