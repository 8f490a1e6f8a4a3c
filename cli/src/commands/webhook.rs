//! `usher webhook`: where a publisher is told what happened, and what became of each telling.

mod add;
mod list;
mod log;
mod place;
mod remove;
mod resend;
mod rotate_secret;
mod show;
mod state;
mod test;

use clap::Subcommand;

use super::Failure;
use place::{EndpointArguments, PublisherAndJson};

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add an address at which a publisher is told what happened, and print the secret that its
    /// webhooks are signed with, this once
    Add(add::Arguments),
    /// List a publisher's endpoints: whether they are enabled, and when something last arrived
    List(PublisherAndJson),
    /// Show an endpoint, and its last deliveries
    Show(EndpointArguments),
    /// Send an event that never happened to an endpoint, signed as all are, and print its answer
    Test(test::Arguments),
    /// Send deliveries again: that of one event, or all since a moment
    Resend(resend::Arguments),
    /// Send nothing to an endpoint until it is resumed. What happens meanwhile is held for it, for 30
    /// days
    Pause(EndpointArguments),
    /// Send to an endpoint again, what was held for it first
    Resume(resend::ResumeArguments),
    /// Take an endpoint and its secret away
    Remove(remove::Arguments),
    /// Give an endpoint a new secret and print it, this once. Both sign for a time, so that the
    /// receiver may change its own at any moment within it
    RotateSecret(rotate_secret::Arguments),
    /// Show the delivery log of an endpoint, newest first
    Log(log::Arguments),
}

/// Runs the command.
///
/// # Errors
/// When there is no such publisher or endpoint, or the table, Secrets Manager, the queue or the
/// endpoint cannot be used; [`super::Finding`] when an endpoint does not take a test.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add::run(arguments).await,
        Command::List(publisher) => list::run(publisher).await,
        Command::Show(endpoint) => show::run(endpoint).await,
        Command::Test(arguments) => test::run(arguments).await,
        Command::Resend(arguments) => resend::run(arguments).await,
        Command::Pause(endpoint) => state::pause(endpoint).await,
        Command::Resume(arguments) => resend::resume(arguments).await,
        Command::Remove(arguments) => remove::run(arguments).await,
        Command::RotateSecret(arguments) => rotate_secret::run(arguments).await,
        Command::Log(arguments) => log::run(arguments).await,
    }
}
