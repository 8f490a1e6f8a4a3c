//! `usher local`: everything on this machine until it is stopped.

use std::convert::Infallible;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use roku_simulator::Account;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use usher::domain::catalog::Catalog;
use usher::domain::id::PublisherId;
use usher::domain::publisher::{Publisher, Settings};
use usher::store::turns::Rate;

use super::{Failure, duration, publisher_id};
use crate::catalog_file::{self, CatalogFile};
use crate::kept::Kept;
use crate::stack::{Options, Saving, Stack};

/// What to run, and where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the API listens; the simulator, DynamoDB, SQS, Secrets Manager and EventBridge take the
    /// next five ports, or free ones. Port 0 takes a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
    /// Keep the table in this file instead of in memory, and beside it the secrets, a publisher
    /// token, the simulated Roku and what happened, so that the next start goes on where this one ends
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Run for the publisher of this catalog, and apply it at each start
    #[arg(long, value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Run for this publisher, which is in the table or is yet to be created there [default: that of
    /// the last time, and the demo publisher at first]
    #[arg(long, value_name = "ID", conflicts_with = "catalog")]
    publisher: Option<String>,
    /// Ask this Roku instead of the simulator: what /validate-transaction/… is appended to. Roku's
    /// own is `https://apipub.roku.com/listen/transaction-service.svc`
    #[arg(long, value_name = "URL")]
    roku: Option<String>,
    /// Check pushes with the JWK set at this address [default: the simulator's, or Roku's own]
    #[arg(long, value_name = "URL")]
    roku_keys: Option<String>,
    /// The publisher's Roku Pay API key, if none is kept in FILE: from then on it is changed with
    /// `usher publisher rotate-key` [default: the simulator's]
    #[arg(
        long,
        value_name = "KEY",
        env = "ROKU_API_KEY",
        hide_env_values = true,
        value_parser = |key: &str| Ok::<_, Infallible>(SecretString::from(key))
    )]
    roku_api_key: Option<SecretString>,
    /// Let web pages of this origin call the API; `*` is every one. May be given more than once
    #[arg(long = "cors-origin", value_name = "ORIGIN", default_value = "*")]
    cors_origins: Vec<String>,
    /// How often the schedule and the queues' worker run, which ask Roku about what is due, and the
    /// stream's reader, by whom events leave; 0s for never
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    tick: Duration,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command until it is interrupted.
///
/// # Errors
/// When something cannot be started.
pub async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let kept = match &arguments.data {
        Some(file) => Kept::beside(file)?,
        None => Kept::in_memory(),
    };
    let (publisher, saving) = publisher(arguments, &kept)?;
    let stack = Stack::start(Options {
        listen: arguments.listen,
        roku: arguments.roku.clone(),
        roku_keys: arguments.roku_keys.clone(),
        roku_api_key: roku_api_key(arguments, &kept, &publisher.id),
        begins_at: None,
        tick: Some(arguments.tick).filter(|tick| !tick.is_zero()),
        roku_rate: Rate::DEFAULT,
        kept: Arc::new(kept),
        publisher,
        saving,
        cors_origins: arguments.cors_origins.clone(),
    })
    .await?;
    if arguments.json {
        print_json(&stack);
    } else {
        print_text(&stack);
    }
    interrupted().await?;
    stack.end().await?;
    Ok(())
}

/// For whom it runs, and what becomes of what the table says of them.
fn publisher(arguments: &Arguments, kept: &Kept) -> Result<(Publisher, Saving), Failure> {
    if let Some(file) = &arguments.catalog {
        let file = CatalogFile::read(file)?;
        let Some(settings) = file.settings else {
            let publisher = Publisher { catalog: file.catalog, ..unknown(file.publisher) };
            return Ok((publisher, Saving::CatalogOnly));
        };
        let (id, catalog) = (file.publisher, file.catalog);
        return Ok((Publisher { id, settings, catalog }, Saving::Always));
    }
    if let Some(id) = &arguments.publisher {
        return Ok((unknown(publisher_id(id)?), Saving::Never));
    }
    let demo = catalog_file::demo()?;
    match kept.publisher() {
        Some(last) if last != demo.id => Ok((unknown(last), Saving::Never)),
        _ => Ok((demo, Saving::IfNew)),
    }
}

/// A publisher of whom nothing is known: no channel, and nothing to sell.
fn unknown(id: PublisherId) -> Publisher {
    let settings = Settings::of_channels(Vec::new());
    Publisher { id, settings, catalog: Catalog::default() }
}

fn roku_api_key(arguments: &Arguments, kept: &Kept, publisher: &PublisherId) -> SecretString {
    let given = arguments.roku_api_key.as_ref();
    let known = Stack::roku_api_key(kept, publisher);
    if let (Some(given), Some(known)) = (given, known)
        && given.expose_secret() != known.expose_secret()
    {
        tracing::warn!(
            %publisher,
            "another Roku API key is kept and used: change it with `usher publisher rotate-key`"
        );
    }
    given.cloned().unwrap_or_else(|| SecretString::from(Account::default().api_key))
}

