//! What a warm function remembers.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Entries beyond this many empty the cache, so that no caller can fill the memory.
const MAX_ENTRIES: usize = 10_000;

/// Values that may be used for a while before they are read again.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    fresh: Duration,
    entries: Mutex<HashMap<K, (Instant, V)>>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// A cache whose entries may be used for `fresh`.
    pub(crate) fn new(fresh: Duration) -> Self {
        Self { fresh, entries: Mutex::default() }
    }

    /// The value, if it is still fresh.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, value) = entries.get(key)?;
        (since.elapsed() < self.fresh).then(|| value.clone())
    }

    /// Remembers a value from now on.
    pub(crate) fn put(&self, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        insert(&mut entries, key, value);
    }

    /// Remembers a value from now on, unless one is still fresh. Whether it did.
    pub(crate) fn put_if_stale(&self, key: K, value: V) -> bool {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = entries.get(&key).is_some_and(|(since, _)| since.elapsed() < self.fresh);
        if !is_fresh {
            insert(&mut entries, key, value);
        }
        !is_fresh
    }
}

fn insert<K: Eq + Hash, V>(entries: &mut HashMap<K, (Instant, V)>, key: K, value: V) {
    if entries.len() >= MAX_ENTRIES {
        entries.clear();
    }
    entries.insert(key, (Instant::now(), value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_value_keeps_its_place_and_a_stale_one_gives_it_up() {
        let (lasting, stale) = (Cache::new(Duration::MAX), Cache::new(Duration::ZERO));
        assert!(lasting.put_if_stale("a", 1));
        assert!(!lasting.put_if_stale("a", 2));
        assert!(lasting.put_if_stale("b", 3));
        assert_eq!((lasting.get(&"a"), lasting.get(&"b")), (Some(1), Some(3)));
        assert!(stale.put_if_stale("a", 1));
        assert!(stale.put_if_stale("a", 2));
    }
}
