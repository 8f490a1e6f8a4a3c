//! `usher customer`: who a customer is, what they have, and how it came about.

mod show;

use clap::Subcommand;

use super::{Failure, LookArguments};

/// What to do with a customer.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what is open to a customer, their purchases and receipts, and all that Roku told
    Show {
        /// An e-mail address, a customer id, a Roku customer, or a transaction
        who: String,
        /// Where, when and how.
        #[command(flatten)]
        look: LookArguments,
    },
}

/// Runs the command.
///
/// # Errors
/// When nobody is found or the table cannot be read.
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Show { who, look } = command;
    show::run(&who, look).await
}
