//! An SQS for one machine: one queue and its dead-letter queue, in memory.
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
use usher::queue::MAX_RECEIVES;

mod actions;
mod queue;
mod refusal;
mod requests;

use actions::Queues;
use refusal::Refusal;

/// The name of the queue.
pub const QUEUE: &str = "usher-verify";
/// The name of its dead-letter queue.
pub const DEAD_LETTERS: &str = "usher-verify-dead-letters";

/// What the template sets in AWS.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often a message is received before it becomes a dead letter.
    pub max_receives: u32,
    /// How long a received message is hidden where the receiver does not say.
    pub visibility: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_receives: MAX_RECEIVES, visibility: Duration::from_secs(30) }
    }
}

struct Server {
    queues: Mutex<Queues>,
    clock: Clock,
}

/// Serves the two queues, empty, in the time of a clock. Gives the address of the queue; the SDK's
/// endpoint is the listener's.
///
/// # Errors
/// The listener does not know its address.
pub fn start(listener: TcpListener, clock: Clock, settings: Settings) -> std::io::Result<String> {
    let base_url = format!("http://{}/000000000000/", listener.local_addr()?);
    let queues = Queues::new(settings, base_url);
    let queue_url = queues.url_of(QUEUE);
    let server = Arc::new(Server { queues: Mutex::new(queues), clock });
    let router = Router::new().route("/", post(answer)).with_state(server);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(queue_url)
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
