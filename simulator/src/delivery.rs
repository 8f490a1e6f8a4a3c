//! How pushes reach the publisher: POST, ten seconds, no redirects, again until 200.

use std::iter;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use serde::Serialize;

/// Roku waits this long for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Roku gives a push up after this long. Its schedule is not published; ours doubles from a second
/// to a minute.
const GIVE_UP_AFTER: Duration = Duration::from_secs(36 * 3600);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What came of one attempt to deliver a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The publisher's HTTP status; none when there was no answer.
    pub status: Option<u16>,
    /// What the publisher answered.
    pub body: String,
}

impl Delivery {
    /// Whether Roku counts the push as delivered.
    pub fn is_acknowledged(&self) -> bool {
        self.status == Some(200)
    }
}

/// Delivers pushes.
#[derive(Debug, Clone)]
pub(crate) struct Courier {
    http: reqwest::Client,
}

impl Courier {
    #[expect(clippy::expect_used, reason = "there is nothing that could be missing")]
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        Self { http: http.build().expect("an HTTP client") }
    }

    /// One attempt.
    pub(crate) async fn deliver(&self, url: &str, jws: String) -> Delivery {
        let request = self.http.post(url).header(CONTENT_TYPE, "text/plain").body(jws);
        match request.send().await {
            Ok(response) => {
                let status = Some(response.status().as_u16());
                Delivery { status, body: response.text().await.unwrap_or_default() }
            }
            Err(error) => Delivery { status: None, body: error.without_url().to_string() },
        }
    }
}

/// The pauses before the attempts after the first, until a push is given up.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    let longer = |pause: &Duration| Some((*pause * 2).min(LONGEST_PAUSE));
    let mut waited = Duration::ZERO;
    iter::successors(Some(FIRST_PAUSE), longer).take_while(move |pause| {
        let goes_on = waited < GIVE_UP_AFTER;
        waited += *pause;
        goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_tried_again_for_thirty_six_hours() {
        let all: Vec<Duration> = pauses().collect();
        assert_eq!(all[..7], [1, 2, 4, 8, 16, 32, 60].map(Duration::from_secs));
        let waited: Duration = all.iter().sum();
        assert!(waited >= GIVE_UP_AFTER && waited < GIVE_UP_AFTER + LONGEST_PAUSE, "{waited:?}");
    }
}
