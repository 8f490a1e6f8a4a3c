//! An EventBridge for one machine: it takes events, and does what the template's rules do with them.
//! Those that have a message go to the webhooks' queue, and the rows of all to the archive.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher::domain::event::Detail;
use usher::event_bus::{MOST_ENTRIES, SOURCE};
use usher::queue::Sender;

use crate::archive::Archive;

/// The name of the bus.
pub const BUS: &str = "usher";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    event_bus_name: Option<String>,
    source: String,
    detail_type: String,
    detail: String,
}

/// Why an entry is not taken: the code and the text that EventBridge gives.
struct NotTaken(&'static str, String);

/// Where the rules send events.
#[derive(Debug)]
pub(crate) struct Targets {
    /// The queue of what webhooks are sent.
    pub(crate) webhooks: Sender,
    /// Everything.
    pub(crate) archive: Arc<Archive>,
}

/// Serves the bus.
pub(crate) fn start(listener: TcpListener, targets: Targets) {
    let router = Router::new().route("/", post(answer)).with_state(Arc::new(targets));
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn answer(State(targets): State<Arc<Targets>>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if target != Some("AWSEvents.PutEvents") {
        return refuse("UnknownOperationException", "that is not served here");
    }
    let Ok(request) = serde_json::from_str::<PutEvents>(&body) else {
        return refuse("ValidationException", "an entry lacks a field, or one is wrong");
    };
    if !(1..=MOST_ENTRIES).contains(&request.entries.len()) {
        return refuse("ValidationException", "Entries has 1 to 10 entries");
    }
    let (mut entries, mut failed) = (Vec::new(), 0);
    for entry in request.entries {
        entries.push(match targets.take(entry).await {
            Ok(()) => json!({ "EventId": uuid::Uuid::new_v4().to_string() }),
            Err(NotTaken(code, message)) => {
                failed += 1;
                json!({ "ErrorCode": code, "ErrorMessage": message })
            }
        });
    }
    reply(StatusCode::OK, &json!({ "FailedEntryCount": failed, "Entries": entries }))
}

impl Targets {
    /// EventBridge keeps what a target does not take, for a day. Here it is not taken itself.
    async fn take(&self, entry: Entry) -> Result<(), NotTaken> {
        let detail = read(&entry)?;
        let internal = |error: String| NotTaken("InternalFailure", error);
        if let Some(event) = &detail.event {
            let message = serde_json::to_string(event).map_err(|why| internal(why.to_string()))?;
            let sent = self.webhooks.send(&message).await;
            sent.map_err(|error| internal(error.in_short()))?;
        }
        self.archive.add(detail).map_err(|error| internal(error.to_string()))
    }
}

fn read(entry: &Entry) -> Result<Detail, NotTaken> {
    if entry.event_bus_name.as_deref() != Some(BUS) || entry.source != SOURCE {
        let what = format!("the one bus here is {BUS}, and {SOURCE} what it hears of");
        return Err(NotTaken("ResourceNotFoundException", what));
    }
    let malformed = |why: String| NotTaken("MalformedDetail", why);
    let detail: Detail =
        serde_json::from_str(&entry.detail).map_err(|why| malformed(why.to_string()))?;
    if detail.detail_type() != entry.detail_type {
        return Err(malformed("DetailType is another than the row's".to_owned()));
    }
    Ok(detail)
}

fn refuse(code: &str, message: &str) -> Response {
    reply(StatusCode::BAD_REQUEST, &json!({ "__type": code, "message": message }))
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let content_type = (header::CONTENT_TYPE, "application/x-amz-json-1.1");
    (status, [content_type], body.to_string()).into_response()
}
