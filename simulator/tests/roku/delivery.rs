//! How a push arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use roku_simulator::Simulator;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::stage::{ANN, account, claims, message, serve_on_free_port};

/// A webhook that answers the first push with `first` and all others with 200, and tells of each.
async fn webhook(first: fn() -> Response) -> (String, mpsc::Receiver<(HeaderMap, Value)>) {
    let (heard, hear) = mpsc::channel(16);
    let answered = Arc::new(AtomicBool::new(false));
    let receive = move |headers: HeaderMap, jws: String| async move {
        heard.send((headers, claims(&jws))).await.unwrap();
        let is_first = !answered.swap(true, Ordering::SeqCst);
        if is_first { first() } else { StatusCode::OK.into_response() }
    };
    let router = Router::new().route("/{*path}", post(receive));
    let url = serve_on_free_port(|listener| {
        tokio::spawn(async move { axum::serve(listener, router).await });
    })
    .await;
    (format!("{url}/push"), hear)
}

#[tokio::test]
async fn a_push_is_plain_text_with_the_documented_claims() {
    let roku = Simulator::new(account());
    let (url, mut pushes) = webhook(|| StatusCode::OK.into_response()).await;
    roku.set_push_url(&url);
    roku.buy(ANN, "basic", false).await.unwrap();
    let (headers, claims) = pushes.recv().await.unwrap();
    assert_eq!(headers[header::CONTENT_TYPE], "text/plain");
    assert_eq!(claims["iss"], "Roku, Inc. urn:roku:apps:partner-service.roku.com");
    assert_eq!(claims["x-Roku-message-encoding"], "base64-utf8");
    assert_eq!(claims["x-Roku-message-type"], "roku.rpay.push");
    let hours = (claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap()) / 3600;
    assert_eq!(hours, 25);
    let sale = message(&claims);
    assert_eq!((&sale["transactionType"], &sale["total"]), (&json!("Sale"), &json!(7.99)));
    assert_eq!(sale["transactionId"], sale["originalTransactionId"]);
}

#[tokio::test]
async fn what_is_not_acknowledged_is_sent_again_under_the_same_key() {
    for first in [
        || StatusCode::SERVICE_UNAVAILABLE.into_response(),
        // A redirect is a failure too, and is not followed.
        || (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
    ] {
        let roku = Simulator::new(account());
        let (url, mut pushes) = webhook(first).await;
        roku.set_push_url(&url);
        let (_, deliveries) = roku.buy(ANN, "basic", false).await.unwrap();
        assert!(!deliveries[0].is_acknowledged(), "{deliveries:?}");
        let (_, before) = pushes.recv().await.unwrap();
        let (_, after) = pushes.recv().await.unwrap();
        assert_eq!(before["x-Roku-message-key"], after["x-Roku-message-key"]);
        assert_eq!(before["x-Roku-message"], after["x-Roku-message"]);
    }
}
