//! `usher publisher create|set|show|rotate-key`.

mod identity_provider;
mod rotate_key;
mod settings;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use usher::domain::contradictions::{contradictions, of_settings};
use usher::domain::id::PublisherId;
use usher::domain::publisher::{Publisher, Settings};
use usher::store::publisher_tokens::{ListedToken, PublisherTokens};
use usher::store::publishers::Publishers;

use super::named_publisher::NamedPublisher;
use super::{Failure, print, token, warnings};
use crate::field_change::{FieldChange, field_changes, fields, in_words};
use settings::SettingsArguments;

/// What to do with a publisher.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a publisher, which sells nothing until a catalog is applied
    Create(PublisherAndSettings),
    /// Change settings of a publisher: those that are named, and no others
    Set(PublisherAndSettings),
    /// Show the settings of a publisher, and what else is kept for it
    Show(NamedPublisher),
    /// Give a publisher a new Roku Pay API key. It is the value of the environment variable
    /// `ROKU_API_KEY`, or else the first line of standard input
    ///
    /// Roku is asked with the new key first, and nothing is stored if it does not take it. In Roku's
    /// dashboard, let the old key expire in a day or more and not at once: the functions use the new
    /// one within 5 minutes, and try the old one besides. The key is no argument, because those are
    /// seen by others on the machine and stay in the history of the shell.
    RotateKey(rotate_key::Arguments),
}

/// Which publisher, and what it decides.
#[derive(Debug, Args)]
pub struct PublisherAndSettings {
    #[command(flatten)]
    publisher: NamedPublisher,
    #[command(flatten)]
    settings: SettingsArguments,
}

/// Runs the command.
///
/// # Errors
/// When an id, a setting or a key is none; when there is such a publisher already, or none; when the
/// table, Secrets Manager or Roku cannot be used. No text of it holds a key.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(what) => create(what).await,
        Command::Set(what) => set(what).await,
        Command::Show(publisher) => show(publisher).await,
        Command::RotateKey(arguments) => rotate_key::run(arguments).await,
    }
}

async fn create(what: PublisherAndSettings) -> Result<(), Failure> {
    let PublisherAndSettings { publisher, settings } = what;
    let json = publisher.json;
    let mut decided = Settings::of_channels(Vec::new());
    settings.decide(&mut decided);
    decided.check().map_err(|why| format!("{why}: --channel CHANNEL"))?;
    let (id, table) = publisher.open().await?;
    let created = Publishers::new(&table).create(&id, &decided).await;
    if !created.map_err(|error| error.in_short())? {
        let way = format!("usher publisher set {id} changes its settings");
        return Err(
            format!("there is a publisher {id} already, and it was left as it is; {way}").into()
        );
    }
    let warnings = of_settings(&decided);
    if json {
        let warnings = warnings::in_json(&warnings);
        let told = json!({ "publisherId": id, "settings": decided, "warnings": warnings });
        return print(&format!("{told:#}"));
    }
    let (settings, warnings) = (settings_in_text(&decided), warnings::in_text(&warnings));
    print(&format!("publisher {id} is made\n{settings}{warnings}\n\n{}", next_steps(&id)))
}

fn next_steps(id: &PublisherId) -> String {
    [
        "next, with the same --table or --local:".to_owned(),
        "  usher catalog apply FILE        what it sells".to_owned(),
        format!("  usher publisher rotate-key {id}  its Roku Pay API key"),
        format!("  usher token create {id}          what its middleware sends"),
    ]
    .join("\n")
}

async fn set(what: PublisherAndSettings) -> Result<(), Failure> {
    let PublisherAndSettings { publisher, settings } = what;
    if settings == SettingsArguments::default() {
        return Err("name what to set: usher publisher set --help tells the settings".into());
    }
    let json = publisher.json;
    let (known, table) = publisher.find().await?;
    let mut decided = known.settings.clone();
    settings.decide(&mut decided);
    decided.check().map_err(|why| why.to_string())?;
    let changes = field_changes(Some(&known.settings), &decided);
    if !changes.is_empty() {
        let saved = Publishers::new(&table).save_settings(&known.id, &decided).await;
        saved.map_err(|error| error.in_short())?;
    }
    let warnings = of_settings(&decided);
    if json {
        let warnings = warnings::in_json(&warnings);
        let told = json!({ "publisherId": known.id, "changes": changes, "warnings": warnings });
        return print(&format!("{told:#}"));
    }
    print(&format!("{}{}", changes_in_text(&changes), warnings::in_text(&warnings)))
}

fn changes_in_text(changes: &[FieldChange]) -> String {
    if changes.is_empty() {
        return "nothing changes: it is set so already".to_owned();
    }
    let lines: String = changes.iter().map(|change| format!("{change}\n")).collect();
    format!("{lines}functions use this within a minute")
}

async fn show(publisher: NamedPublisher) -> Result<(), Failure> {
    let json = publisher.json;
    let (publisher, table) = publisher.find().await?;
    let tokens = PublisherTokens::new(&table).list(&publisher.id).await;
    let tokens = tokens.map_err(|error| error.in_short())?;
    if json {
        return print(&format!("{:#}", shown_in_json(&publisher, &tokens)));
    }
    let Publisher { id, settings, catalog } = publisher.as_ref();
    let settings = settings_in_text(settings);
    let offers = format!("offers: {} (usher catalog show {id})", catalog.offers().len());
    let gap = if tokens.is_empty() { " " } else { "\n\n" };
    let tokens = format!("tokens:{gap}{}", token::in_text(id, &tokens));
    let warnings = warnings::in_text(&contradictions(&publisher));
    print(&format!("publisher {id}\n{settings}\n\n{offers}\n{tokens}{warnings}"))
}

fn shown_in_json(publisher: &Publisher, tokens: &[ListedToken]) -> Value {
    json!({
        "publisherId": publisher.id,
        "settings": publisher.settings,
        "offers": publisher.catalog.offers().len(),
        "tokens": tokens,
        "warnings": warnings::in_json(&contradictions(publisher)),
    })
}

/// A line for each setting, by its name in `catalog.toml`.
fn settings_in_text(settings: &Settings) -> String {
    let line = |(name, value)| format!("  {name}: {}", in_words(value));
    fields(settings).iter().map(line).collect::<Vec<_>>().join("\n")
}
