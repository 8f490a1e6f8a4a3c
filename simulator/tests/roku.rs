//! The simulator as a receiver of pushes and a caller of the web service sees it.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roku_simulator::{Account, Period, Product, Refused, Simulator};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const ANN: &str = "2df58f54b4f7540ca3aa31ce8bec1fe7";

fn account() -> Account {
    let plan = |code: &str, cents: i64| Product {
        code: code.to_owned(),
        name: code.to_owned(),
        price: Decimal::new(cents, 2),
        period: Some(Period::Months(1)),
        group: Some("plans".to_owned()),
    };
    Account { products: vec![plan("basic", 799), plan("premium", 1199)], ..Account::default() }
}

/// A Roku and its address.
async fn roku() -> (Arc<Simulator>, String) {
    let simulator = Simulator::new(account());
    let url = serve_on_free_port(|listener| {
        tokio::spawn(Arc::clone(&simulator).serve(listener));
    })
    .await;
    (simulator, url)
}

async fn serve_on_free_port(serve: impl FnOnce(TcpListener)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    serve(listener);
    url
}

/// A webhook that answers the first push with `first` and all others with 200, and tells of each.
async fn webhook(first: fn() -> Response) -> (String, mpsc::Receiver<(HeaderMap, Value)>) {
    let (heard, hear) = mpsc::channel(16);
    let answered = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let receive = move |headers: HeaderMap, jws: String| async move {
        let claims = URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).unwrap()).unwrap();
        heard.send((headers, serde_json::from_slice(&claims).unwrap())).await.unwrap();
        let is_first = !answered.swap(true, std::sync::atomic::Ordering::SeqCst);
        if is_first { first() } else { StatusCode::OK.into_response() }
    };
    let router = Router::new().route("/{*path}", post(receive));
    let url = serve_on_free_port(|listener| {
        tokio::spawn(async move { axum::serve(listener, router).await });
    })
    .await;
    (format!("{url}/push"), hear)
}

fn message(claims: &Value) -> Value {
    let message = URL_SAFE_NO_PAD.decode(claims["x-Roku-message"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&message).unwrap()
}

#[tokio::test]
async fn a_push_is_plain_text_with_the_documented_claims() {
    let (roku, _) = roku().await;
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
        let (roku, _) = roku().await;
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

#[tokio::test]
async fn validate_transaction_answers_with_http_200_whatever_is_wrong() {
    let (roku, url) = roku().await;
    let (order, _) = roku.buy(ANN, "basic", false).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |key: &str, transaction: &str| {
        let service = format!("{url}/listen/transaction-service.svc/validate-transaction");
        http.get(format!("{service}/{key}/{transaction}")).send()
    };
    let key = &account().api_key;
    let known = ask(key, &order.purchase_id).await.unwrap().text().await.unwrap();
    assert!(known.contains(r#""expirationDate":"\/Date("#), "{known}");
    let known: Value = serde_json::from_str(&known).unwrap();
    assert_eq!((&known["status"], &known["isEntitled"]), (&json!(0), &json!(true)));
    assert_eq!(known["OriginalTransactionId"], order.purchase_id.as_str());
    for (key, transaction, message) in
        [("wrong", order.purchase_id.as_str(), "UNAUTHORIZED"), (key, "0", "Transaction not found")]
    {
        let answer = ask(key, transaction).await.unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!((&answer["status"], &answer["errorMessage"]), (&json!(1), &json!(message)));
    }
    let malformed = ask(key, "a%20b").await.unwrap();
    assert_eq!(malformed.status(), 400);
    assert_eq!(malformed.text().await.unwrap(), "Invalid URI format.");
}

#[tokio::test]
async fn a_device_is_refused_what_roku_refuses() {
    let (roku, _) = roku().await;
    let refused = |code: &str| Err(Refused::NoPlan(code.to_owned()));
    assert_eq!(roku.upgrade(ANN, "premium").await, refused("premium"));
    roku.buy(ANN, "basic", false).await.unwrap();
    let again = roku.buy(ANN, "premium", false).await;
    assert_eq!(again, Err(Refused::AlreadySubscribed("premium".to_owned())));
    let unknown = roku.buy(ANN, "gold", false).await;
    assert_eq!(unknown, Err(Refused::UnknownProduct("gold".to_owned())));
}

#[tokio::test]
async fn moving_the_clock_renews_every_month_until_the_customer_cancels() {
    let (roku, _) = roku().await;
    let (url, mut pushes) = webhook(|| StatusCode::OK.into_response()).await;
    let (order, _) = roku.buy(ANN, "basic", false).await.unwrap();
    roku.set_push_url(&url);
    let after = |days: i64| {
        roku.clock().now().checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap()
    };
    assert_eq!(roku.move_clock(after(95)).await.len(), 3);
    for _ in 0..3 {
        let sale = message(&pushes.recv().await.unwrap().1);
        assert_eq!(sale["comments"], "Recurring subscription processed");
        assert_ne!(sale["transactionId"], sale["originalTransactionId"]);
    }
    roku.cancel(&order.purchase_id).await.unwrap();
    assert_eq!(roku.move_clock(after(95)).await, []);
}
