//! `usher doctor` and `usher dead-letters`, run as a person runs them, on a stack whose clock is
//! moved.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::process::{Command, Output};

use jiff::SignedDuration;
use roku_simulator::WebServiceFault;
use serde_json::Value;
use usher::queue::Backoff;
use usher_cli::background::Background;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

/// A stack whose clock stands still.
async fn stopped() -> Usher {
    Usher::with(|options| options.begins_at = Some("2026-03-01T12:00:00Z".parse().unwrap())).await
}

fn usher(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(arguments)
        .env_remove("TABLE_NAME")
        .env_remove("RECEIPTS_QUEUE_URL")
        .env_remove("ACCOUNTS_QUEUE_URL")
        .output()
        .unwrap()
}

/// Runs `usher doctor` in the time of a stack.
fn doctor(on: &Usher, more: &[&str]) -> Output {
    let stack = &on.stack;
    let table = format!("--local={}", stack.dynamodb);
    let now = stack.config.clock.now().to_string();
    let whom = ["doctor", &table, "--roku-keys", &stack.roku.keys_url, "--at", &now];
    usher(&[&whom, &queues(on)[..], more].concat())
}

fn queues(on: &Usher) -> [&str; 4] {
    let queues = &on.stack.config.queues;
    ["--receipts-queue", &queues.receipts, "--accounts-queue", &queues.accounts]
}

/// What it finds: what it looked at, and whether that is well.
fn findings(on: &Usher) -> Vec<(String, bool)> {
    let output = doctor(on, &["--json"]);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<(String, bool)> = found
        .iter()
        .map(|one| (one["what"].as_str().unwrap().to_owned(), one["ok"].as_bool().unwrap()))
        .collect();
    let all_is_well = found.iter().all(|(_, is_well)| *is_well);
    assert_eq!(output.status.code(), Some(if all_is_well { 0 } else { 3 }), "{found:?}");
    found
}

/// What is not well.
fn wrong(on: &Usher) -> Vec<String> {
    findings(on).into_iter().filter(|(_, is_well)| !is_well).map(|(what, _)| what).collect()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Ann shows a receipt on a day when Roku is down. Gives the purchase.
async fn receipt_on_a_bad_day(usher: &Usher) -> String {
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    roku.break_web_services(WebServiceFault::Down);
    assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
    order.purchase_id
}

async fn status(usher: &Usher, purchase: &str) -> Value {
    usher.receipt_status(purchase).await.json()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_tick_all_is_well_and_without_ticks_it_is_told_what_is_not() {
    let usher = stopped().await;
    assert_eq!(wrong(&usher), ["Roku's public keys"], "never fetched");
    usher.tick().await;
    let looked_at = [
        "dead letters",
        "receipts on their way",
        "accounts on their way",
        "oldest question due",
        "Roku's public keys",
    ];
    assert_eq!(findings(&usher), looked_at.map(|what| (what.to_owned(), true)));
    let output = doctor(&usher, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout).matches('✓').count(), 5, "{output:?}");

    // The schedule stops while something is due: nothing is sent, and no key is fetched.
    let purchase = receipt_on_a_bad_day(&usher).await;
    usher.later(SignedDuration::from_hours(11)).await;
    assert_eq!(wrong(&usher), ["oldest question due", "Roku's public keys"]);
    let told = text(&doctor(&usher, &[]).stdout);
    assert!(told.contains("ReconcileFunction runs every minute"), "{told}");

    usher.stack.simulator.as_ref().unwrap().mend_web_services();
    usher.tick().await;
    assert_eq!(status(&usher, &purchase).await, "granted");
    assert_eq!(wrong(&usher), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_told_and_brought_back() {
    let on_their_way = |stack: &Usher| {
        let told = text(&doctor(stack, &[]).stdout);
        told.lines().find(|line| line.contains("receipts on their way")).unwrap().to_owned()
    };
    let stack = stopped().await;
    let purchase = receipt_on_a_bad_day(&stack).await;
    stack.tick().await;
    let workers = Background::new(&stack.stack.config).unwrap();
    for _ in 1..Backoff::RECEIPTS.max_receives() {
        stack.later(SignedDuration::from_mins(1)).await;
        workers.work_off().await;
    }
    stack.tick().await;
    assert_eq!(wrong(&stack), [""; 0], "it was asked about for the last time");
    stack.later(SignedDuration::from_mins(1)).await;
    workers.work_off().await;
    assert_eq!(wrong(&stack), ["dead letters"]);
    let output = doctor(&stack, &[]);
    assert_eq!(output.status.code(), Some(3));
    let told = text(&output.stdout);
    assert!(told.contains("✗ dead letters: 1"), "{told}");
    assert!(told.contains("usher dead-letters redrive"), "{told}");
    let why = text(&output.stderr);
    assert!(why.contains("1 of 5 are not as they should be"), "{why}");

    stack.stack.simulator.as_ref().unwrap().mend_web_services();
    let redrive = || usher(&[&["dead-letters", "redrive"], &queues(&stack)[..]].concat());
    let output = redrive();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "Dead letters on their way again: 1.\n");
    assert_eq!(text(&redrive().stdout), "There are no dead letters.\n");
    assert_eq!(wrong(&stack), [""; 0]);
    let expected = "1 waiting, 0 delayed, 0 being asked or paused";
    assert!(on_their_way(&stack).contains(expected), "{}", on_their_way(&stack));

    stack.later(SignedDuration::from_mins(1)).await;
    stack.tick().await;
    assert_eq!(status(&stack, &purchase).await, "granted");
    assert!(stack.may_watch(ANN, BASIC).await);
    let nothing = "0 waiting, 0 delayed, 0 being asked or paused";
    assert!(on_their_way(&stack).contains(nothing), "{}", on_their_way(&stack));
}

#[test]
fn what_cannot_be_examined_is_told() {
    let nowhere = "http://127.0.0.1:9";
    let queue = format!("{nowhere}/000000000000/usher-receipts");
    let table = format!("--local={nowhere}");
    let queues = ["--receipts-queue", &queue, "--accounts-queue", &queue];
    let output = usher(&[&["doctor", &table], &queues[..]].concat());
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    let why = text(&output.stderr);
    assert!(why.contains("the queue cannot be used"), "{why}");

    let output = usher(&["dead-letters", "redrive"]);
    assert_eq!(output.status.code(), Some(1));
    let why = text(&output.stderr);
    assert!(why.contains("name the queues: --receipts-queue URL"), "{why}");
}
