//! Questions to Roku: those that are on their way, and those that were given up.

use serde_json::json;
use usher::queue::{Inspector, QueueState};

use super::super::queues::QueuesArgument;
use super::Examined;

const DEAD_LETTERS: &str = "dead letters";
const RECEIPTS: &str = "receipts on their way";
const ACCOUNTS: &str = "accounts on their way";

type State = Result<QueueState, String>;

/// Looks at both queues, of the `usher local` whose table is at `local` if it is that.
pub(super) async fn examine(queues: QueuesArgument, local: Option<&str>) -> Vec<Examined> {
    let (receipts, accounts) = match queues.open(local).await {
        Ok([receipts, accounts]) => tokio::join!(state(receipts), state(accounts)),
        Err(why) => (Err(why.to_string()), Err(why.to_string())),
    };
    let dead = dead_letters(&receipts, &accounts);
    vec![dead, on_their_way(RECEIPTS, receipts), on_their_way(ACCOUNTS, accounts)]
}

async fn state(queue: Inspector) -> State {
    queue.state().await.map_err(|error| error.in_short())
}

fn dead_letters(receipts: &State, accounts: &State) -> Examined {
    let (receipts, accounts) = match (receipts, accounts) {
        (Ok(receipts), Ok(accounts)) => (receipts.dead_letters, accounts.dead_letters),
        (Err(why), _) | (_, Err(why)) => return Examined::unexamined(DEAD_LETTERS, why),
    };
    let count = receipts + accounts;
    let values = json!({ "receipts": receipts, "accounts": accounts });
    let todo = "find the cause in the log of VerifyFunction, then: usher dead-letters redrive";
    Examined::well(DEAD_LETTERS, count.to_string(), values).wrong_if(count > 0, todo)
}

fn on_their_way(what: &'static str, queue: State) -> Examined {
    let QueueState { waiting, delayed, in_flight, .. } = match queue {
        Ok(state) => state,
        Err(why) => return Examined::unexamined(what, why),
    };
    let found = format!("{waiting} waiting, {delayed} delayed, {in_flight} being asked or paused");
    let values = json!({ "waiting": waiting, "delayed": delayed, "inFlight": in_flight });
    Examined::well(what, found, values)
}
