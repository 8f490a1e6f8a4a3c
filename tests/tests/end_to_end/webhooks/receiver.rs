//! Receivers: one that answers as it is told, and one in Python that verifies.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Notify;
use usher_tests::event_contract;

/// How it answers.
#[derive(Clone)]
pub(super) enum Answer {
    /// With a status and nothing more.
    Status(u16),
    /// With a header besides.
    With(u16, &'static str, &'static str),
    /// With a text.
    Text(u16, String),
    /// With a body that never ends.
    Endless(u16),
    /// With 204 once this is told.
    Once(Arc<Notify>),
}

/// What it was sent.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A receiver that answers as it is told.
pub(super) struct Receiver {
    pub(super) url: String,
    answer: Mutex<Answer>,
    received: Mutex<Vec<Received>>,
    /// Told whenever something comes.
    pub(super) came: Arc<Notify>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn check(&self) {
        let body = self.json();
        match body["topic"] {
            Value::Null => event_contract::check(&body),
            _ => event_contract::check_cleeng(&body),
        }
        let of_standard = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers = of_standard.map(|name| (name, self.header(name)));
        event_contract::check_headers(&headers.into_iter().collect());
    }
}

impl Receiver {
    pub(super) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Arc::new(Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            answer: Mutex::new(Answer::Status(204)),
            received: Mutex::default(),
            came: Arc::default(),
        });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&receiver));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(super) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// What came. Each is as `asyncapi.yaml` describes it.
    pub(super) fn received(&self) -> Vec<Received> {
        let received = self.received.lock().unwrap().clone();
        received.iter().for_each(Received::check);
        received
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let received = Received { path: uri.path().to_owned(), headers, body };
    receiver.received.lock().unwrap().push(received);
    receiver.came.notify_one();
    let answer = receiver.answer.lock().unwrap().clone();
    let status = |status| StatusCode::from_u16(status).unwrap();
    match answer {
        Answer::Status(code) => status(code).into_response(),
        Answer::With(code, name, value) => {
            let mut response = status(code).into_response();
            response.headers_mut().insert(name, HeaderValue::from_static(value));
            response
        }
        Answer::Text(code, text) => (status(code), text).into_response(),
        Answer::Endless(code) => {
            let more = || Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4_096]));
            let body = Body::from_stream(futures_util::stream::repeat_with(more));
            (status(code), body).into_response()
        }
        Answer::Once(told) => {
            told.notified().await;
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

/// `tests/webhook-receiver/receiver.py`, which knows nothing but the specification.
pub(super) struct Verifier {
    pub(super) url: String,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// Killed when dropped.
    _process: Child,
}

impl Verifier {
    pub(super) async fn start() -> Self {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/webhook-receiver/receiver.py");
        let mut process = Command::new("python3")
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = output.next_line().await.unwrap().unwrap();
        let url = format!("http://127.0.0.1:{port}/hook");
        Self { url, input, output, _process: process }
    }

    /// Gives it a secret, in place of the one that it has.
    pub(super) async fn has(&mut self, secret: &str) {
        self.input.write_all(format!("{secret}\n").as_bytes()).await.unwrap();
        assert_eq!(self.output.next_line().await.unwrap().as_deref(), Some("changed"));
    }

    /// What it says of the next request.
    pub(super) async fn says(&mut self) -> Value {
        serde_json::from_str(&self.output.next_line().await.unwrap().unwrap()).unwrap()
    }
}
