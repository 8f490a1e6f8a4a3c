//! Roku: the pushes it signs, the keys it signs them with, and the web service that answers.

pub mod billing;
mod endpoint;
pub mod error;
mod pauses;
pub mod public_keys;
pub mod push;
pub mod questions;
#[cfg(test)]
mod scripted;
pub mod web_service;

use std::time::Duration;

use reqwest::redirect::Policy;

/// A client for everything that is Roku's: no redirects, no proxy, one connection that is reused.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(1))
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Reads a body of at most `limit` bytes. None when it is longer or not UTF-8.
async fn read_body(
    mut response: reqwest::Response,
    limit: usize,
) -> reqwest::Result<Option<String>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(body).ok())
}
