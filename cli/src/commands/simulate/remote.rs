//! A simulator that runs elsewhere, spoken to over HTTP.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::commands::Failure;

/// Longer than this nothing on the same machine or network takes to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The controls of a simulator.
pub(super) struct Remote {
    url: String,
    http: reqwest::Client,
}

impl Remote {
    pub(super) fn at(url: String) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).no_proxy();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), http: http.build()? })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.answer_to(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.answer_to(self.request(Method::POST, path).json(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.answer_to(self.request(Method::PUT, path).json(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.answer_to(self.request(Method::DELETE, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// The answer to a request; null where there is none. Says what the simulator says when it
    /// refuses.
    async fn answer_to(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let answer = request.send().await.map_err(|error| self.unreached(&error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| self.unreached(&error))?;
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(said);
        }
        match said["message"].as_str() {
            Some(why) => Err(why.into()),
            None => Err(format!("{} answers {status}: is it the simulator?", self.url).into()),
        }
    }

    fn unreached(&self, error: &reqwest::Error) -> Failure {
        if error.is_connect() {
            let way = "start `usher local`, or name another with --simulator";
            return format!("no simulator listens at {}: {way}", self.url).into();
        }
        format!("{}: {error}", self.url).into()
    }
}

/// How many pushes were delivered, and how many of them in vain.
pub(super) fn deliveries(answer: &Value) -> String {
    let pushes = answer["pushes"].as_array().map_or(&[][..], Vec::as_slice);
    let acknowledged = pushes.iter().filter(|push| push["status"] == 200).count();
    format!("pushes delivered: {}, acknowledged: {acknowledged}", pushes.len())
}
