//! A webhook that answers what it is told to, and keeps the pushes as they came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::stage::{claims, serve_on_free_port};

pub(crate) struct Receiver {
    pub(crate) url: String,
    status: Arc<AtomicU16>,
    pushes: mpsc::UnboundedReceiver<String>,
}

impl Receiver {
    pub(crate) async fn answering(status: u16) -> Self {
        let status = Arc::new(AtomicU16::new(status));
        let (heard, pushes) = mpsc::unbounded_channel();
        let answer = Arc::clone(&status);
        let receive = move |jws: String| async move {
            heard.send(jws).unwrap();
            StatusCode::from_u16(answer.load(Ordering::SeqCst)).unwrap()
        };
        let router = Router::new().route("/push", post(receive));
        let url = serve_on_free_port(|listener| {
            tokio::spawn(async move { axum::serve(listener, router).await });
        })
        .await;
        Self { url: format!("{url}/push"), status, pushes }
    }

    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The next push, which may still be under way.
    pub(crate) async fn next(&mut self) -> String {
        self.pushes.recv().await.unwrap()
    }

    /// The claims of what was pushed since it was last asked.
    pub(crate) fn heard(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.pushes.try_recv().ok()).map(|jws| claims(&jws)).collect()
    }
}

/// The name of the key that a push is signed with.
pub(crate) fn kid(jws: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(jws.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
