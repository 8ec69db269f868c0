//! Whose endpoint a key is, kept for a moment.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::id::{AccountId, SourceId};
use leadyard_store::{Store, StoreError, endpoint_key_hash};

/// How long an endpoint is used without looking again: a key that was taken away stops working after that.
const FRESH: SignedDuration = SignedDuration::from_secs(2);

/// How long it is used when looking again fails. Senders often never try again, and keys hardly ever change.
const STALE: SignedDuration = SignedDuration::from_secs(60);

/// Endpoints by the hash of their key, per process. Only keys that exist are kept, so nobody can fill it with guesses.
#[derive(Debug)]
pub struct Endpoints {
    store: Store,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    endpoint: (AccountId, SourceId),
    read_at: Timestamp,
}

impl Endpoints {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Mutex::default() }
    }

    /// Whose endpoint a key is; `None` for an unknown one.
    ///
    /// # Errors
    /// [`StoreError`] when the table can't be read and the key was not seen within the last minute.
    pub async fn find(&self, key: &str, now: Timestamp) -> Result<Option<(AccountId, SourceId)>, StoreError> {
        if key.is_empty() {
            return Ok(None);
        }
        let hash = endpoint_key_hash(key);
        if let Some(endpoint) = self.kept(&hash, now, FRESH) {
            return Ok(Some(endpoint));
        }
        match self.store.find_source(&hash).await {
            Ok(found) => {
                self.with(|kept| match &found {
                    Some(endpoint) => kept.insert(hash, Kept { endpoint: endpoint.clone(), read_at: now }),
                    None => kept.remove(&hash),
                });
                Ok(found)
            }
            Err(error) if error.is_retryable() => match self.kept(&hash, now, STALE) {
                Some(endpoint) => {
                    tracing::warn!(%error, "the table can't be read; the endpoint that was read before is used");
                    Ok(Some(endpoint))
                }
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn kept(&self, hash: &str, now: Timestamp, at_most: SignedDuration) -> Option<(AccountId, SourceId)> {
        let kept = self.with(|kept| kept.get(hash).cloned())?;
        // A clock that was set back makes everything old.
        (SignedDuration::ZERO..at_most).contains(&now.duration_since(kept.read_at)).then_some(kept.endpoint)
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Kept>) -> T) -> T {
        // The map is whole at every point where a holder could panic.
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
