//! Where the webhook finds Roku's keys: in memory, else in the table, else at Roku's address.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::push::{PublicKeySet, Refused, UnverifiedPush, VerifiedPush};
use super::read_body;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::fact::later;
use crate::store::StoreError;
use crate::store::roku_public_keys::{Fetched, RokuPublicKeys};

/// How long a set is used before the table is asked whether there is a newer.
const FRESH: Duration = Duration::from_secs(300);
/// How old the set in the table may be before it is fetched again on schedule.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// An unknown key has the set fetched this often at most, whatever is thrown at it.
const FETCH_PAUSE: Duration = Duration::from_secs(60);
/// The same while there is no set at all, and no push can be checked.
const FIRST_FETCH_PAUSE: Duration = Duration::from_secs(5);
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

    /// Fetches the set anew where the one in the table is older than an hour: for a schedule. A
    /// failure keeps the old set.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn fetch_if_old(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let is_fresh = |fetched: &Fetched| {
            // One from the future was fetched under another clock.
            fetched.at <= now && now < later(fetched.at, REFRESH_AFTER)
        };
        if !self.stored.load().await?.as_ref().is_some_and(is_fresh) {
            self.fetch().await;
        }
        Ok(())
    }

    /// Roku says that its keys have changed (`roku-pay.md` §1): fetches the set. A failure keeps the
    /// old set; the schedule then tries again within a minute, as it does where another fetch was
    /// tried less than a minute ago.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub async fn fetch_anew(&self) -> Result<(), StoreError> {
        if self.may_fetch(true).await? && self.fetch().await.is_some() {
            return Ok(());
        }
        self.stored.expire().await
    }

    /// A key set that has `kid`, or the best there is.
    async fn keys_with(&self, kid: &str) -> Result<Arc<PublicKeySet>, Unverified> {
        if let Some(keys) = self.remembered().filter(|keys| keys.has(kid)) {
            return Ok(keys);
        }
        let unreadable = |error| Unverified::NoKeys(Some(error));
        let stored = self.stored.load().await.map_err(unreadable)?;
        let stored = stored.and_then(|set| PublicKeySet::parse(&set.jwks)).map(Arc::new);
        if let Some(keys) = stored.as_ref().filter(|keys| keys.has(kid)) {
            self.remember(Arc::clone(keys));
            return Ok(Arc::clone(keys));
        }
        if self.may_fetch(stored.is_some()).await.map_err(unreadable)?
            && let Some(keys) = self.fetch().await
        {
            return Ok(keys);
        }
        stored.or_else(|| self.remembered()).ok_or(Unverified::NoKeys(None))
    }

    /// Fetches the set from Roku and keeps it. None, and the old set kept, where that fails.
    async fn fetch(&self) -> Option<Arc<PublicKeySet>> {
        let jwks = match tokio::time::timeout(FETCH_TIMEOUT, self.download()).await {
            Ok(Ok(Some(jwks))) => jwks,
            Ok(Ok(None)) => return self.not_fetched("it is no key set"),
            Ok(Err(error)) => return self.not_fetched(&error.without_url().to_string()),
            Err(_) => return self.not_fetched("no answer in time"),
        };
        let keys = PublicKeySet::parse(&jwks).filter(|keys| !keys.is_empty()).map(Arc::new);
        let Some(keys) = keys else { return self.not_fetched("there is no usable key in it") };
        let fetched = Fetched { jwks, at: self.clock.now() };
        if let Err(error) = self.stored.save(&fetched).await {
            tracing::warn!(error = error.with_causes(), "Roku's public keys were not saved");
        }
        self.remember(Arc::clone(&keys));
        Some(keys)
    }

    fn not_fetched(&self, cause: &str) -> Option<Arc<PublicKeySet>> {
        tracing::error!(address = self.stored.address(), cause, "Roku's public keys not fetched");
        None
    }

    async fn download(&self) -> reqwest::Result<Option<String>> {
        // Roku's own sample asks for text (`roku-pay.md` §10.1).
        let request = self.http.get(self.stored.address()).header("accept", "text/plain, */*");
        let response = request.send().await?.error_for_status()?;
        read_body(response, MAX_SET_BYTES).await
    }

    /// Whether a key that is not known may have the set fetched: this function asks itself first,
    /// then the table, where the others ask too.
    async fn may_fetch(&self, has_set: bool) -> Result<bool, StoreError> {
        let pause = if has_set { FETCH_PAUSE } else { FIRST_FETCH_PAUSE };
        if !self.may_fetch_here(pause) {
            return Ok(false);
        }
        let pause = SignedDuration::try_from(pause).unwrap_or_default();
        self.stored.may_fetch(self.clock.now(), pause).await
    }

    fn may_fetch_here(&self, pause: Duration) -> bool {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if memory.no_fetch_before.is_some_and(|moment| now < moment) {
            return false;
        }
        memory.no_fetch_before = Some(now + pause);
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