/// An address by number or by name, `localhost:8080` for one; an IPv4 one where there are several.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().map_err(|why| why.to_string())?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses.first().copied().ok_or_else(|| "no such address".to_owned())
}

#[expect(clippy::print_stdout, reason = "the line is the output")]
fn print_json(stack: &Stack) {
    let line = json!({
        "gateway": stack.gateway,
        "simulator": stack.simulator_url,
        "dynamodb": stack.dynamodb,
        "receiptsQueue": stack.config.queues.receipts,
        "accountsQueue": stack.config.queues.accounts,
        "webhooksQueue": stack.config.queues.webhooks,
        "secretsManager": stack.secrets_manager,
        "table": Stack::TABLE,
        "publisherId": stack.publisher.id,
        "publisherToken": stack.publisher_token.expose_secret(),
    });
    println!("{line}");
}

#[expect(clippy::print_stdout, reason = "the person at the terminal reads it")]
fn print_text(stack: &Stack) {
    let Stack { gateway, dynamodb, secrets_manager, .. } = stack;
    let (publisher, table) = (&stack.publisher.id, Stack::TABLE);
    let token = stack.publisher_token.expose_secret();
    let roku = stack.simulator_url.as_deref().unwrap_or(&stack.roku.url);
    println!("Usher is running; Ctrl-C stops it.\n");
    println!("  API              {gateway}");
    println!("  Roku             {roku}");
    println!("  Roku's keys      {}", stack.roku.keys_url);
    println!("  DynamoDB         {dynamodb}  table {table}");
    println!("  Queues           {}", stack.config.queues.receipts);
    println!("                   {}", stack.config.queues.accounts);
    println!("                   {}", stack.config.queues.webhooks);
    println!("  Secrets Manager  {secrets_manager}");
    println!("  publisher        {publisher}  token {token}\n");
    println!("Roku sends pushes to {gateway}/roku/push-notification/{publisher}\n");
    if stack.publisher.settings.channels.is_empty() {
        println!("There is no publisher {publisher} yet. To make it:\n");
        println!("  cargo run -- publisher create {publisher} --channel ID --local={dynamodb}");
        println!("  cargo run -- catalog apply FILE --local={dynamodb}\n");
        println!("Roku sells what is in the catalog a second after it is applied.");
    }
    print_faults(stack);
    let offer = stack.publisher.catalog.offers().first();
    let (Some(simulator), Some(offer)) = (&stack.simulator_url, offer) else {
        return;
    };
    let (id, product) = (&offer.id, offer.roku_product());
    println!("Paste, to buy {} and watch it:\n", offer.title);
    println!("  API={gateway} ROKU={simulator} TOKEN={token}");
    println!(
        "  curl -s $ROKU/device/buy -d '{{\"product\":\"{product}\"}}' | tee order.json; echo"
    );
    println!("  PURCHASE=$(grep -o '\"purchaseId\":\"[^\"]*' order.json | cut -d'\"' -f4)");
    println!(
        "  curl -s $API/roku/payment -H \"X-Publisher-Token: $TOKEN\" -d '{{\"customerEmail\":\"ann@example.com\",\"offerId\":\"{id}\",\"order\":{{\"purchaseId\":\"'$PURCHASE'\"}}}}'; echo"
    );
    println!(
        "  CUSTOMER=$(curl -s $API/3.0/json-rpc -d '{{\"method\":\"generateCustomerToken\",\"params\":{{\"publisherToken\":\"'$TOKEN'\",\"customerEmail\":\"ann@example.com\"}},\"jsonrpc\":\"2.0\",\"id\":1}}' | grep -o 'ey[^\"]*')"
    );
    println!("  curl -s $API/entitlements/{id} -H \"Authorization: Bearer $CUSTOMER\"; echo");
    println!("\nAnd to see how it came about:\n");
    println!(
        "  cargo run -- customer show ann@example.com --publisher {publisher} --local={dynamodb}"
    );
}

/// What was broken before a stop still is.
#[expect(clippy::print_stdout, reason = "the person at the terminal reads it")]
fn print_faults(stack: &Stack) {
    let Some(roku) = &stack.simulator else { return };
    let faults = [
        ("web-services", roku.web_service_fault().is_some()),
        ("pushes", roku.push_fault().is_some()),
    ];
    for (what, _) in faults.into_iter().filter(|(_, is_broken)| *is_broken) {
        println!("Roku's {what} are still broken; to mend them:\n");
        println!("  cargo run -- simulate fault {what} none\n");
    }
}

/// Waits until the person at the terminal, or the system, wants an end.
pub(super) async fn interrupted() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}
