//! `usher simulate`: what a Roku would send.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use roku_simulator::{Claims, SigningKey};
use serde_json::Value;
use usher::clock::Clock;

use super::{Failure, print};
use crate::story::Story;

/// What to simulate.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign the pushes of stories as Roku does, for a receiver that checks signatures
    Sign {
        /// A story, or a folder of them (`tests/corpus`)
        stories: PathBuf,
        /// Where the signed pushes go: NAME.jws for each story, one push a line, and jwks.json with
        /// the key set that they are checked with. The key is new each time
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// When a file is no story or the folder cannot be written.
pub fn run(command: Command) -> Result<(), Failure> {
    let Command::Sign { stories, out } = command;
    let signed = sign(&stories, &out)?;
    print(&format!("{signed} pushes signed in {}", out.display()))
}

fn sign(stories: &Path, out: &Path) -> Result<usize, Failure> {
    let found = Story::read_all(stories)?;
    if found.is_empty() {
        return Err(format!("{} holds no stories (*.yaml)", stories.display()).into());
    }
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let (key, now) = (SigningKey::generate(), Clock::system().now());
    std::fs::write(out.join("jwks.json"), format!("{:#}\n", key.jwks()))?;
    let mut signed = 0;
    for (name, story) in &found {
        let mut file = std::fs::File::create(out.join(format!("{name}.jws")))?;
        for (message_key, push) in story.pushes() {
            let message = Value::Object(push.clone()).to_string();
            let claims = Claims::new(&format!("{name}-{message_key}"), &message, now);
            writeln!(file, "{}", key.sign(&claims))?;
            signed += 1;
        }
    }
    Ok(signed)
}
