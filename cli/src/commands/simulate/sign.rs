//! `usher simulate sign`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use roku_simulator::{Claims, SigningKey};
use serde_json::{Value, json};
use usher::clock::Clock;

use super::Told;
use crate::commands::Failure;
use crate::story::Story;

/// What to sign, and where to.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A story, or a folder of them (`tests/corpus`)
    stories: PathBuf,
    /// Where the signed pushes go: NAME.jws for each story, one push a line, and jwks.json with
    /// the key set that they are checked with. The key is new each time
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Told, Failure> {
    let Arguments { stories, out } = arguments;
    let signed = sign(stories, out)?;
    let told = json!({ "signed": signed, "out": out });
    Ok((format!("{signed} pushes signed in {}", out.display()), told))
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
