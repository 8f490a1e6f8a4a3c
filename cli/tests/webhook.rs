//! `usher webhook`, run as a person runs it, over a stack whose clock moves only when it is moved.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher::domain::event::EventType;
use usher::domain::event::message::EventMessage;
use usher::domain::webhook::sample::sample;
use usher::queue::Sender;
use usher_tests::Usher;

/// A receiver that answers with a status, and what it was sent: the webhook's id and its type.
struct Receiver {
    url: String,
    status: Mutex<u16>,
    received: Mutex<Vec<[String; 2]>>,
}

impl Receiver {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Arc::new(Self { url, status: Mutex::new(204), received: Mutex::default() });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&receiver));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    fn received(&self) -> Vec<[String; 2]> {
        self.received.lock().unwrap().clone()
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, &'static str) {
    let body: Value = serde_json::from_str(&body).unwrap();
    let kind = body["type"].as_str().or(body["topic"].as_str()).unwrap().to_owned();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    receiver.received.lock().unwrap().push([id, kind]);
    (StatusCode::from_u16(*receiver.status.lock().unwrap()).unwrap(), "\u{1b}[31mno")
}

async fn standing_still() -> Usher {
    let noon = "2026-01-01T12:00:00Z".parse().unwrap();
    Usher::with(|options| options.begins_at = Some(noon)).await
}

/// Runs a command for the demo publisher of a stack.
fn on(stack: &Usher, arguments: &[&str]) -> Output {
    let Usher { stack, .. } = stack;
    let sqs = format!("--webhooks-queue={}", stack.config.queues.webhooks);
    let secrets = format!("--secrets-manager={}", stack.secrets_manager);
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.arg("webhook").args(arguments).arg(format!("--local={}", stack.dynamodb));
    command.args(["--at", &stack.config.clock.now().to_string()]);
    match arguments[0] {
        "resend" | "resume" => _ = command.arg(sqs),
        "add" | "test" | "remove" | "rotate-secret" => _ = command.arg(secrets),
        _ => {}
    }
    command.env("USHER_PUBLISHER", "123456789").env_remove("TABLE_NAME").output().unwrap()
}

