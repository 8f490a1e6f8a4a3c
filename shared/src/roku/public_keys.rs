//! Roku's keys, as the webhook needs them.

use std::sync::Arc;

use super::push::{PublicKeySet, Refused, UnverifiedPush, VerifiedPush};
use crate::clock::Clock;
use crate::config::Config;
use crate::published_keys::{KeySet, PublishedKeys};
use crate::store::StoreError;

/// Checks pushes with Roku's keys.
#[derive(Debug)]
pub struct PublicKeys {
    published: PublishedKeys<PublicKeySet>,
    clock: Clock,
}

/// Why a push was not verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// It is not from Roku.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no key to check it with: our fault, or the network's.
    #[error("Roku's public keys are out of reach")]
    NoKeys(#[source] Option<StoreError>),
}

impl PublicKeys {
    /// The key set that the configuration pins.
    pub fn new(config: &Config, http: reqwest::Client) -> Self {
        Self { published: PublishedKeys::of_roku(config, http), clock: config.clock.clone() }
    }

    /// Checks that Roku signed a push.
    ///
    /// # Errors
    /// [`Unverified::Refused`] when Roku did not; [`Unverified::NoKeys`] when that cannot be told.
    pub async fn verify(&self, body: &str) -> Result<VerifiedPush, Unverified> {
        let push = UnverifiedPush::parse(body)?;
        let keys = self.published.with(push.kid()).await;
        let keys: Option<Arc<PublicKeySet>> =
            keys.map_err(|error| Unverified::NoKeys(Some(error)))?;
        Ok(push.verify(&*keys.ok_or(Unverified::NoKeys(None))?, self.clock.now())?)
    }

    /// Fetches the set anew where the one in the table is older than an hour: for a schedule. A
    /// failure keeps the old set.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn fetch_if_old(&self) -> Result<(), StoreError> {
        self.published.fetch_if_old().await
    }

    /// Roku says that its keys have changed (`roku-pay.md` §1): fetches the set. A failure keeps the
    /// old set; the schedule then tries again within a minute, as it does where another fetch was
    /// tried less than a minute ago.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn fetch_anew(&self) -> Result<(), StoreError> {
        self.published.fetch_anew().await
    }
}

impl KeySet for PublicKeySet {
    fn parse(jwks: &str) -> Option<Self> {
        Self::parse(jwks)
    }

    fn has(&self, kid: &str) -> bool {
        self.has(kid)
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}
