//! A wire between the functions and DynamoDB that counts the calls and loses some of them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use usher::config::{Config, aws_config};
use usher::store::Table;
use usher_cli::stack::Stack;

use crate::{Usher, gateway};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// DynamoDB never hears of it.
    LostOnTheWay,
    /// DynamoDB does it, and the answer is lost.
    AnswerLost,
    /// The item is part of another function's transaction, this once. Reads do not mind.
    Conflict,
}

/// A call that was seen: the operation and what it was about.
#[derive(Debug, Clone)]
pub struct Seen {
    /// DynamoDB's word for it.
    pub operation: String,
    /// The request.
    pub request: Value,
    /// The write units it consumed.
    pub write_units: f64,
    /// The read units it consumed.
    pub read_units: f64,
}

/// Which call, counted from 0 after the last [`Wire::arm`], meets which fault. All later calls meet
/// it as well, as when the process dies or the store goes down; a conflict passes.
type Plan = Option<(usize, Fault)>;

/// The wire.
#[derive(Debug)]
pub struct Wire {
    /// Where the functions find it.
    address: String,
    database: String,
    http: reqwest::Client,
    plan: Mutex<Plan>,
    /// What calls are about that meet a fault.
    broken: Mutex<Option<(&'static str, Fault)>>,
    seen: watch::Sender<Vec<Seen>>,
}

impl Wire {
    /// A second gateway over the table of a stack, behind a wire.
    pub async fn in_front_of(stack: &Stack) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Arc::new(Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            database: stack.dynamodb.clone(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            plan: Mutex::default(),
            broken: Mutex::default(),
            seen: watch::Sender::default(),
        });
        let router = Router::new().route("/", post(pass)).with_state(Arc::clone(&wire));
        tokio::spawn(async move { axum::serve(listener, router).await });

        let config = wire.config(stack).await;
        (wire, gateway::start(&config).await)
    }

    /// What handlers run with that reach the table over the wire.
    pub async fn config(&self, stack: &Stack) -> Config {
        Config { table: table(&self.address).await, ..stack.config.clone() }
    }

    /// Lets `calls` calls pass; all after them meet `fault`. Forgets what was seen.
    pub fn arm(&self, calls: usize, fault: Fault) {
        *self.plan.lock().unwrap() = Some((calls, fault));
        self.seen.send_modify(Vec::clear);
    }

    /// Lets every call whose request has this text in it meet `fault`. Forgets what was seen.
    pub fn break_calls_about(&self, text: &'static str, fault: Fault) {
        *self.broken.lock().unwrap() = Some((text, fault));
        self.seen.send_modify(Vec::clear);
    }

    /// Lets everything pass. Forgets what was seen.
    pub fn mend(&self) {
        *self.plan.lock().unwrap() = None;
        *self.broken.lock().unwrap() = None;
        self.seen.send_modify(Vec::clear);
    }

    /// The calls since the last [`Self::arm`] or [`Self::mend`].
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Waits until a call was seen that nobody waits for.
    pub async fn until_seen(&self, operation: &str) {
        let is_seen = |seen: &Vec<Seen>| seen.iter().any(|call| call.operation == operation);
        self.seen.subscribe().wait_for(is_seen).await.unwrap();
    }

    fn fault(&self, request: &str) -> Option<Fault> {
        let broken = *self.broken.lock().unwrap();
        if let Some((_, fault)) = broken.filter(|(text, _)| request.contains(text)) {
            return Some(fault);
        }
        let (calls, fault) = (*self.plan.lock().unwrap())?;
        let seen = self.seen.borrow().len();
        let is_hit = if fault == Fault::Conflict { seen == calls } else { seen >= calls };
        is_hit.then_some(fault)
    }
}

/// The demo stack, called through a gateway whose functions reach the table over a wire.
pub async fn usher_behind_a_wire() -> (Usher, Arc<Wire>) {
    let mut usher = Usher::start().await;
    let (wire, gateway) = Wire::in_front_of(&usher.stack).await;
    usher.gateway = gateway;
    (usher, wire)
}

async fn table(endpoint: &str) -> Table {
    Table::new(dynamodb(endpoint).await, Stack::TABLE.to_owned())
}

/// A client for the DynamoDB at an address, that does not try again.
pub async fn dynamodb(endpoint: &str) -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::config::{Builder, Credentials, Region, retry::RetryConfig};
    let aws = aws_config().region(Region::new("us-east-1")).load().await;
    let database = Builder::from(&aws)
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        // A fault is a fault, and not the first of three attempts.
        .retry_config(RetryConfig::disabled());
    aws_sdk_dynamodb::Client::from_conf(database.build())
}

async fn pass(State(wire): State<Arc<Wire>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let fault = wire.fault(&request.to_string());
    request["ReturnConsumedCapacity"] = "INDEXES".into();
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or("");
    let mut seen = Seen {
        operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
        request: request.clone(),
        write_units: 0.0,
        read_units: 0.0,
    };
    if fault == Some(Fault::LostOnTheWay) {
        wire.seen.send_modify(|all| all.push(seen));
        return broken();
    }
    if let Some(refusal) = fault.and_then(|fault| conflict(fault, &seen.operation)) {
        wire.seen.send_modify(|all| all.push(seen));
        return refusal;
    }
    let forwarded = wire.http.post(&wire.database).body(request.to_string());
    let forwarded = forwarded
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", headers["authorization"].clone())
        .header("x-amz-date", headers["x-amz-date"].clone());
    let response = forwarded.send().await.unwrap();
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
    let body = response.text().await.unwrap();
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    let units = answer["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap_or_default();
    let is_read = matches!(seen.operation.as_str(), "GetItem" | "Query");
    if is_read {
        seen.read_units = units;
    } else {
        seen.write_units = units;
    }
    wire.seen.send_modify(|all| all.push(seen));
    if fault == Some(Fault::AnswerLost) {
        return broken();
    }
    (status, [("content-type", "application/x-amz-json-1.0")], body).into_response()
}

/// How DynamoDB refuses an operation whose item is part of another transaction.
fn conflict(fault: Fault, operation: &str) -> Option<Response> {
    let kind = match (fault, operation) {
        (Fault::Conflict, "UpdateItem" | "PutItem") => "TransactionConflictException",
        (Fault::Conflict, "TransactWriteItems") => "TransactionCanceledException",
        _ => return None,
    };
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}"}}"#);
    Some((StatusCode::BAD_REQUEST, body).into_response())
}

fn broken() -> Response {
    let body = r#"{"__type":"com.amazon.coral.service#InternalServerError","message":"lost"}"#;
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}
