//! The Roku Pay API keys of a publisher: whether there is one, and one that expires. Nothing of a
//! key is told.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::config::Config;
use usher::domain::id::PublisherId;
use usher::secrets::roku_api_keys::RokuApiKeys;
use usher::secrets::{SecretError, Secrets};

use super::Examined;
use crate::commands::secrets::SecretsArgument;

const WHAT: &str = "Roku API key";
/// An old key is let expire in days.
const LONGEST_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Looks at the publisher's keys.
pub(super) async fn examine(
    secrets: SecretsArgument,
    config: &Config,
    local: Option<&str>,
    publisher: &PublisherId,
    now: Timestamp,
) -> Examined {
    let (secrets_manager, secrets_prefix) = match secrets.open(local).await {
        Ok(place) => place,
        Err(why) => return Examined::unexamined(WHAT, why),
    };
    let secrets = Secrets::new(&Config { secrets_manager, secrets_prefix, ..config.clone() });
    let values = json!({ "secret": secrets.roku_api_keys_name(publisher), "isThere": false });
    match secrets.roku_api_keys(publisher).await {
        Ok(keys) => found(&secrets.roku_api_keys_name(publisher), &keys, now),
        Err(error @ (SecretError::Unavailable { .. } | SecretError::NotWebhookSecrets(_))) => {
            Examined::unexamined(WHAT, error)
        }
        Err(error @ SecretError::Missing(_)) => {
            let todo =
                format!("usher publisher rotate-key {publisher}, with the key of its dashboard");
            Examined::well(WHAT, error.to_string(), values).wrong(todo)
        }
        Err(error @ (SecretError::Empty(_) | SecretError::NotKeys { .. })) => {
            let todo =
                "write the key into the secret in Secrets Manager: as JSON, {\"active\":\"…\"}";
            Examined::well(WHAT, error.to_string(), values).wrong(todo)
        }
    }
}

fn found(secret: &str, keys: &RokuApiKeys, now: Timestamp) -> Examined {
    let rotated_at = keys.rotated_at;
    let has_expiring = keys.expiring.is_some();
    let is_old = |at: Timestamp| now.duration_since(at) > LONGEST_EXPIRY;
    let is_droppable = has_expiring && rotated_at.is_some_and(is_old);
    let since = rotated_at.map_or(String::new(), |at| format!(" since {at:.0}"));
    let active = format!("there{since}");
    let found = match (has_expiring, is_droppable) {
        (false, _) => active,
        (true, false) => format!("{active}, and the one before it is tried besides"),
        (true, true) => {
            format!("{active}; the one before it has surely expired at Roku and may leave {secret}")
        }
    };
    let values = json!({
        "secret": secret,
        "isThere": true,
        "rotatedAt": rotated_at,
        "hasExpiring": has_expiring,
        "isDroppable": is_droppable,
    });
    Examined::well(WHAT, found, values)
}
