//! The client for what is not AWS: Roku, and publishers' identity providers.

use std::time::Duration;

use reqwest::redirect::Policy;

/// A client that follows no redirects, takes no proxy, and uses its connections again.
///
/// # Errors
/// When the TLS library cannot be set up.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(1))
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Reads a body of at most `limit` bytes. None when it is longer or not UTF-8.
pub(crate) async fn read_body(
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
