//! `usher doctor`: what is wrong, and what to do about it.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use usher::clock::Clock;
use usher::config::ROKU_KEYS_URL;
use usher::queue::QueueState;
use usher::store::due::Due;
use usher::store::published_keys::{Fetched, StoredKeys};

use super::queues::{QueuesArgument, beside};
use super::{Failure, MomentArgument, TableArgument, print, web_address};

/// A question that is due for longer is not being sent.
const LONGEST_DUE: SignedDuration = SignedDuration::from_mins(30);
/// Roku's keys are fetched every hour.
const OLDEST_KEYS: SignedDuration = SignedDuration::from_hours(3);

/// Whom to examine.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    table: TableArgument,
    #[command(flatten)]
    queues: QueuesArgument,
    /// The address of the key set that pushes are checked with [default: Roku's own; with --local, the
    /// simulator's, at the port before the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    roku_keys: Option<String>,
    #[command(flatten)]
    moment: MomentArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    found: String,
    /// What to do, where something is wrong.
    todo: Option<&'static str>,
}

/// Runs the command.
///
/// # Errors
/// [`super::Finding`] when something is wrong; when the table or the queue cannot be used.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { table, queues, roku_keys, moment, json } = arguments;
    let now = moment.at.unwrap_or_else(|| Clock::system().now());
    let [receipts, accounts] = queues.open(table.local()).await?;
    let simulator = table.local().and_then(|table| beside(table, -1));
    let simulated = simulator.map(|url| format!("{url}keys/partner-jwks.json"));
    let roku_keys = roku_keys.or(simulated).unwrap_or_else(|| ROKU_KEYS_URL.to_owned());
    let table = table.open().await;
    let receipts = receipts.state().await.map_err(|error| error.with_causes())?;
    let accounts = accounts.state().await.map_err(|error| error.with_causes())?;
    let oldest = Due::new(&table).oldest(now).await.map_err(|error| error.with_causes())?;
    let keys = StoredKeys::new(&table, &roku_keys).load().await;
    let keys = keys.map_err(|error| error.with_causes())?;
    let findings = [
        dead_letters(receipts.dead_letters + accounts.dead_letters),
        on_their_way("receipts on their way", receipts),
        on_their_way("accounts on their way", accounts),
        due(oldest, now),
        public_keys(&roku_keys, keys, now),
    ];
    print(&if json { in_json(&findings) } else { in_text(&findings) })?;
    match findings.iter().filter(|finding| finding.todo.is_some()).count() {
        0 => Ok(()),
        wrong => {
            let of = findings.len();
            Err(super::Finding(format!("{wrong} of {of} are not as they should be")).into())
        }
    }
}

fn dead_letters(count: u64) -> Finding {
    let todo = "find the cause in the log of VerifyFunction, then: usher dead-letters redrive";
    Finding { what: "dead letters", found: count.to_string(), todo: (count > 0).then_some(todo) }
}

fn on_their_way(what: &'static str, queue: QueueState) -> Finding {
    let QueueState { waiting, delayed, in_flight, .. } = queue;
    let found = format!("{waiting} waiting, {delayed} delayed, {in_flight} being asked or paused");
    Finding { what, found, todo: None }
}

fn due(oldest: Option<Timestamp>, now: Timestamp) -> Finding {
    let todo = "see that ReconcileFunction runs every minute, and what its log says";
    let Some(since) = oldest else {
        return Finding { what: "oldest question due", found: "none".to_owned(), todo: None };
    };
    let is_old = now.duration_since(since) > LONGEST_DUE;
    Finding {
        what: "oldest question due",
        found: format!("since {since:.0}"),
        todo: is_old.then_some(todo),
    }
}

fn public_keys(address: &str, keys: Option<Fetched>, now: Timestamp) -> Finding {
    let todo = "see in the log of ReconcileFunction why Roku's keys are not fetched";
    let is_old = |keys: &Fetched| now.duration_since(keys.at) > OLDEST_KEYS;
    let todo = keys.as_ref().is_none_or(is_old).then_some(todo);
    let found = match keys {
        None => format!("never fetched from {address}"),
        Some(keys) => format!("fetched {:.0}", keys.at),
    };
    Finding { what: "Roku's public keys", found, todo }
}

fn in_text(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let mark = if finding.todo.is_some() { "✗" } else { "✓" };
        let todo = finding.todo.map_or(String::new(), |todo| format!("\n    → {todo}"));
        format!("{mark} {}: {}{todo}", finding.what, finding.found)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn in_json(findings: &[Finding]) -> String {
    let findings: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let Finding { what, found, todo } = finding;
            json!({ "what": what, "ok": todo.is_none(), "found": found, "todo": todo })
        })
        .collect();
    format!("{:#}", Value::Array(findings))
}
