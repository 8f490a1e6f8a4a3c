//! An SQS for one machine: the queues of the template and their dead-letter queues, in memory.
//!
//! It speaks the JSON protocol of SQS as far as Usher needs it. A call to receive does not wait for
//! messages. Answers carry no MD5 of the bodies, which the SDK for Rust does not look at.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use usher::clock::Clock;
use usher::config::QueueUrls;
use usher::queue::Backoff;

mod actions;
mod pair;
mod queue;
mod refusal;
mod requests;

use actions::Queues;
use refusal::Refusal;

/// The name of the queue of receipts.
pub const RECEIPTS: &str = "usher-receipts";
/// The name of the queue of accounts.
pub const ACCOUNTS: &str = "usher-accounts";
/// The name of the queue of events that webhooks are to be sent.
pub const WEBHOOKS: &str = "usher-webhooks";
/// The table's stream is no queue; its dead letters are in one that is named as if it were.
pub const STREAM: &str = "usher-stream";
/// What the name of a queue's dead-letter queue ends with, after the queue's own.
pub const DEAD_LETTERS: &str = "-dead-letters";

/// What the template sets in AWS.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often a receipt is received before it becomes a dead letter.
    pub receipts_max_receives: u32,
    /// How often an account is received before it becomes a dead letter.
    pub accounts_max_receives: u32,
    /// How often an event is received that webhooks are to be sent, before it becomes a dead letter.
    pub webhooks_max_receives: u32,
    /// How long a received message is hidden where the receiver does not say.
    pub visibility: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            receipts_max_receives: Backoff::RECEIPTS.max_receives(),
            accounts_max_receives: Backoff::ACCOUNTS.max_receives(),
            webhooks_max_receives: Backoff::WEBHOOKS.max_receives(),
            visibility: Duration::from_secs(720),
        }
    }
}

struct Server {
    queues: Mutex<Queues>,
    clock: Clock,
}

/// Serves the queues, empty, in the time of a clock. `url` is the address of the listener as
/// programs reach it, and the SDK's endpoint.
pub fn start(listener: TcpListener, url: &str, clock: Clock, settings: Settings) -> QueueUrls {
    let queues = Queues::new(settings, format!("{url}/000000000000/"));
    let urls = QueueUrls {
        receipts: queues.url_of(RECEIPTS),
        accounts: queues.url_of(ACCOUNTS),
        webhooks: queues.url_of(WEBHOOKS),
        publish_dead_letters: queues.url_of(&format!("{STREAM}{DEAD_LETTERS}")),
    };
    let server = Arc::new(Server { queues: Mutex::new(queues), clock });
    let router = Router::new().route("/", post(answer)).with_state(server);
    tokio::spawn(async move { axum::serve(listener, router).await });
    urls
}

async fn answer(State(server): State<Arc<Server>>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let action = target.and_then(|target| target.strip_prefix("AmazonSQS."));
    let mut queues = server.queues.lock().unwrap_or_else(PoisonError::into_inner);
    match queues.answer(action.unwrap_or_default(), &body, server.clock.now()) {
        Ok(answer) => reply(StatusCode::OK, &answer),
        Err(refusal) => refuse(refusal),
    }
}

fn refuse(refusal: Refusal) -> Response {
    let query_error = ("x-amzn-query-error", refusal.query_error());
    ([query_error], reply(Refusal::STATUS, &refusal.body())).into_response()
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let content_type = (header::CONTENT_TYPE, "application/x-amz-json-1.0");
    (status, [content_type], body.to_string()).into_response()
}
