//! `usher demo`: the story of one subscription, in one run, each step checked.

use super::Failure;
use crate::catalog_file;
use crate::demo::tell;
use crate::stack::{Options, Stack};

/// Runs the command.
///
/// # Errors
/// When a step is not as it should be.
pub async fn run() -> Result<(), Failure> {
    let stack = Stack::start(Options::in_memory(catalog_file::demo()?)).await?;
    tell(&stack).await
}
