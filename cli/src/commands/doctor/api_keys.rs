//! The Roku Pay API keys of a publisher: whether there is one, and one that expires. Nothing of a
//! key is told.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::config::Config;
use usher::domain::id::PublisherId;
use usher::secrets::roku_api_keys::RokuApiKeys;
use usher::secrets::{SecretError, Secrets};

use super::super::queues::beside;
use super::super::{aws_at, web_address};
use super::Finding;
use crate::stack::Stack;

const WHAT: &str = "Roku API key";
/// How many ports after its table `usher local` has its Secrets Manager.
const PORTS_FURTHER: i32 = 2;
/// An old key is let expire in days.
const LONGEST_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Where the secrets are.
#[derive(Debug, Args)]
pub(super) struct SecretsArgument {
    /// What the names of the stack's secrets begin with: the stack's name
    #[arg(long, env = "SECRETS_PREFIX", value_name = "STACK")]
    prefix: Option<String>,
    /// The Secrets Manager of `usher local` as it prints it [default: with --local, two ports after
    /// the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    secrets_manager: Option<String>,
}

impl SecretsArgument {
    /// The secrets; none where it is not known which.
    async fn open(self, config: &Config, local: Option<&str>) -> Option<Secrets> {
        let beside_table = || local.and_then(|table| beside(table, PORTS_FURTHER));
        let address = self.secrets_manager.or_else(|| beside_table().map(String::from));
        let is_local = local.is_some() || address.is_some();
        let local_prefix = || is_local.then(|| Stack::SECRETS_PREFIX.to_owned());
        let secrets_prefix = self.prefix.filter(|_| !is_local).or_else(local_prefix)?;
        let aws = aws_at(address.as_deref()).await;
        let secrets_manager = aws_sdk_secretsmanager::Client::new(&aws);
        Some(Secrets::new(&Config { secrets_manager, secrets_prefix, ..config.clone() }))
    }
}

/// Looks at the publisher's keys.
pub(super) async fn examine(
    secrets: SecretsArgument,
    config: &Config,
    local: Option<&str>,
    publisher: &PublisherId,
    now: Timestamp,
) -> Finding {
    let Some(secrets) = secrets.open(config, local).await else {
        return Finding::unexamined(
            WHAT,
            "name the stack whose secrets to look at: --prefix STACK",
        );
    };
    let values = json!({ "secret": secrets.roku_api_keys_name(publisher), "isThere": false });
    match secrets.roku_api_keys(publisher).await {
        Ok(keys) => found(&secrets.roku_api_keys_name(publisher), &keys, now),
        Err(error @ SecretError::Unavailable { .. }) => Finding::unexamined(WHAT, error),
        Err(error @ SecretError::Missing(_)) => {
            let todo =
                format!("usher publisher rotate-key {publisher}, with the key of its dashboard");
            Finding::well(WHAT, error.to_string(), values).wrong(todo)
        }
        Err(error @ (SecretError::Empty(_) | SecretError::NotKeys { .. })) => {
            let todo =
                "write the key into the secret in Secrets Manager: as JSON, {\"active\":\"…\"}";
            Finding::well(WHAT, error.to_string(), values).wrong(todo)
        }
    }
}

fn found(secret: &str, keys: &RokuApiKeys, now: Timestamp) -> Finding {
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
    Finding::well(WHAT, found, values)
}
