//! Where the webhook finds Roku's keys: in memory, else in the table, else at Roku's address.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::push::{PublicKeySet, Refused, UnverifiedPush, VerifiedPush};
use super::read_body;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::StoreError;
use crate::store::roku_public_keys::RokuPublicKeys;

/// How long a set is used before the table is asked whether another function has fetched a newer.
const FRESH: Duration = Duration::from_secs(3600);
/// A function asks Roku for an unknown key this often at most, whatever is thrown at it.
const FETCH_PAUSE: Duration = Duration::from_secs(60);
/// The same after a fetch that failed, so that a bad minute at Roku's does not last longer here.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_SET_BYTES: usize = 256 * 1024;

/// Checks pushes with Roku's keys.
#[derive(Debug)]
pub struct PublicKeys {
    stored: RokuPublicKeys,
    http: reqwest::Client,
    clock: Clock,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    keys: Option<(Instant, Arc<PublicKeySet>)>,
    no_fetch_before: Option<Instant>,
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
        Self {
            stored: RokuPublicKeys::new(&config.table, &config.roku_keys_url),
            http,
            clock: config.clock.clone(),
            memory: Mutex::default(),
        }
    }

    /// Checks that Roku signed a push.
    ///
    /// # Errors
    /// [`Unverified::Refused`] when Roku did not; [`Unverified::NoKeys`] when that cannot be told.
    pub async fn verify(&self, body: &str) -> Result<VerifiedPush, Unverified> {
        let push = UnverifiedPush::parse(body)?;
        let keys = self.keys_with(push.kid()).await?;
        Ok(push.verify(&keys, self.clock.now())?)
    }

    /// A key set that has `kid`, or the best there is.
    async fn keys_with(&self, kid: &str) -> Result<Arc<PublicKeySet>, Unverified> {
        if let Some(keys) = self.remembered().filter(|keys| keys.has(kid)) {
            return Ok(keys);
        }
        let stored = self.stored.load().await.map_err(|error| Unverified::NoKeys(Some(error)))?;
        let stored = stored.and_then(|jwks| PublicKeySet::parse(&jwks)).map(Arc::new);
        if let Some(keys) = stored.as_ref().filter(|keys| keys.has(kid)) {
            self.remember(Arc::clone(keys));
            return Ok(Arc::clone(keys));
        }
        if let Some(keys) = self.fetch().await {
            return Ok(keys);
        }
        stored.or_else(|| self.remembered()).ok_or(Unverified::NoKeys(None))
    }

    /// Fetches the set from Roku and keeps it, at most once a minute, or every five seconds while that
    /// fails. A failure keeps the old set.
    async fn fetch(&self) -> Option<Arc<PublicKeySet>> {
        if !self.may_fetch() {
            return None;
        }
        let jwks = match tokio::time::timeout(FETCH_TIMEOUT, self.download()).await {
            Ok(Ok(Some(jwks))) => jwks,
            Ok(Ok(None)) => return self.not_fetched("it is no key set"),
            Ok(Err(error)) => return self.not_fetched(&error.without_url().to_string()),
            Err(_) => return self.not_fetched("no answer in time"),
        };
        let keys = PublicKeySet::parse(&jwks).filter(|keys| !keys.is_empty()).map(Arc::new);
        let Some(keys) = keys else { return self.not_fetched("there is no usable key in it") };
        if let Err(error) = self.stored.save(&jwks).await {
            tracing::warn!(error = error.with_causes(), "Roku's public keys were not saved");
        }
        self.remember(Arc::clone(&keys));
        Some(keys)
    }

    fn not_fetched(&self, cause: &str) -> Option<Arc<PublicKeySet>> {
        let address = self.stored.address();
        tracing::error!(address, cause, "Roku's public keys were not fetched");
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.no_fetch_before = Some(Instant::now() + RETRY_PAUSE);
        None
    }

    async fn download(&self) -> reqwest::Result<Option<String>> {
        // Roku's own sample asks for text (`roku-pay.md` §10.1).
        let request = self.http.get(self.stored.address()).header("accept", "text/plain, */*");
        let response = request.send().await?.error_for_status()?;
        read_body(response, MAX_SET_BYTES).await
    }

    fn may_fetch(&self) -> bool {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if memory.no_fetch_before.is_some_and(|moment| now < moment) {
            return false;
        }
        memory.no_fetch_before = Some(now + FETCH_PAUSE);
        true
    }

    fn remembered(&self) -> Option<Arc<PublicKeySet>> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, keys) = memory.keys.as_ref()?;
        (since.elapsed() < FRESH).then(|| Arc::clone(keys))
    }

    fn remember(&self, keys: Arc<PublicKeySet>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.keys = Some((Instant::now(), keys));
    }
}
