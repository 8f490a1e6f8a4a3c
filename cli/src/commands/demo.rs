//! `usher demo`: the story of one subscription, in one run, each step checked.

use clap::Args;

use super::Failure;
use crate::catalog_file;
use crate::demo::{Format, tell};
use crate::stack::{Options, Stack};

/// How to tell it.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print JSON, a line for each step
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When a step is not as it should be.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let stack = Stack::start(Options::in_memory(catalog_file::demo()?)).await?;
    tell(&stack, if arguments.json { Format::JsonLines } else { Format::Text }).await
}
