//! Lists of values beside the config, such as the ZIP codes of a territory.
//!
//! What a list holds is written as a revision, which never changes and is named after its content ([`revision`]). One item
//! of the account, the index, says which revision of each list is current: so a publish takes all its lists from one
//! moment, and an upload, a publish and a roll back that meet see each other by the version of a single item.

mod load;
mod revision;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, ListName};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{from_item, to_item};
use crate::error::StoreError;
use crate::keys;

pub use revision::{LIST_BYTES_MAX, ListRevision, RevisionId};

/// Most lists of an account: their index is one item.
pub const LISTS_MAX: usize = 1_000;

/// The revision of each list that a config version names.
pub type Pins = BTreeMap<ListName, ListRevision>;

/// A list as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentList {
    /// What it holds.
    pub revision: ListRevision,
    /// Since when.
    pub updated_at: Timestamp,
    /// Who put it there: the name of the API key.
    pub updated_by: String,
}

/// The lists of an account as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListIndex {
    /// Moves by one with each change; 0 before the first.
    pub version: u64,
    /// The lists by name.
    pub lists: BTreeMap<ListName, CurrentList>,
}

impl ListIndex {
    /// The current revision of a list.
    #[must_use]
    pub fn current(&self, list: &ListName) -> Option<&ListRevision> {
        self.lists.get(list).map(|current| &current.revision)
    }

    /// The index after some lists got these revisions; `None` when they have them already.
    fn moved_to(&self, pins: &Pins, by: &str, now: Timestamp) -> Option<Self> {
        let mut after = self.clone();
        for (name, revision) in pins.iter().filter(|(name, revision)| self.current(name) != Some(*revision)) {
            let (updated_at, updated_by) = (now, by.to_owned());
            after.lists.insert(name.clone(), CurrentList { revision: revision.clone(), updated_at, updated_by });
        }
        (after.lists != self.lists).then_some(after)
    }
}

/// A change of one list that the config in force does not name.
#[derive(Debug, Clone)]
pub struct MoveList {
    /// The tenant.
    pub account: AccountId,
    /// Which list.
    pub list: ListName,
    /// Its revision from now on; `None` removes the list. Its revisions stay: config versions may have them pinned.
    pub to: Option<ListRevision>,
    /// The index as it was read.
    pub index: ListIndex,
    /// The config version that was seen in force and does not name the list; 0 for none.
    pub config_version: u64,
    /// Who changes it: the name of the API key.
    pub by: String,
    /// Now.
    pub now: Timestamp,
}

impl Store {
    /// Which revision of each list is current, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_index(&self, account: &AccountId) -> Result<ListIndex, StoreError> {
        let key = keys::list_index(account);
        match self.get(&key, true).await? {
            Some(item) => from_item(&key.to_string(), item),
            None => Ok(ListIndex::default()),
        }
    }

    /// Changes a list that the config in force does not name, with an audit entry. One that it names moves with a
    /// publish ([`Store::publish_config`]).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a list or the config was changed since they were read; nothing was written then.
    pub async fn move_list(&self, change: &MoveList) -> Result<(), StoreError> {
        let MoveList { account, list, to, index, config_version, by, now } = change;
        let mut after = index.clone();
        let action = match to {
            Some(revision) => {
                let current = CurrentList { revision: revision.clone(), updated_at: *now, updated_by: by.to_owned() };
                after.lists.insert(list.clone(), current);
                "list.set"
            }
            None => {
                after.lists.remove(list);
                "list.remove"
            }
        };
        let entry = AuditEntry::new(*now, by, action, list);
        let actions = vec![
            self.put_list_index(account, index, after)?,
            // Else a publish could name the list at the same moment, and neither would know of the other.
            self.check_version(&keys::config_pointer(account), *config_version)?,
            self.put_action(entry.item(account)?)?,
        ];
        self.transact(&format!("list {list} of account {account}"), actions).await
    }

    /// The part of a publish that keeps its pins current: moves the lists that are not, or holds that nobody has moved
    /// one meanwhile.
    pub(crate) fn keep_pins_current(
        &self,
        account: &AccountId,
        index: &ListIndex,
        pins: &Pins,
        by: &str,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        match index.moved_to(pins, by, now) {
            Some(after) => self.put_list_index(account, index, after),
            None => self.check_version(&keys::list_index(account), index.version),
        }
    }

    fn put_list_index(
        &self,
        account: &AccountId,
        before: &ListIndex,
        after: ListIndex,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::list_index(account);
        let after = ListIndex { version: before.version + 1, ..after };
        let mut item = to_item(&key.to_string(), &after)?;
        item.extend(key.item());
        self.put_version(item, before.version)
    }
}
