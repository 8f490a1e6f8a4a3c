//! Key sets that others publish, Roku's and those of publishers' identity providers: in memory, else
//! in the table, else at their address.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::fact::later;
use crate::http::read_body;
use crate::store::StoreError;
use crate::store::published_keys::{Fetched, StoredKeys};

/// How long a set is used before the table is asked whether there is a newer.
const FRESH: Duration = Duration::from_secs(300);
/// How old the set in the table may be before it is fetched again.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// An unknown key has the set fetched this often at most, whatever is thrown at it.
const FETCH_PAUSE: Duration = Duration::from_secs(60);
/// The same while there is no set at all, and nothing can be checked.
const FIRST_FETCH_PAUSE: Duration = Duration::from_secs(5);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_SET_BYTES: usize = 256 * 1024;

/// A set of public keys as it is published.
pub(crate) trait KeySet: Sized {
    /// Reads a set, of which keys that cannot be used are left out. None where it is no set.
    fn parse(jwks: &str) -> Option<Self>;
    /// Whether it has the key of this id.
    fn has(&self, kid: &str) -> bool;
    /// Whether there is no key in it that can be used.
    fn is_empty(&self) -> bool;
}

/// Who sees to it that the set is not too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refresh {
    /// A schedule ([`PublishedKeys::fetch_if_old`]): who checks a signature has no time for it.
    OnSchedule,
    /// Whoever checks a signature with it.
    WhenUsed,
}

/// The key set at one address.
#[derive(Debug)]
pub(crate) struct PublishedKeys<S> {
    stored: StoredKeys,
    http: reqwest::Client,
    clock: Clock,
    refresh: Refresh,
    memory: Mutex<Memory<S>>,
}

#[derive(Debug)]
struct Memory<S> {
    keys: Option<(Instant, Arc<S>)>,
    no_fetch_before: Option<Instant>,
}

impl<S: KeySet> PublishedKeys<S> {
    /// Roku's set, which a schedule keeps fresh.
    pub(crate) fn of_roku(config: &Config, http: reqwest::Client) -> Self {
        let stored = StoredKeys::of_roku(&config.table, &config.roku_keys_url);
        Self::new(config, stored, http, Refresh::OnSchedule)
    }

    /// The set of an identity provider, which is kept fresh by whoever uses it.
    pub(crate) fn of_identity_provider(
        config: &Config,
        address: &str,
        http: reqwest::Client,
    ) -> Self {
        let stored = StoredKeys::of_identity_provider(&config.table, address);
        Self::new(config, stored, http, Refresh::WhenUsed)
    }

    fn new(config: &Config, stored: StoredKeys, http: reqwest::Client, refresh: Refresh) -> Self {
        Self {
            stored,
            http,
            clock: config.clock.clone(),
            refresh,
            memory: Mutex::new(Memory { keys: None, no_fetch_before: None }),
        }
    }

    /// Fetches the set anew where the one in the table is older than an hour. A failure keeps the
    /// old set.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub(crate) async fn fetch_if_old(&self) -> Result<(), StoreError> {
        if self.stored.load().await?.is_none_or(|set| self.is_old(&set)) {
            self.fetch().await;
        }
        Ok(())
    }

    /// Fetches the set, because it is said to have changed. A failure keeps the old set; the schedule
    /// then tries again within a minute, as it does where another fetch was tried less than a minute
    /// ago.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub(crate) async fn fetch_anew(&self) -> Result<(), StoreError> {
        if self.may_fetch(true).await? && self.fetch().await.is_some() {
            return Ok(());
        }
        self.stored.expire().await
    }

    /// A set that has `kid`, or the best there is; none where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used.
    pub(crate) async fn with(&self, kid: &str) -> Result<Option<Arc<S>>, StoreError> {
        if let Some(keys) = self.remembered().filter(|keys| keys.has(kid)) {
            return Ok(Some(keys));
        }
        let stored = self.stored.load().await?;
        let is_old =
            self.refresh == Refresh::WhenUsed && stored.as_ref().is_none_or(|set| self.is_old(set));
        let stored = stored.and_then(|set| S::parse(&set.jwks)).map(Arc::new);
        if let Some(keys) = stored.as_ref().filter(|keys| keys.has(kid) && !is_old) {
            self.remember(Arc::clone(keys));
            return Ok(Some(Arc::clone(keys)));
        }
        if self.may_fetch(stored.is_some()).await?
            && let Some(keys) = self.fetch().await
        {
            return Ok(Some(keys));
        }
        Ok(stored.or_else(|| self.remembered()))
    }

    fn is_old(&self, set: &Fetched) -> bool {
        let now = self.clock.now();
        // One from the future was fetched under another clock.
        !(set.at <= now && now < later(set.at, REFRESH_AFTER))
    }

    /// Fetches the set and keeps it. None, and the old set kept, where that fails.
    async fn fetch(&self) -> Option<Arc<S>> {
        let jwks = match tokio::time::timeout(FETCH_TIMEOUT, self.download()).await {
            Ok(Ok(Some(jwks))) => jwks,
            Ok(Ok(None)) => return self.not_fetched("it is no key set"),
            Ok(Err(error)) => return self.not_fetched(&error.without_url().to_string()),
            Err(_) => return self.not_fetched("no answer in time"),
        };
        let keys = S::parse(&jwks).filter(|keys| !keys.is_empty()).map(Arc::new);
        let Some(keys) = keys else { return self.not_fetched("there is no usable key in it") };
        let fetched = Fetched { jwks, at: self.clock.now() };
        if let Err(error) = self.stored.save(&fetched).await {
            tracing::warn!(error = error.with_causes(), "public keys were not saved");
        }
        self.remember(Arc::clone(&keys));
        Some(keys)
    }

    fn not_fetched(&self, cause: &str) -> Option<Arc<S>> {
        tracing::error!(address = self.stored.address(), cause, "public keys not fetched");
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

    fn remembered(&self) -> Option<Arc<S>> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, keys) = memory.keys.as_ref()?;
        (since.elapsed() < FRESH).then(|| Arc::clone(keys))
    }

    fn remember(&self, keys: Arc<S>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.keys = Some((Instant::now(), keys));
    }
}
