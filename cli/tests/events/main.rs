//! `usher events listen`, run as a person runs it, beside a stack.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

mod receiver;

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use usher::domain::event::message::EventMessage;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

use receiver::Receiver;

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// `usher events listen` at work.
struct Listening {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
}

impl Listening {
    /// Begins to listen, and gives what is said at first.
    async fn start(on: &Usher, arguments: &[&str]) -> (Self, String) {
        let mut listening = Self::run(&on.stack.dynamodb, arguments);
        let said = listening.stderr.next_line().await.unwrap().unwrap();
        (listening, said)
    }

    fn run(dynamodb: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
            .args(["events", "listen", "--publisher", "123456789"])
            .arg(format!("--local={dynamodb}"))
            .args(arguments)
            .env_remove("TABLE_NAME")
            .env_remove("WEBHOOK_SECRET")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, stdout, stderr }
    }

    async fn line(&mut self) -> String {
        self.stdout.next_line().await.unwrap().unwrap()
    }

    async fn json(&mut self) -> Value {
        serde_json::from_str(&self.line().await).unwrap()
    }

    /// The person at the terminal presses Ctrl-C. Gives what is printed after that.
    async fn interrupt(mut self) -> Option<String> {
        let id = self.child.id().unwrap().to_string();
        Command::new("kill").args(["-INT", &id]).status().await.unwrap();
        assert!(self.child.wait().await.unwrap().success());
        self.stdout.next_line().await.unwrap()
    }
}

/// Ann buys Basic and shows the receipt.
async fn buys(usher: &Usher) {
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
}

/// What webhooks are sent of what has happened so far.
async fn told(usher: &Usher) -> Vec<EventMessage> {
    usher.tick().await;
    usher.stack.events().into_iter().filter_map(|detail| detail.event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_as_webhooks_are_told_it() {
    let usher = Usher::start().await;
    let (mut listening, said) = Listening::start(&usher, &["--json"]).await;
    assert_eq!(said, "Listening to events of publisher 123456789; Ctrl-C ends it.");
    buys(&usher).await;
    let expected = told(&usher).await;
    assert!(expected.len() >= 3, "{expected:#?}");
    for event in expected {
        let heard: EventMessage = serde_json::from_str(&listening.line().await).unwrap();
        assert_eq!(heard, event);
    }
    assert_eq!(listening.interrupt().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_before_is_told_from_the_start_and_only_what_is_asked_for() {
    let usher = Usher::start().await;
    buys(&usher).await;
    let (mut listening, _) =
        Listening::start(&usher, &["--since-start", "--types", "receipt.validated"]).await;
    let line = listening.line().await;
    let words: Vec<&str> = line.split_whitespace().collect();
    let told = told(&usher).await;
    let customer = told.iter().find_map(|event| Some(&event.data.customer.as_ref()?.id)).unwrap();
    assert_eq!(words[1..], ["receipt.validated", customer.as_str(), BASIC, "linked"], "{line}");
    let (mut money, _) =
        Listening::start(&usher, &["--since-start", "--types", "transaction.charged"]).await;
    let line = money.line().await;
    assert!(line.ends_with("7.99 USD"), "{line}");
    assert_eq!(listening.interrupt().await, None);
    assert_eq!(money.interrupt().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_closed_the_pipe_has_heard_enough() {
    let usher = Usher::start().await;
    let (listening, _) = Listening::start(&usher, &[]).await;
    let Listening { mut child, stdout, stderr: _stderr } = listening;
    drop(stdout);
    buys(&usher).await;
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_gets_what_webhooks_bring_and_its_answer_stands_beside() {
    let usher = Usher::start().await;
    let receiver = Receiver::start().await;
    let (mut listening, _) = Listening::start(
        &usher,
        &["--types", "receipt.validated", "--forward-to", &receiver.url, "--secret", SECRET],
    )
    .await;
    let said = listening.stderr.next_line().await.unwrap().unwrap();
    assert_eq!(said, format!("Events go to {}, signed with the given secret.", receiver.origin()));
    buys(&usher).await;
    let line = listening.line().await;
    assert!(line.ends_with("  → 202"), "{line}");
    let got = receiver.verified(SECRET);
    assert_eq!((got.len(), &got[0]["type"]), (1, &Value::from("receipt.validated")));
    assert_eq!(got[0]["data"]["customer"]["email"], ANN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_and_said_where_none_is_given() {
    let usher = Usher::start().await;
    let receiver = Receiver::start().await;
    let (mut listening, _) =
        Listening::start(&usher, &["--json", "--forward-to", &receiver.url]).await;
    let said = listening.stderr.next_line().await.unwrap().unwrap();
    let (_, secret) = said.trim_end_matches('.').split_once("signed with ").unwrap();
    buys(&usher).await;
    let heard = listening.json().await;
    assert_eq!(heard["forwarded"], serde_json::json!({ "status": 202 }));
    let got = receiver.verified(secret);
    assert_eq!(got[0]["id"], heard["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_not_there_is_in_nobodys_way() {
    let usher = Usher::start().await;
    let nowhere = ["--forward-to", "http://127.0.0.1:1/secret-path", "--secret", SECRET];
    let (mut listening, _) = Listening::start(&usher, &nowhere).await;
    buys(&usher).await;
    for _ in told(&usher).await {
        let line = listening.line().await;
        assert!(line.contains("  → cannot connect: ") && !line.contains("secret-path"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_listened_to_is_told_at_once() {
    let usher = Usher::start().await;
    let here = usher.stack.dynamodb.as_str();
    for (dynamodb, arguments, code, why) in [
        ("http://127.0.0.1:1", &[][..], 1, "the stream of the table cannot be read"),
        (here, &["--publisher", "987654321"], 2, "cannot be used multiple times"),
        (here, &["--types", "subscription.paused"], 2, "there is no type of event"),
        (here, &["--secret", SECRET], 2, "--forward-to"),
        (here, &["--forward-to", "http://example.com"], 2, "must begin with https://"),
        (here, &["--forward-to", "https://example.com", "--secret", "x"], 2, "must be whsec_"),
    ] {
        let mut listening = Listening::run(dynamodb, arguments);
        let mut said = String::new();
        while let Some(line) = listening.stderr.next_line().await.unwrap() {
            said.push_str(&line);
        }
        assert!(said.contains(why), "{said}");
        assert_eq!(listening.child.wait().await.unwrap().code(), Some(code), "{said}");
    }
}
