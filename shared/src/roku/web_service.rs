//! Roku's web service, asked about one transaction at a time (`roku-pay.md` §3).

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use super::read_body;
use crate::clock::Clock;
use crate::domain::observation::{Answer, BrokenAnswer};

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The pause that Roku asks for after too many questions (`roku-pay.md` §3).
const PAUSE_WHEN_THROTTLED: Duration = Duration::from_secs(1);
/// How long all attempts together may take.
const BUDGET: Duration = Duration::from_secs(6);
/// The pause before the second attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Roku's answers have about one kilobyte.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Asks Roku.
#[derive(Debug)]
pub struct RokuWebService {
    http: reqwest::Client,
    base: Url,
    clock: Clock,
}

/// Why there is no answer. No text of it holds the address, which carries the API key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RokuError {
    /// The base address can carry no path. A mistake in the configuration.
    #[error("the address of Roku's web service cannot be used")]
    BadAddress,
    /// No connection, or no answer in time.
    #[error("Roku did not answer: {0}")]
    Unreachable(String),
    /// Too many questions, or trouble at Roku's.
    #[error("Roku answered with HTTP status {0}")]
    Status(u16),
    /// An answer that is none.
    #[error(transparent)]
    Broken(#[from] BrokenAnswer),
}

impl RokuWebService {
    /// The web service at `base`, which `/validate-transaction/…` is appended to.
    ///
    /// # Errors
    /// [`RokuError::BadAddress`] when that is no HTTP address.
    pub fn new(base: &str, http: reqwest::Client, clock: Clock) -> Result<Self, RokuError> {
        let base = Url::parse(base).ok().filter(|url| !url.cannot_be_a_base());
        Ok(Self { http, base: base.ok_or(RokuError::BadAddress)?, clock })
    }

    /// Asks about a transaction, again if need be, for six seconds at most.
    ///
    /// # Errors
    /// [`RokuError`] when Roku gave no answer. It says nothing about the transaction.
    pub async fn validate_transaction(
        &self,
        api_key: &SecretString,
        transaction: &str,
    ) -> Result<Answer, RokuError> {
        let mut last = RokuError::Unreachable("no answer in time".to_owned());
        let attempts = async {
            let mut pause = FIRST_PAUSE;
            loop {
                match self.attempt(api_key, transaction).await {
                    Err(error) if error.may_pass() => last = error,
                    settled => return settled,
                }
                if last == RokuError::Status(429) {
                    pause = pause.max(PAUSE_WHEN_THROTTLED);
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        };
        let answer = tokio::time::timeout(BUDGET, attempts).await;
        answer.unwrap_or(Err(last))
    }

    async fn attempt(
        &self,
        api_key: &SecretString,
        transaction: &str,
    ) -> Result<Answer, RokuError> {
        let url = self.url(api_key, transaction)?;
        let asked_at = self.clock.now();
        let request = self.http.get(url).header(ACCEPT, "application/json").timeout(ATTEMPT);
        let unreachable = |error: reqwest::Error| {
            RokuError::Unreachable(
                if error.is_timeout() { "no answer in time" } else { "no connection" }.to_owned(),
            )
        };
        let response = request.send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::OK => {
                let body = read_body(response, MAX_ANSWER_BYTES).await.map_err(unreachable)?;
                Ok(Answer::read(&body.unwrap_or_default(), asked_at)?)
            }
            // "Invalid URI format.": no transaction of Roku's has such an id.
            StatusCode::BAD_REQUEST => Ok(Answer::Unknown),
            status => Err(RokuError::Status(status.as_u16())),
        }
    }

    fn url(&self, api_key: &SecretString, transaction: &str) -> Result<Url, RokuError> {
        let mut url = self.base.clone();
        let mut path = url.path_segments_mut().map_err(|()| RokuError::BadAddress)?;
        path.pop_if_empty().push("validate-transaction");
        path.push(api_key.expose_secret()).push(transaction);
        drop(path);
        Ok(url)
    }
}

impl RokuError {
    /// Whether the next attempt may fare better.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Broken(_) => true,
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::BadAddress => false,
        }
    }
}
