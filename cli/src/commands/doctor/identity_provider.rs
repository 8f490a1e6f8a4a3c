//! The keys of a publisher's own identity provider: whether they can be had.

use std::time::Duration;

use serde_json::{Value, json};
use usher::domain::publisher::Publisher;
use usher::http;

use super::Examined;

const WHAT: &str = "identity provider";
/// Functions wait for two seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Looks at the key set; nothing where the publisher has no provider.
pub(super) async fn examine(publisher: &Publisher) -> Option<Examined> {
    let provider = publisher.settings.identity_provider.as_ref()?;
    let (issuer, url) = (&provider.issuer, &provider.keys_url);
    let values = |keys: usize| json!({ "issuer": issuer, "keysUrl": url, "keys": keys });
    let finding = match keys_at(url).await {
        Ok(keys) => Examined::well(WHAT, format!("{keys} keys at {url}"), values(keys)),
        Err(why) => Examined::well(WHAT, format!("{url}: {why}"), values(0)).wrong(format!(
            "its tokens are refused until there are keys; usher publisher set {} --keys-url URL \
             names another address",
            publisher.id
        )),
    };
    Some(finding)
}

/// How many keys are published at an address.
async fn keys_at(url: &str) -> Result<usize, String> {
    let set = async {
        let answer = http::client()?.get(url).timeout(TIMEOUT).send().await?;
        answer.error_for_status()?.json::<Value>().await
    };
    let set = set.await.map_err(|error| error.without_url().to_string())?;
    let keys = set["keys"].as_array().map_or(0, Vec::len);
    if keys == 0 { Err("there is no JWK set with a key in it".to_owned()) } else { Ok(keys) }
}
