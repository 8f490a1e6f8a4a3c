//! One attempt at Roku's web service: a request, and the text that comes back.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;

use super::error::{RokuError, Trouble};
use crate::domain::id::MAX_ID_BYTES;
use crate::domain::roku_answer::BrokenAnswer;
use crate::http::read_body;

/// How long one attempt may take, from the connection to the last byte.
const ATTEMPT: Duration = Duration::from_secs(4);
/// Roku's answers have about one kilobyte.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where Roku's web service is.
#[derive(Debug)]
pub(super) struct Endpoint {
    http: Client,
    base: Url,
    attempt: Duration,
}

/// What Roku sent.
pub(super) enum Reply {
    /// With HTTP 200.
    Answer(String),
    /// With HTTP 400.
    BadRequest(String),
}

impl Endpoint {
    pub(super) fn new(base: &str, http: Client) -> Result<Self, RokuError> {
        let base = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(Self { http, base: base.ok_or(RokuError::BadAddress)?, attempt: ATTEMPT })
    }

    /// The same, less patient.
    #[cfg(test)]
    pub(super) fn waiting(self, attempt: Duration) -> Self {
        Self { attempt, ..self }
    }

    pub(super) async fn get(&self, path: &[&str]) -> Result<Reply, RokuError> {
        self.exchange(self.http.get(self.url(path)?)).await
    }

    pub(super) async fn post(&self, path: &str, body: &impl Serialize) -> Result<Reply, RokuError> {
        self.exchange(self.http.post(self.url(&[path])?).json(body)).await
    }

    fn url(&self, path: &[&str]) -> Result<Url, RokuError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| RokuError::BadAddress)?.pop_if_empty().extend(path);
        Ok(url)
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Reply, RokuError> {
        let request = request.header(ACCEPT, "application/json").timeout(self.attempt);
        let response = request.send().await.map_err(|error| no_answer(&error))?;
        let wrap = match response.status().as_u16() {
            200 => Reply::Answer,
            400 => Reply::BadRequest,
            401 | 403 => return Err(RokuError::WrongKey),
            429 => return Err(Trouble::TooManyRequests.into()),
            status => return Err(Trouble::Status(status).into()),
        };
        let body = read_body(response, MAX_ANSWER_BYTES).await.map_err(|error| cut_off(&error))?;
        Ok(wrap(body.ok_or(BrokenAnswer::NotText)?))
    }
}

/// Whether a text can be a part of an address that stays where it is put. What is none, like `..`,
/// would ask Roku something else; no id or key of Roku's is like that.
pub(super) fn is_segment(text: &str) -> bool {
    let fits = (1..=MAX_ID_BYTES).contains(&text.len());
    fits && text.bytes().all(|byte| byte.is_ascii_graphic()) && !matches!(text, "." | "..")
}

/// The error of `reqwest` itself goes no further: it knows the address.
fn no_answer(error: &reqwest::Error) -> RokuError {
    if error.is_builder() {
        RokuError::BadAddress
    } else if error.is_connect() {
        Trouble::NoConnection.into()
    } else if error.is_timeout() {
        Trouble::NoAnswerInTime.into()
    } else {
        Trouble::ConnectionLost.into()
    }
}

fn cut_off(error: &reqwest::Error) -> RokuError {
    if error.is_timeout() { Trouble::NoAnswerInTime.into() } else { BrokenAnswer::CutOff.into() }
}
