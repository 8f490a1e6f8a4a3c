//! One webhook on its way to one endpoint.

use std::error::Error;
use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use super::resolver::ReachableOnly;
use super::signatures;
use crate::clock::Clock;
use crate::domain::webhook::{Reach, WebhookUrl};
use crate::secrets::webhook_secrets::WebhookSecret;

/// How long a receiver has for its whole answer. The specification advises 15 to 30 seconds.
pub const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is read of an answer: the status is all that matters, and a short one leaves the connection
/// to the next webhook.
const MOST_READ_BYTES: usize = 64 * 1024;
/// What is kept of an answer, for who looks why it was refused.
const MOST_KEPT_BYTES: usize = 1024;

/// Signs webhooks and sends them.
#[derive(Debug)]
pub struct Courier {
    http: reqwest::Client,
    reach: Reach,
    /// The real time, whatever clock a stack goes by: receivers compare with their own.
    clock: Clock,
}

/// What an endpoint said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status, or why there is none.
    pub status: Result<u16, String>,
    /// For how long it wants to be left alone, where it is busy and says so.
    pub retry_after: Option<SignedDuration>,
    /// The beginning of the body, where there is one.
    pub answer: Option<String>,
}

impl Courier {
    /// A courier who goes as far as `reach`, follows no redirects and takes no proxy.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(reach: Reach) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(ReachableOnly(reach))
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, reach, clock: Clock::system() })
    }

    /// Sends a body, signed with each of the secrets.
    pub async fn send(
        &self,
        url: &WebhookUrl,
        id: &str,
        body: String,
        secrets: &[&WebhookSecret],
    ) -> Answered {
        // The client asks no resolver about a host that is a number.
        if let Err(why) = url.check(self.reach) {
            return Answered::none(format!("the address {why}"));
        }
        let timestamp = self.clock.now().as_second();
        let signature = match signatures(secrets, id, timestamp, &body) {
            Ok(signature) => signature,
            Err(why) => return Answered::none(why.to_string()),
        };
        let request = self.http.post(url.expose().clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, timestamp)
            .header(HEADER_WEBHOOK_SIGNATURE, signature);
        match request.body(body).send().await {
            Ok(response) => self.read(response).await,
            Err(error) => Answered::none(in_short(error)),
        }
    }

    async fn read(&self, response: reqwest::Response) -> Answered {
        let status = response.status().as_u16();
        let wait = retry_after(response.headers(), self.clock.now());
        let answer = beginning(response).await;
        Answered {
            status: Ok(status),
            retry_after: wait.filter(|_| matches!(status, 429 | 503)),
            answer: (!answer.is_empty()).then_some(answer),
        }
    }
}

impl Answered {
    fn none(why: String) -> Self {
        Self { status: Err(why), retry_after: None, answer: None }
    }
}

/// The beginning of a body. One that breaks off or never ends has been answered all the same.
async fn beginning(mut response: reqwest::Response) -> String {
    let (mut kept, mut read) = (Vec::new(), 0);
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MOST_KEPT_BYTES - kept.len();
        kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
        read += chunk.len();
        if read > MOST_READ_BYTES {
            break;
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(at.duration_since(now))
}

/// Why there is no answer. The address may hold a secret and is not in it.
fn in_short(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let is_connect = error.is_connect();
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if is_connect { format!("cannot connect: {cause}") } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_receiver_may_say_when_in_seconds_or_as_a_date() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:48:00 GMT", Some(-60)),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            let wait = retry_after(&headers, now).map(|wait| wait.as_secs());
            assert_eq!(wait, seconds, "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_out_of_reach_is_not_called() {
        let secret = WebhookSecret::parse(&format!("whsec_{}", "A".repeat(44))).unwrap();
        let courier = Courier::new(Reach::PublicOnly).unwrap();
        for (url, why) in [
            ("http://127.0.0.1:9/secret", "the address must begin with https://"),
            ("https://127.0.0.1:9/secret", "the address must lead to the public internet"),
            (
                "https://localhost:9/secret",
                "cannot connect: the name of the host leads to no address of the public internet",
            ),
        ] {
            let url = WebhookUrl::parse(url, Reach::ThisMachineToo).unwrap();
            let answered = courier.send(&url, "evt_1", "{}".to_owned(), &[&secret]).await;
            assert_eq!(answered, Answered::none(why.to_owned()));
        }
    }
}
