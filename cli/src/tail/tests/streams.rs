//! The streams of an AWS: shards that end and are continued by others, iterators that expire, records
//! that are forgotten, and requests that are refused.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::config::{Builder, Credentials, Region, retry::RetryConfig};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher::config::aws_config;

/// The streams of the table `usher`, and of `without`, whose stream was turned off.
pub(super) struct Streams {
    client: Client,
    shards: Shards,
}

type Shards = Arc<Mutex<Contents>>;

#[derive(Default)]
struct Contents {
    shards: Vec<Shard>,
    fault: Option<Fault>,
}

#[derive(Default)]
struct Shard {
    id: &'static str,
    parent: Option<&'static str>,
    numbers: Vec<u32>,
    /// What is up to here is forgotten.
    forgotten: u32,
    is_closed: bool,
}

/// What happens to the next request for records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Throttled,
    Down,
    IteratorExpired,
}

impl Fault {
    fn code(self) -> &'static str {
        match self {
            Self::Throttled => "LimitExceededException",
            Self::Down => "InternalServerError",
            Self::IteratorExpired => "ExpiredIteratorException",
        }
    }
}

impl Streams {
    /// A stream of one shard, `a`.
    pub(super) async fn start() -> Self {
        let shards = Shards::default();
        shards.lock().unwrap().shards.push(Shard { id: "a", ..Shard::default() });
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&shards));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let aws = aws_config().region(Region::new("us-east-1")).load().await;
        let client = Builder::from(&aws)
            .endpoint_url(address)
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .retry_config(RetryConfig::disabled());
        Self { client: Client::from_conf(client.build()), shards }
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Shard)) {
        let mut contents = self.shards.lock().unwrap();
        change(contents.shards.iter_mut().find(|shard| shard.id == id).unwrap());
    }

    /// Writes a record.
    pub(super) fn write(&self, id: &str, number: u32) {
        self.change(id, |shard| shard.numbers.push(number));
    }

    /// Forgets all records of a shard up to one.
    pub(super) fn forget(&self, id: &str, number: u32) {
        self.change(id, |shard| shard.forgotten = number);
    }

    /// Closes a shard; others continue it.
    pub(super) fn go_on(&self, parent: &'static str, children: &[&'static str]) {
        self.change(parent, |shard| shard.is_closed = true);
        let child = |id: &&'static str| Shard { id, parent: Some(parent), ..Shard::default() };
        self.shards.lock().unwrap().shards.extend(children.iter().map(child));
    }

    /// The next request for records fails.
    pub(super) fn fail_once(&self, fault: Fault) {
        self.shards.lock().unwrap().fault = Some(fault);
    }
}

async fn answer(State(shards): State<Shards>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let mut contents = shards.lock().unwrap();
    let answer = match headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap() {
        "ListStreams" => list(&request),
        "DescribeStream" => Ok(contents.describe(&request)),
        "GetShardIterator" => contents.iterator(&request),
        "GetRecords" => contents.records(&request),
        other => panic!("{other}"),
    };
    match answer {
        Ok(answer) => (StatusCode::OK, answer.to_string()).into_response(),
        Err(code) => {
            let status = match code {
                "InternalServerError" => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
            (status, json!({ "__type": kind }).to_string()).into_response()
        }
    }
}

fn list(request: &Value) -> Result<Value, &'static str> {
    match request["TableName"].as_str().unwrap() {
        "another" => Err("ResourceNotFoundException"),
        table => Ok(json!({ "Streams": [{ "StreamArn": format!("arn:aws:dynamodb:{table}") }] })),
    }
}

impl Contents {
    /// One shard to a page.
    fn describe(&self, request: &Value) -> Value {
        let is_off = request["StreamArn"].as_str().unwrap().ends_with("without");
        let after = request["ExclusiveStartShardId"].as_str();
        let ids = || self.shards.iter().map(|shard| shard.id);
        let at = after.map_or(0, |after| ids().position(|id| id == after).unwrap() + 1);
        let shard = self.shards.get(at);
        let shown =
            shard.map(|shard| json!({ "ShardId": shard.id, "ParentShardId": shard.parent }));
        let last = shard.filter(|_| at + 1 < self.shards.len()).map(|shard| shard.id);
        json!({ "StreamDescription": {
            "StreamStatus": if is_off { "DISABLED" } else { "ENABLED" },
            "Shards": shown.as_slice(),
            "LastEvaluatedShardId": last,
        } })
    }

    /// The shard, and the number after which to read.
    fn iterator(&self, request: &Value) -> Result<Value, &'static str> {
        let id = request["ShardId"].as_str().unwrap();
        let shard = self.shards.iter().find(|shard| shard.id == id).unwrap();
        let after = match request["ShardIteratorType"].as_str().unwrap() {
            "LATEST" => shard.numbers.last().copied().unwrap_or_default(),
            "TRIM_HORIZON" => shard.forgotten,
            "AFTER_SEQUENCE_NUMBER" => request["SequenceNumber"].as_str().unwrap().parse().unwrap(),
            other => panic!("{other}"),
        };
        Ok(json!({ "ShardIterator": format!("{id}/{after}") }))
    }

    fn records(&mut self, request: &Value) -> Result<Value, &'static str> {
        if let Some(fault) = self.fault.take() {
            return Err(fault.code());
        }
        let (id, after) = request["ShardIterator"].as_str().unwrap().split_once('/').unwrap();
        let after: u32 = after.parse().unwrap();
        let shard = self.shards.iter().find(|shard| shard.id == id).unwrap();
        if after < shard.forgotten {
            return Err("TrimmedDataAccessException");
        }
        let numbers: Vec<u32> =
            shard.numbers.iter().copied().filter(|number| *number > after).collect();
        let last = numbers.last().copied().unwrap_or(after);
        let record = |number: &u32| {
            json!({ "dynamodb": {
                "SequenceNumber": number.to_string(), "ApproximateCreationDateTime": number,
            } })
        };
        Ok(json!({
            "Records": numbers.iter().map(record).collect::<Vec<_>>(),
            "NextShardIterator": (!shard.is_closed).then(|| format!("{id}/{last}")),
        }))
    }
}
