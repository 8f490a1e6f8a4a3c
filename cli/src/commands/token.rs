//! `usher token create|list|revoke`.

use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;
use usher::clock::Clock;
use usher::domain::id::PublisherId;
use usher::store::publisher_tokens::{ListedToken, PublisherTokens, TokenId, TokenName};

use super::named_publisher::NamedPublisher;
use super::table::table;
use super::{Failure, print};

/// What to do with publisher tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token for a publisher and print it, this once
    #[command(alias = "issue")]
    Create {
        /// For whom.
        #[command(flatten)]
        publisher: NamedPublisher,
        /// What to call it in the list, so as to know it again
        #[arg(long, value_name = "TEXT", value_parser = TokenName::parse)]
        name: Option<TokenName>,
    },
    /// List the tokens of a publisher: what they are called, and not what they are
    List {
        /// Whose.
        #[command(flatten)]
        publisher: NamedPublisher,
    },
    /// Take a token back. Functions that know it accept it for up to a minute more
    Revoke {
        /// Whose.
        #[command(flatten)]
        publisher: NamedPublisher,
        /// The token's id, as the list shows it
        id: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When an id is none, there is no such publisher or token, or the table cannot be used.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { publisher, name } => create(publisher, name).await,
        Command::List { publisher } => list(publisher).await,
        Command::Revoke { publisher, id } => {
            let id = TokenId::parse(&id).map_err(|why| format!("the token's id {why}"))?;
            revoke(publisher, &id).await
        }
    }
}

async fn create(publisher: NamedPublisher, name: Option<TokenName>) -> Result<(), Failure> {
    let json = publisher.json;
    let (publisher, table) = publisher.find().await?;
    let now = Clock::system().now();
    let token = PublisherTokens::new(&table).issue(&publisher.id, name.clone(), now).await;
    let token = token.map_err(|error| error.in_short())?;
    if !json {
        return print(token.expose_secret());
    }
    let created = json!({
        "publisherId": publisher.id,
        "token": token.expose_secret(),
        "id": TokenId::of(&token),
        "name": name,
    });
    print(&format!("{created:#}"))
}

async fn list(publisher: NamedPublisher) -> Result<(), Failure> {
    let json = publisher.json;
    let (publisher, table) = publisher.find().await?;
    let tokens = PublisherTokens::new(&table).list(&publisher.id).await;
    let tokens = tokens.map_err(|error| error.in_short())?;
    print(&if json { format!("{:#}", json!(tokens)) } else { in_text(&publisher.id, &tokens) })
}

/// The tokens of a publisher as a table, or what to do where there are none.
pub(super) fn in_text(publisher: &PublisherId, tokens: &[ListedToken]) -> String {
    if tokens.is_empty() {
        return format!("none yet: usher token create {publisher}");
    }
    let row = |token: &ListedToken| {
        let name = token.name.as_ref().map(ToString::to_string).unwrap_or_default();
        [token.id.to_string(), format!("{:.0}", token.created_at), name]
    };
    table(["id", "created", "name"], tokens.iter().map(row))
}

async fn revoke(publisher: NamedPublisher, id: &TokenId) -> Result<(), Failure> {
    let json = publisher.json;
    let (publisher, table) = publisher.open().await?;
    let revoked = PublisherTokens::new(&table).revoke(&publisher, id).await;
    if !revoked.map_err(|error| error.in_short())? {
        let way = format!("usher token list {publisher} shows those that it has");
        return Err(format!("publisher {publisher} has no token {id}: {way}").into());
    }
    if json {
        return print(&json!({ "publisherId": publisher, "id": id, "revoked": true }).to_string());
    }
    let until = "functions that know it accept it for up to a minute more";
    print(&format!("token {id} of publisher {publisher} is revoked; {until}"))
}
