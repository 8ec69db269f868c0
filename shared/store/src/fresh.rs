//! Values that a process keeps for a moment instead of reading them each time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::error::StoreError;

/// How long a value is used without looking again, in seconds. A change is in force everywhere after that.
pub(crate) const FRESH_S: i64 = 2;

/// How long a value is used when looking again fails, in seconds.
///
/// A table that can't be read for a moment must not make intake turn leads away: many senders never try again, and what
/// was published a minute ago is nearly always what is published now. Evaluate decides nothing on it that it could not
/// have decided within the two seconds anyhow: its commit needs the same table. Longer than this, the error is the truth.
pub(crate) const STALE_S: i64 = 60;

/// Values by key, each with the moment at which it was read.
#[derive(Debug)]
pub(crate) struct Fresh<K, V> {
    kept: Mutex<HashMap<K, Kept<V>>>,
}

#[derive(Debug, Clone)]
struct Kept<V> {
    value: V,
    /// When it was last known to be true.
    read_at: Timestamp,
    /// When looking was last tried: a table that does not answer is not asked by every request.
    tried_at: Timestamp,
}

impl<V> Kept<V> {
    fn within(since: Timestamp, now: Timestamp, seconds: i64) -> bool {
        // A clock that was set back makes everything old.
        (SignedDuration::ZERO..SignedDuration::from_secs(seconds)).contains(&now.duration_since(since))
    }
}

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Fresh<K, V> {
    /// The kept value when it is fresh, else what `load` reads; `load` gets the old value, which may still hold. Two
    /// callers at once may both read: that is cheaper than to wait for each other.
    pub(crate) async fn get(
        &self,
        key: &K,
        now: Timestamp,
        load: impl AsyncFnOnce(Option<V>) -> Result<V, StoreError>,
    ) -> Result<V, StoreError> {
        let kept = self.with(|kept| kept.get(key).cloned());
        if let Some(kept) = &kept
            && (Kept::<V>::within(kept.read_at, now, FRESH_S)
                || (Kept::<V>::within(kept.tried_at, now, FRESH_S) && Kept::<V>::within(kept.read_at, now, STALE_S)))
        {
            return Ok(kept.value.clone());
        }
        let old = kept.as_ref().map(|kept| kept.value.clone());
        match (load(old).await, kept) {
            (Ok(value), _) => {
                let kept = Kept { value: value.clone(), read_at: now, tried_at: now };
                self.with(|all| all.insert(key.clone(), kept));
                Ok(value)
            }
            (Err(error), Some(kept)) if error.is_retryable() && Kept::<V>::within(kept.read_at, now, STALE_S) => {
                tracing::warn!(%error, "the table can't be read; what was read before is used for a while");
                let value = kept.value.clone();
                self.with(|all| all.insert(key.clone(), Kept { tried_at: now, ..kept }));
                Ok(value)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Forgets a value, so that the next look reads it.
    pub(crate) fn forget(&self, key: &K) {
        self.with(|kept| kept.remove(key));
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<K, Kept<V>>) -> T) -> T {
        // The map is whole at every point where a holder could panic.
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
