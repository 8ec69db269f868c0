//! Endpoints of sources: from the key in a URL to the account and source.

use jiff::Timestamp;
use leadyard_domain::id::{AccountId, SourceId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::from_item;
use crate::config::{Endpoint, endpoint_item};
use crate::error::StoreError;
use crate::keys;

/// The hash under which an endpoint's key is kept: SHA-256 as hex. The key itself is never stored; it is long and
/// random, so a plain hash protects it.
#[must_use]
pub fn endpoint_key_hash(key: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(key))
}

impl Store {
    /// Whose endpoint it is; `None` for an unknown key. Reads may be a second old: a key is handed out before it is used.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_source(&self, key_hash: &str) -> Result<Option<(AccountId, SourceId)>, StoreError> {
        #[derive(Deserialize)]
        struct Lookup {
            account: AccountId,
            source: SourceId,
        }
        let key = keys::source_endpoint(key_hash);
        let Some(item) = self.get(&key, false).await? else { return Ok(None) };
        let Lookup { account, source } = from_item("the lookup of a source's endpoint", item)?;
        Ok(Some((account, source)))
    }

    /// Adds an endpoint to a source that has one, to change its key without a gap.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the key is in use.
    pub async fn add_endpoint(
        &self,
        account: &AccountId,
        endpoint: &Endpoint,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry::new(now, by, "endpoint.add", &endpoint.source);
        let actions = vec![self.put_new(endpoint_item(account, endpoint))?, self.put_action(entry.item(account)?)?];
        self.transact("the endpoint", actions).await
    }
}
