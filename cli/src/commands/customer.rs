//! `usher customer`: who a customer is, what they have, and how it came about; and what a customer may
//! ask for: to be signed out everywhere, and to be forgotten.

mod delete;
mod known;
mod revoke_tokens;
mod show;

use clap::Subcommand;

use super::{Failure, LookArguments};
use known::KnownCustomerArguments;

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
    /// Make every token of a customer worth nothing: they sign in again
    ///
    /// Customer tokens, JWTs and refresh tokens that were issued until now, and those of the
    /// publisher's identity provider. It takes a second until every function knows.
    RevokeTokens(KnownCustomerArguments),
    /// Forget a customer: their address, names and tokens, and the orders that their apps posted
    ///
    /// What Roku told of the money stays, under Roku's customer and the number of the customer, by
    /// which nobody is found any more. Their Roku accounts are nobody's until somebody shows a receipt.
    Delete {
        /// Whom.
        #[command(flatten)]
        customer: KnownCustomerArguments,
        /// Do it. Without this it is only said what would be done
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When nobody is found or the table cannot be used.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Show { who, look } => show::run(&who, look).await,
        Command::RevokeTokens(customer) => revoke_tokens::run(customer).await,
        Command::Delete { customer, yes } => delete::run(customer, yes).await,
    }
}
