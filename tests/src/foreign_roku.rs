//! A Roku that is not our simulator: another key set, another validate-transaction. Its answers are
//! scripted, and it can be slow, broken or gone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use roku_simulator::{Claims, SigningKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What Roku says of a transaction.
#[derive(Debug, Clone)]
pub enum Script {
    /// This status and body.
    Says(u16, String),
    /// Nothing, for as long as anyone waits.
    Silence,
}

/// Another Roku.
#[derive(Debug)]
pub struct ForeignRoku {
    /// Where it listens.
    pub url: String,
    /// What it signs with.
    pub key: SigningKey,
    published: Mutex<(u16, String)>,
    answers: Mutex<HashMap<String, Script>>,
    questions: AtomicUsize,
    key_requests: AtomicUsize,
    server: Mutex<Option<JoinHandle<std::io::Result<()>>>>,
}

impl ForeignRoku {
    /// The API key that it accepts.
    pub const API_KEY: &'static str = "0123456789ABCDEF0123456789ABCDEF0123";

    /// Starts it on a free port.
    pub async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = SigningKey::generate();
        let roku = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            published: Mutex::new((200, key.jwks().to_string())),
            key,
            answers: Mutex::default(),
            questions: AtomicUsize::default(),
            key_requests: AtomicUsize::default(),
            server: Mutex::default(),
        });
        let router = Router::new()
            .route("/other/keys.json", get(jwks))
            .route("/other/base/validate-transaction/{key}/{transaction}", get(validate))
            .with_state(Arc::clone(&roku));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        *roku.server.lock().unwrap() = Some(server);
        roku
    }

    /// What `--roku` takes.
    pub fn base(&self) -> String {
        format!("{}/other/base", self.url)
    }

    /// What `--roku-keys` takes.
    pub fn keys(&self) -> String {
        format!("{}/other/keys.json", self.url)
    }

    /// Publishes another key set in the place of its own.
    pub fn publish(&self, jwks: &Value) {
        self.publish_text(200, jwks.to_string());
    }

    /// Answers whoever asks for its keys with this status and body.
    pub fn publish_text(&self, status: u16, body: impl Into<String>) {
        *self.published.lock().unwrap() = (status, body.into());
    }

    /// Goes: from now on nobody listens at its address.
    pub async fn leave(&self) {
        let server = self.server.lock().unwrap().take();
        if let Some(server) = server {
            server.abort();
            drop(server.await);
        }
    }

    /// Scripts an answer.
    pub fn answer(&self, transaction: &str, script: Script) {
        self.answers.lock().unwrap().insert(transaction.to_owned(), script);
    }

    /// Scripts the answer that a good purchase gets, with some fields replaced.
    pub fn knows(&self, transaction: &str, product: &str, other: Value) {
        let mut answer = json!({
            "errorCode": null, "errorDetails": null, "errorMessage": "", "status": 0,
            "OriginalTransactionId": transaction, "transactionId": transaction,
            "amount": 7.99, "total": 7.99, "tax": 0.0, "currency": "usd", "quantity": 1,
            "cancelled": false, "cancelledTransactionIds": null, "isEntitled": true,
            "channelId": 1_143_791, "channelName": "Channel", "couponCode": null,
            "productId": product, "productName": product, "partnerReferenceId": null,
            "purchaseStatus": "Active", "purchaseType": null,
            "purchaseChannel": "device", "purchaseContext": "iap",
            "rokuCustomerId": "2df58f54b4f7540ca3aa31ce8bec1fe7",
            "purchaseDate": "/Date(1581033062000+0000)/",
            "originalPurchaseDate": "/Date(1581033062000+0000)/",
            "expirationDate": "/Date(4102444800000+0000)/",
        });
        let fields = answer.as_object_mut().unwrap();
        fields.extend(other.as_object().unwrap().clone());
        let escaped = answer.to_string().replace("/Date", "\\/Date").replace(")/", ")\\/");
        self.answer(transaction, Script::Says(200, escaped));
    }

    /// How often a transaction was asked about.
    pub fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    /// How often the key set was asked for.
    pub fn key_requests(&self) -> usize {
        self.key_requests.load(Ordering::SeqCst)
    }

    /// Claims as Roku makes them now.
    #[expect(clippy::disallowed_methods, reason = "a Roku of its own has a clock of its own")]
    pub fn claims(&self, message: &Value) -> Claims {
        Claims::new(&Uuid::new_v4().to_string(), &message.to_string(), Timestamp::now())
    }

    /// A push as Roku signs it now.
    pub fn sign(&self, message: &Value) -> String {
        self.key.sign(&self.claims(message))
    }
}

async fn jwks(State(roku): State<Arc<ForeignRoku>>) -> Response {
    roku.key_requests.fetch_add(1, Ordering::SeqCst);
    let (status, body) = roku.published.lock().unwrap().clone();
    // No connection is left that would outlive the server.
    (StatusCode::from_u16(status).unwrap(), [(CONNECTION, "close")], body).into_response()
}

async fn validate(
    State(roku): State<Arc<ForeignRoku>>,
    Path((key, transaction)): Path<(String, String)>,
) -> Response {
    roku.questions.fetch_add(1, Ordering::SeqCst);
    if key != ForeignRoku::API_KEY {
        return json!({ "status": 1, "errorMessage": "UNAUTHORIZED" }).to_string().into_response();
    }
    let script = roku.answers.lock().unwrap().get(&transaction).cloned();
    match script {
        Some(Script::Says(status, body)) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Some(Script::Silence) => std::future::pending().await,
        None => json!({ "status": 1, "errorMessage": "not found" }).to_string().into_response(),
    }
}
