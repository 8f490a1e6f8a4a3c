//! A receiver of webhooks that knows the Standard Webhooks library and nothing of ours.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

type Got = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver, and what it got.
pub(crate) struct Receiver {
    /// Where it listens.
    pub(crate) url: String,
    got: Got,
}

impl Receiver {
    /// One that answers everything with 202.
    pub(crate) async fn start() -> Self {
        let got = Got::default();
        let router = Router::new().route("/webhooks", post(take)).with_state(Arc::clone(&got));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks?key=1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got }
    }

    /// Its scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        self.url.trim_end_matches("/webhooks?key=1")
    }

    /// What it got, all of which is signed with a secret.
    pub(crate) fn verified(&self, secret: &str) -> Vec<Value> {
        let webhook = Webhook::new(secret).unwrap();
        let got = self.got.lock().unwrap();
        let read = got.iter().map(|(headers, body)| {
            webhook.verify(body, headers).unwrap();
            serde_json::from_slice(body).unwrap()
        });
        read.collect()
    }
}

async fn take(State(got): State<Got>, headers: HeaderMap, body: Bytes) -> StatusCode {
    got.lock().unwrap().push((headers, body));
    StatusCode::ACCEPTED
}
