//! `usher`: the operator's tool.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use usher_cli::commands::{
    Finding, catalog, completions, customer, dead_letters, demo, doctor, events, import, local,
    publisher, quote, replay, report, signing_key, simulate, token, webhook,
};

/// Roku Pay purchases become access.
#[derive(Debug, Parser)]
#[command(name = "usher", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine: the API and what asks Roku again, a DynamoDB, queues, a Roku.
    Local(local::Arguments),
    /// Watch a Roku purchase become access, in a few seconds.
    Demo(demo::Arguments),
    /// Check a catalog, apply it to a table, compare the two, show what is there.
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Make, list and revoke publisher tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Make publishers, show and change their settings, rotate their Roku Pay API keys.
    #[command(subcommand)]
    Publisher(publisher::Command),
    /// Rotate the key that customers' tokens are signed with, or list the public ones.
    #[command(subcommand)]
    SigningKey(signing_key::Command),
    /// Look a customer up, sign them out, or forget them.
    #[command(subcommand)]
    Customer(customer::Command),
    /// Tell a publisher's own systems what happened: add, test, pause, resend, read the log.
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Say what is wrong, and what to do about it.
    Doctor(doctor::Arguments),
    /// Watch what happens as it happens.
    #[command(subcommand)]
    Events(events::Command),
    /// Deal with questions to Roku and webhooks that were given up.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// Show what a change of plan would cost a customer.
    Quote(quote::Arguments),
    /// Bring subscribers along whose e-mail address and Roku transaction are known.
    Import(import::Arguments),
    /// Take pushes from a file: what Roku sent before, or what its dashboard sends again.
    Replay(replay::Arguments),
    /// Add up what was sold, and who stayed: transactions, subscriptions, monthly figures.
    Report(report::Arguments),
    /// Do what a Roku would do.
    Simulate(simulate::Arguments),
    /// Print what a shell needs to complete commands.
    Completions(completions::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match Arguments::parse().command {
        Command::Local(arguments) => local::run(&arguments).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Catalog(command) => catalog::run(command).await,
        Command::Token(command) => token::run(command).await,
        Command::Publisher(command) => publisher::run(command).await,
        Command::SigningKey(command) => signing_key::run(command).await,
        Command::Customer(command) => customer::run(command).await,
        Command::Webhook(command) => webhook::run(command).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Events(command) => events::run(command).await,
        Command::DeadLetters(command) => dead_letters::run(command).await,
        Command::Quote(arguments) => quote::run(arguments).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Replay(arguments) => replay::run(arguments).await,
        Command::Report(arguments) => report::run(arguments).await,
        Command::Simulate(arguments) => simulate::run(arguments).await,
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        #[expect(clippy::print_stderr, reason = "the person at the terminal reads it")]
        Err(error) => {
            eprintln!("usher: {error}");
            if error.is::<Finding>() { Finding::EXIT_CODE.into() } else { ExitCode::FAILURE }
        }
    }
}