fn in_json(stack: &Usher, arguments: &[&str]) -> Value {
    let output = on(stack, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(stack: &Usher, arguments: &[&str]) -> String {
    let output = on(stack, arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What `usher doctor` says of the demo publisher.
fn doctor(stack: &Usher) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(["doctor", "--publisher", "123456789"]);
    command.arg(format!("--local={}", stack.stack.dynamodb)).env_remove("TABLE_NAME");
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

async fn tell(stack: &Usher, kind: EventType) -> EventMessage {
    let config = &stack.stack.config;
    let event = sample(kind, &stack.stack.publisher.id, config.clock.now());
    let queue = Sender::new(&config.sqs, &config.queues.webhooks);
    queue.send(&serde_json::to_string(&event).unwrap()).await.unwrap();
    stack.tick().await;
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_added_tested_shown_and_removed() {
    let stack = standing_still().await;
    let receiver = Receiver::start().await;
    let none = on(&stack, &["list"]);
    assert!(String::from_utf8(none.stdout).unwrap().contains("none yet: usher webhook add URL"));

    let add = ["add", &receiver.url, "--types", "subscription.renewed,transaction.charged"];
    let added = in_json(&stack, &add);
    let id = added["endpoint"].as_str().unwrap();
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"), "{added}");
    let listed = in_json(&stack, &["list"]);
    assert_eq!((&listed[0]["endpoint"], &listed[0]["secret"]), (&json!(id), &Value::Null));
    assert_eq!(listed[0]["types"], json!(["subscription.renewed", "transaction.charged"]));

    let tested = in_json(&stack, &["test", id, "--type", "subscription.upgraded"]);
    assert_eq!(tested["status"], 204);
    let event = tested["eventId"].as_str().unwrap();
    assert_eq!(receiver.received(), [[event, "subscription.upgraded"]]);
    receiver.answers(500);
    let refused = on(&stack, &["test", id]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let told = String::from_utf8(refused.stdout).unwrap();
    assert!(told.contains(r"500 \u{1b}[31mno"), "it does not play with the terminal: {told}");

    receiver.answers(204);
    let renewed = tell(&stack, EventType::Renewed).await;
    tell(&stack, EventType::Ended).await;
    let shown = in_json(&stack, &["show", id]);
    assert_eq!(shown["deliveries"][0]["eventId"], renewed.id.as_str());
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1, "of the types that it takes");
    let log = on(&stack, &["log", id]);
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("delivered 2026-01-01T12:00:00Z"), "{log}");

    assert_eq!(in_json(&stack, &["remove", id])["removed"], true);
    assert_eq!(in_json(&stack, &["list"]), json!([]));
    let gone = refusal(&stack, &["show", id]);
    assert!(gone.contains("usher webhook list --publisher 123456789"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_endpoint_is_refused() {
    let stack = standing_still().await;
    for (arguments, why) in [
        (&["add", "http://example.com"][..], "must begin with https://"),
        (&["add", "https://10.0.0.1"], "must lead to the public internet"),
        (&["add", "https://ann@example.com"], "must have no user"),
    ] {
        let told = refusal(&stack, arguments);
        assert!(told.contains(why), "{told}");
    }
    for arguments in
        [&["add", "https://a.b", "--types", "x"][..], &["add", "https://a.b", "--format", "x"]]
    {
        assert_eq!(on(&stack, arguments).status.code(), Some(2), "{arguments:?}");
    }
    for _ in 0..16 {
        in_json(&stack, &["add", "https://example.com"]);
    }
    let many = refusal(&stack, &["add", "https://example.com"]);
    assert!(many.contains("16 endpoints at most"), "{many}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_while_an_endpoint_is_paused_is_sent_when_it_is_resumed() {
    let stack = standing_still().await;
    let receiver = Receiver::start().await;
    let added = in_json(&stack, &["add", &receiver.url]);
    let id = added["endpoint"].as_str().unwrap();
    assert_eq!(in_json(&stack, &["pause", id])["pausedBecause"], "by operator");
    let held = [EventType::Started, EventType::Renewed];
    for kind in held {
        tell(&stack, kind).await;
    }
    assert!(receiver.received().is_empty());
    let doctor = doctor(&stack);
    assert!(doctor.contains("paused since 2026-01-01T12:00:00Z, by operator"), "{doctor}");
    assert!(doctor.contains(&format!("usher webhook resume {id}")), "{doctor}");
    let paused = refusal(&stack, &["resend", id, "--since", "2026-01-01T00:00:00Z"]);
    assert!(paused.contains("usher webhook resume"), "{paused}");

    assert_eq!(in_json(&stack, &["resume", id])["sent"], 2);
    stack.tick().await;
    let mut kinds: Vec<_> = receiver.received().into_iter().map(|[_, kind]| kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["subscription.renewed", "subscription.started"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_sent_again_by_event_and_by_what_became_of_them() {
    let stack = standing_still().await;
    let receiver = Receiver::start().await;
    let added = in_json(&stack, &["add", &receiver.url]);
    let id = added["endpoint"].as_str().unwrap();
    let first = tell(&stack, EventType::Started).await;
    let since = ["resend", id, "--since", "2026-01-01T00:00:00Z"];

    // One that arrived, by its event
    assert_eq!(in_json(&stack, &["resend", id, first.id.as_str()])["sent"], 1);
    stack.tick().await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1], "under the same id");

    // None has failed yet
    let failed = [&since[..], &["--failed"]].concat();
    assert_eq!(in_json(&stack, &failed)["sent"], 0);

    // One that was given up, while another arrived
    receiver.answers(500);
    let second = tell(&stack, EventType::Renewed).await;
    for _ in 0..15 {
        stack.later(SignedDuration::from_hours(12)).await;
        stack.tick().await;
    }
    let log = in_json(&stack, &["log", id, "--event", second.id.as_str()]);
    assert_eq!(log["state"], "failed", "{log}");
    receiver.answers(204);
    assert_eq!(in_json(&stack, &["resume", id])["sent"], 0, "it was paused, and nothing was held");
    assert_eq!(in_json(&stack, &failed)["sent"], 1);
    stack.tick().await;
    assert_eq!(receiver.received().last().unwrap()[0], second.id.as_str());

    // All
    let before = receiver.received().len();
    assert_eq!(in_json(&stack, &since)["sent"], 2);
    stack.tick().await;
    assert_eq!(receiver.received().len(), before + 2);
    let unknown = format!("evt_{}", "0".repeat(32));
    assert!(refusal(&stack, &["resend", id, &unknown]).contains("goes back 30 days"));
    assert!(refusal(&stack, &["resend", id, "evt"]).contains("32 hexadecimal digits"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_rotated_and_shown_once() {
    let stack = standing_still().await;
    let added = in_json(&stack, &["add", "https://example.com"]);
    let id = added["endpoint"].as_str().unwrap();
    let rotated = in_json(&stack, &["rotate-secret", id]);
    assert_ne!(rotated["secret"], added["secret"]);
    let at_once = in_json(&stack, &["rotate-secret", id, "--overlap", "0s"]);
    assert_eq!(at_once["oldSignsUntil"], Value::Null);
    let shown = in_json(&stack, &["show", id]).to_string();
    assert!(!shown.contains("whsec_"), "{shown}");
}
