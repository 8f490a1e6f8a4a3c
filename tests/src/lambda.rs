//! A Lambda runtime for one binary: the Runtime API that it polls, and events as API Gateway makes
//! them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc};
use usher_cli::stack::Stack;

/// A binary that runs under a Lambda runtime.
#[derive(Debug)]
pub struct Runtime {
    events: mpsc::Sender<Value>,
    answers: Mutex<mpsc::Receiver<Value>>,
    metrics: Mutex<mpsc::UnboundedReceiver<Value>>,
    /// Killed when dropped.
    _process: Child,
}

#[derive(Debug)]
struct Api {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Value>,
}

impl Runtime {
    /// Starts a function's binary over the table and the secrets of a stack, with the environment
    /// that the template gives it and nothing else.
    ///
    /// `built` is the binary that cargo built for the test; where `USHER_FUNCTIONS_DIR` names a
    /// folder, the binary of that name in it is run instead, a release build for example.
    pub async fn start(built: &str, stack: &Stack) -> Self {
        let (events, next) = mpsc::channel(1);
        let (done, answers) = mpsc::channel(1);
        let api = Arc::new(Api { events: Mutex::new(next), answers: done });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next_invocation))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(response))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(api);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut process = Command::new(binary(built))
            .env_clear()
            .envs(environment(stack))
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the function's binary");
        let metrics = metrics_in(process.stdout.take().expect("its output"));
        let (answers, metrics) = (Mutex::new(answers), Mutex::new(metrics));
        Self { events, answers, metrics, _process: process }
    }

    /// Invokes the function with an event, a [`Request`] for one.
    pub async fn invoke(&self, event: impl Into<Value>) -> Value {
        self.events.send(event.into()).await.unwrap();
        let answer = self.answers.lock().await.recv().await;
        answer.expect("an answer of the function")
    }

    /// The value of a metric that the function writes, now or later, with these dimensions.
    pub async fn metric(&self, name: &str, dimensions: &Value) -> Value {
        let mut metrics = self.metrics.lock().await;
        loop {
            let line = metrics.recv().await.expect("the metric");
            let has = |(label, value): (&String, &Value)| line[label] == *value;
            let fits = dimensions.as_object().expect("dimensions").iter().all(has);
            if fits && !line[name].is_null() {
                return line[name].clone();
            }
        }
    }
}

/// The lines of a log that CloudWatch takes metrics from.
fn metrics_in(log: ChildStdout) -> mpsc::UnboundedReceiver<Value> {
    let (found, metrics) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(log).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["_aws"].is_object() && found.send(line).is_err() {
                return;
            }
        }
    });
    metrics
}

/// A request of the HTTP API.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The route, with its parameter in braces.
    pub route: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path as it was called, with the query if there is one.
    pub path: &'a str,
    /// The parameter of the path and its value.
    pub parameter: Option<(&'a str, &'a str)>,
    /// The headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a str,
    /// Whether API Gateway takes the content type for binary and encodes the body.
    pub encoded: bool,
}

/// As API Gateway's HTTP API passes it on, in payload format 2.0.
impl From<Request<'_>> for Value {
    fn from(request: Request<'_>) -> Self {
        let Request { route, method, body, encoded, .. } = request;
        let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
        let body = if encoded { STANDARD.encode(body) } else { body.to_owned() };
        let headers: HashMap<_, _> = request.headers.iter().copied().collect();
        let parameters: HashMap<_, _> = request.parameter.into_iter().collect();
        json!({
            "version": "2.0",
            "routeKey": format!("{method} {route}"),
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "pathParameters": parameters,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "api",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "test",
                },
                "requestId": "request",
                "routeKey": format!("{method} {route}"),
                "stage": "$default",
                "time": "23/Nov/2026:00:00:00 +0000",
                "timeEpoch": 1_795_392_000_000_u64,
            },
            "body": body,
            "isBase64Encoded": encoded,
        })
    }
}

fn binary(built: &str) -> PathBuf {
    let name = Path::new(built).file_name().expect("a binary");
    match std::env::var_os("USHER_FUNCTIONS_DIR") {
        Some(folder) => Path::new(&folder).join(name),
        None => built.into(),
    }
}

fn environment(stack: &Stack) -> HashMap<&'static str, String> {
    HashMap::from([
        ("TABLE_NAME", Stack::TABLE.to_owned()),
        ("SECRETS_PREFIX", stack.config.secrets_prefix.clone()),
        ("ROKU_URL", stack.roku.url.clone()),
        ("ROKU_KEYS_URL", stack.roku.keys_url.clone()),
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SQS", origin(&stack.config.queues.accounts)),
        ("RECEIPTS_QUEUE_URL", stack.config.queues.receipts.clone()),
        ("ACCOUNTS_QUEUE_URL", stack.config.queues.accounts.clone()),
        ("WEBHOOKS_QUEUE_URL", stack.config.queues.webhooks.clone()),
        ("PUBLISH_DEAD_LETTERS_URL", stack.config.queues.publish_dead_letters.clone()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", stack.event_bridge.clone()),
        ("EVENT_BUS_NAME", stack.config.event_bus_name.clone()),
        ("ALLOW_LOOPBACK_WEBHOOKS", "true".to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", stack.secrets_manager.clone()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", "function".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
    ])
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    reqwest::Url::parse(url).unwrap().origin().ascii_serialization()
}

async fn next_invocation(State(api): State<Arc<Api>>) -> Response {
    let Some(event) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:function",
        ),
    ];
    let headers = headers.map(|(name, value)| {
        (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))
    });
    (HeaderMap::from_iter(headers), event.to_string()).into_response()
}

async fn response(
    State(api): State<Arc<Api>>,
    UrlPath(_): UrlPath<String>,
    body: String,
) -> StatusCode {
    let answer = serde_json::from_str(&body).unwrap_or(Value::String(body));
    api.answers.send(answer).await.unwrap();
    StatusCode::ACCEPTED
}

async fn init_error(State(api): State<Arc<Api>>, body: String) -> StatusCode {
    api.answers.send(Value::String(body)).await.unwrap();
    StatusCode::ACCEPTED
}
