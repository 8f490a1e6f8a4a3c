//! A bus that is not ours: it says what it is told to, and remembers what it took.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::{Builder, Credentials, Region};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher::config::aws_config;

/// What it makes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// It takes nothing and says so.
    Down,
    /// It takes the first entries and none of the others.
    TakesOnly(usize),
    /// It takes everything, and the answer is lost.
    AnswerLost,
}

/// The bus.
#[derive(Debug, Default)]
pub struct EventBus {
    moods: Mutex<VecDeque<Mood>>,
    taken: Mutex<Vec<Value>>,
}

impl EventBus {
    /// Starts one, with a client for it that does not try again.
    pub async fn start() -> (Arc<Self>, aws_sdk_eventbridge::Client) {
        let bus = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&bus));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let aws = aws_config().region(Region::new("us-east-1")).load().await;
        let client = Builder::from(&aws)
            .endpoint_url(address)
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .retry_config(RetryConfig::disabled());
        (bus, aws_sdk_eventbridge::Client::from_conf(client.build()))
    }

    /// What it makes of the next calls, one after the other; of all after them it takes everything.
    pub fn is(&self, moods: impl IntoIterator<Item = Mood>) {
        *self.moods.lock().unwrap() = moods.into_iter().collect();
    }

    /// The details that it took, in their order, those that came again among them. Forgets them.
    pub fn taken(&self) -> Vec<Value> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

async fn answer(State(bus): State<Arc<EventBus>>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let entries = request["Entries"].as_array().unwrap();
    let mood = bus.moods.lock().unwrap().pop_front();
    let takes = match mood {
        Some(Mood::Down) => 0,
        Some(Mood::TakesOnly(first)) => first,
        Some(Mood::AnswerLost) | None => entries.len(),
    };
    for entry in entries.iter().take(takes) {
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        assert_eq!(entry["DetailType"], detail["row"]["event_type"]);
        bus.taken.lock().unwrap().push(detail);
    }
    if matches!(mood, Some(Mood::Down | Mood::AnswerLost)) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let told = (0..entries.len()).map(|place| match place < takes {
        true => json!({ "EventId": place.to_string() }),
        false => json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "later" }),
    });
    let answer = json!({
        "FailedEntryCount": entries.len() - takes.min(entries.len()),
        "Entries": told.collect::<Vec<_>>(),
    });
    answer.to_string().into_response()
}
