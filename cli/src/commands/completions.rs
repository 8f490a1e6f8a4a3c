//! `usher completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::{Failure, print};

/// For which shell.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell. For bash, the script goes to ~/.local/share/bash-completion/completions/usher
    shell: Shell,
}

/// Prints the completions of `command`.
///
/// # Errors
/// When nothing can be printed.
pub fn run(arguments: &Arguments, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "usher", &mut script);
    print(String::from_utf8(script)?.trim_end())
}
