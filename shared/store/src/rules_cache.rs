//! The rules in force with their lists, kept in the process.

use std::sync::Arc;

use jiff::Timestamp;
use leadyard_domain::id::AccountId;
use leadyard_domain::rules::Rules;

use crate::Store;
use crate::error::StoreError;
use crate::fresh::Fresh;

/// A config version in force, ready to decide.
#[derive(Debug)]
pub struct Ruled {
    /// The version.
    pub version: u64,
    /// Its rules, with the lists as the version pins them.
    pub rules: Rules,
}

/// The rules of each account, per process: for who decides. As fresh as a [`crate::ConfigCache`], which does without the
/// lists: what is read again after 2 s is the pointer, a version's document and lists are read and compiled once.
#[derive(Debug)]
pub struct RulesCache {
    store: Store,
    kept: Fresh<AccountId, Option<Arc<Ruled>>>,
}

impl RulesCache {
    /// Nothing is read before it is asked for.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Fresh::default() }
    }

    /// The rules in force; `None` for an account that has published none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the document or a list does not fit this program, or the table's.
    pub async fn get(&self, account: &AccountId, now: Timestamp) -> Result<Option<Arc<Ruled>>, StoreError> {
        self.kept.get(account, now, async |old| self.load(account, old.flatten()).await).await
    }

    /// Reads the pointer at the next call: who has just published wants to see it.
    pub fn forget(&self, account: &AccountId) {
        self.kept.forget(account);
    }

    async fn load(&self, account: &AccountId, old: Option<Arc<Ruled>>) -> Result<Option<Arc<Ruled>>, StoreError> {
        let Some(pointer) = self.store.config_pointer(account).await? else { return Ok(None) };
        if let Some(old) = old
            && old.version == pointer.version
        {
            return Ok(Some(old));
        }
        self.store.ruled(account, pointer.version).await.map(|ruled| Some(Arc::new(ruled)))
    }
}

impl Store {
    /// A published version, ready to decide.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not there or does not fit this program, or the table's.
    pub async fn ruled(&self, account: &AccountId, version: u64) -> Result<Ruled, StoreError> {
        let checked = self.published_config(account, version).await?;
        // A version from before there were lists has no item of its own, and names none.
        let pins = self.config_version(account, version).await?.map(|version| version.pins).unwrap_or_default();
        let lists = self.load_lists(account, &pins, &checked.config().lists()).await?;
        let name = || format!("config version {version} of account {account}");
        let rules = checked.compile(&lists).map_err(|problems| StoreError::corrupt(name(), problems))?;
        Ok(Ruled { version, rules })
    }
}

#[cfg(test)]
mod tests;
