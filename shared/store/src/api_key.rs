//! Keys of the API, stored hashed.

use jiff::Timestamp;
pub use leadyard_domain::config::Role;
use leadyard_domain::id::{AccountId, AssigneeId};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::codec::{from_item, to_item};
use crate::error::StoreError;
use crate::keys;

/// A key of the API, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The tenant that it opens.
    pub account: AccountId,
    /// What its holder may do.
    pub role: Role,
    /// Its name: the audit log says it.
    pub name: String,
    /// The assignee who holds it, where a source's `access` asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<AssigneeId>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// Stores a key under its SHA-256, as hex.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_api_key(&self, hash: &str, key: &ApiKey) -> Result<(), StoreError> {
        let mut item = to_item("an API key", key)?;
        item.extend(keys::api_key(hash).item());
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map_err(StoreError::of("PutItem"))?;
        Ok(())
    }

    /// The key that has this SHA-256; `None` for an unknown one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_api_key(&self, hash: &str) -> Result<Option<ApiKey>, StoreError> {
        let item = self.get(&keys::api_key(hash), false).await?;
        item.map(|item| from_item("an API key", item)).transpose()
    }
}
