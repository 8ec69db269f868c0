//! The published config, kept in the process.

use std::sync::Arc;

use jiff::Timestamp;
use leadyard_domain::config::{Checked, document};
use leadyard_domain::id::AccountId;

use crate::Store;
use crate::error::StoreError;
use crate::fresh::Fresh;

/// A config version in force, checked and compiled.
#[derive(Debug)]
pub struct Published {
    /// The version.
    pub version: u64,
    /// Its document.
    pub checked: Checked,
}

/// The config of each account, per process. The pointer is read again after 2 s; a document is read and compiled once
/// for each version. While the table can't be read, the version that was in force serves on for at most a minute:
/// intake must not turn leads away for a moment's trouble.
#[derive(Debug)]
pub struct ConfigCache {
    store: Store,
    kept: Fresh<AccountId, Option<Arc<Published>>>,
}

impl ConfigCache {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Fresh::default() }
    }

    /// The config in force; `None` for an account that has published none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the document does not fit this program, or the table's.
    pub async fn get(&self, account: &AccountId, now: Timestamp) -> Result<Option<Arc<Published>>, StoreError> {
        self.kept.get(account, now, async |old| self.load(account, old.flatten()).await).await
    }

    /// Reads the pointer at the next call: who has just published wants to see it.
    pub fn forget(&self, account: &AccountId) {
        self.kept.forget(account);
    }

    async fn load(
        &self,
        account: &AccountId,
        old: Option<Arc<Published>>,
    ) -> Result<Option<Arc<Published>>, StoreError> {
        let Some(pointer) = self.store.config_pointer(account).await? else { return Ok(None) };
        let version = pointer.version;
        if let Some(old) = old
            && old.version == version
        {
            return Ok(Some(old));
        }
        let checked = self.store.published_config(account, version).await?;
        Ok(Some(Arc::new(Published { version, checked })))
    }
}

impl Store {
    /// The document of a published version, checked again as far as what is known of it now allows.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not there or does not fit this program, or the table's.
    pub async fn published_config(&self, account: &AccountId, version: u64) -> Result<Checked, StoreError> {
        let name = || format!("config version {version} of account {account}");
        let json = self.config_document(account, version).await?;
        let json = json.ok_or_else(|| StoreError::corrupt(name(), "its document is missing"))?;
        let value = serde_json::from_str(&json).map_err(|error| StoreError::corrupt(name(), error))?;
        let config = document::from_value(value).map_err(|problems| StoreError::corrupt(name(), problems))?;
        config.check_published().map_err(|problems| StoreError::corrupt(name(), problems))
    }
}

#[cfg(test)]
mod tests;
