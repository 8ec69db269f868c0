//! Config versions: immutable documents, and the pointer that says which one is in force.

mod publish;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, SourceId};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::codec::{Item, from_item, inflate, text};
use crate::error::StoreError;
use crate::keys::{self, SK};
use crate::read::SortKey;

pub use publish::{ENDPOINTS_MAX, PublishConfig, PublishError};
pub use version::{Cause, ConfigVersion, VersionPage};

/// Most bytes of a document.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Which version of an account's config is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The version, from 1.
    pub version: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom: the name of the API key.
    pub published_by: String,
}

/// A source's endpoint: the hash of the key in its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The source.
    pub source: SourceId,
    /// As [`crate::endpoint_key_hash`] makes it.
    pub key_hash: String,
}

/// One chunk's part of a document.
const CHUNK: &str = "document";

impl Store {
    /// Which version is in force; `None` before the first was published. Read consistently: who has just published
    /// finds the new one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn config_pointer(&self, account: &AccountId) -> Result<Option<Pointer>, StoreError> {
        let key = keys::config_pointer(account);
        let item = self.get(&key, true).await?;
        item.map(|item| from_item(&key.to_string(), item)).transpose()
    }

    /// The sources that have an endpoint. A publisher makes endpoints for the others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn endpoint_sources(&self, account: &AccountId) -> Result<BTreeSet<SourceId>, StoreError> {
        #[derive(Deserialize)]
        struct Sources {
            #[serde(default)]
            endpoint_sources: BTreeSet<SourceId>,
        }
        let key = keys::config_pointer(account);
        let Some(item) = self.get(&key, true).await? else { return Ok(BTreeSet::new()) };
        from_item(&key.to_string(), item).map(|Sources { endpoint_sources }| endpoint_sources)
    }

    /// The document of a version, as JSON; `None` when there is no such version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn config_document(&self, account: &AccountId, version: u64) -> Result<Option<String>, StoreError> {
        let prefix = keys::config_chunks(version);
        let narrowed = SortKey { name: SK, test: "begins_with(#sk, :sk)", value: &prefix };
        let partition = keys::config_pointer(account).pk;
        let query = self.query_by(None, keys::PK, &partition, Some(narrowed));
        // A version is written with its pointer, so who read that must find all of it.
        let chunks = self.query_all(query.consistent_read(true)).await?;
        if chunks.is_empty() {
            return Ok(None);
        }
        let corrupt = |why: String| StoreError::corrupt(format!("config version {version} of account {account}"), why);
        let mut packed = Vec::new();
        for chunk in &chunks {
            match chunk.get(CHUNK) {
                Some(AttributeValue::B(part)) => packed.extend_from_slice(part.as_ref()),
                _ => return Err(corrupt("a chunk has no document".to_owned())),
            }
        }
        let document = inflate(&packed, DOCUMENT_BYTES_MAX).map_err(corrupt)?;
        String::from_utf8(document).map(Some).map_err(|_| corrupt("it is no UTF-8 text".to_owned()))
    }
}

pub(crate) fn endpoint_item(account: &AccountId, endpoint: &Endpoint) -> Item {
    let mut item = keys::source_endpoint(&endpoint.key_hash).item();
    item.insert("account".to_owned(), text(account.as_str()));
    item.insert("source".to_owned(), text(endpoint.source.as_str()));
    item
}
