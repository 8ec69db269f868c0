//! Config versions: immutable documents, and the pointer that says which one is in force.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, SourceId};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{Item, deflate, from_item, inflate, number, text};
use crate::error::StoreError;
use crate::keys::{self, SK};
use crate::read::SortKey;
use crate::write::{cancellation_reasons, condition_failed, unbuilt};

/// Most bytes of one chunk of a document, deflated; an item holds 400 KB.
const CHUNK_BYTES: usize = 350_000;
/// Most chunks of one document: they go into one transaction of at most 4 MB.
const CHUNKS_MAX: usize = 10;
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

/// A document to be put in force.
#[derive(Debug, Clone)]
pub struct PublishConfig {
    /// The tenant.
    pub account: AccountId,
    /// The document as JSON, checked by the caller.
    pub document: String,
    /// The version that the publisher saw in force; 0 for none.
    pub expected: u64,
    /// Who publishes: the name of the API key.
    pub by: String,
    /// Now.
    pub now: Timestamp,
    /// Endpoints of the sources that have none yet ([`Store::endpoint_sources`] tells which have).
    pub endpoints: Vec<Endpoint>,
}

/// Why a config was not put in force; the one before it still is.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Someone else published meanwhile.
    #[error("version {current} was published meanwhile: look at it and publish again")]
    Superseded {
        /// The version in force now; 0 for none.
        current: u64,
    },
    /// The document does not fit into the table.
    #[error(
        "the config has {bytes} bytes when packed, and at most {bytes_max} can be stored: split it into several accounts or shorten its lists"
    )]
    TooLarge {
        /// Its bytes, deflated.
        bytes: usize,
        /// The most that fit.
        bytes_max: usize,
    },
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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

    /// Puts a document in force and answers its version. One transaction holds the document, the pointer, the new
    /// endpoints and the audit entry: of two publishers one wins, and one that crashes leaves nothing behind.
    ///
    /// # Errors
    /// [`PublishError`]; unless it is a lost connection, nothing was written.
    pub async fn publish_config(&self, publish: &PublishConfig) -> Result<u64, PublishError> {
        let version = publish.expected + 1;
        let packed = deflate(publish.document.as_bytes());
        let bytes_max = CHUNK_BYTES * CHUNKS_MAX;
        if packed.len() > bytes_max || publish.document.len() > DOCUMENT_BYTES_MAX {
            return Err(PublishError::TooLarge { bytes: packed.len(), bytes_max });
        }
        // The pointer first: `superseded` reads its reason.
        let mut actions = vec![self.move_pointer(publish, version)?];
        for (index, part) in packed.chunks(CHUNK_BYTES).enumerate() {
            let mut item = keys::config_chunk(&publish.account, version, index).item();
            item.insert(CHUNK.to_owned(), AttributeValue::B(Blob::new(part)));
            actions.push(self.put_new(item)?);
        }
        for endpoint in &publish.endpoints {
            actions.push(self.put_new(endpoint_item(&publish.account, endpoint))?);
        }
        let entry = AuditEntry::new(publish.now, &publish.by, "config.publish", version);
        actions.push(self.put_action(entry.item(&publish.account)?)?);
        let request = self.client.transact_write_items().set_transact_items(Some(actions));
        match request.send().await {
            Ok(_) => Ok(version),
            Err(error) => match error.as_service_error().and_then(superseded) {
                Some(current) => Err(PublishError::Superseded { current }),
                None => Err(StoreError::from_transaction("the key of a new endpoint", &error).into()),
            },
        }
    }

    fn move_pointer(&self, publish: &PublishConfig, version: u64) -> Result<TransactWriteItem, StoreError> {
        let mut set = "SET #version = :version, #published_at = :now, #published_by = :by".to_owned();
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::config_pointer(&publish.account).item()))
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#published_at", "published_at")
            .expression_attribute_names("#published_by", "published_by")
            .expression_attribute_values(":version", number(version))
            .expression_attribute_values(":now", text(publish.now.to_string()))
            .expression_attribute_values(":by", text(&publish.by))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        update = if publish.expected == 0 {
            update.condition_expression("attribute_not_exists(#version)")
        } else {
            update
                .condition_expression("#version = :expected")
                .expression_attribute_values(":expected", number(publish.expected))
        };
        let sources: BTreeSet<&str> = publish.endpoints.iter().map(|endpoint| endpoint.source.as_str()).collect();
        if !sources.is_empty() {
            set.push_str(" ADD #sources :sources");
            update = update.expression_attribute_names("#sources", "endpoint_sources").expression_attribute_values(
                ":sources",
                AttributeValue::Ss(sources.into_iter().map(str::to_owned).collect()),
            );
        }
        let update = update.update_expression(set).build();
        Ok(TransactWriteItem::builder().update(update.map_err(unbuilt)?).build())
    }
}

pub(crate) fn endpoint_item(account: &AccountId, endpoint: &Endpoint) -> Item {
    let mut item = keys::source_endpoint(&endpoint.key_hash).item();
    item.insert("account".to_owned(), text(account.as_str()));
    item.insert("source".to_owned(), text(endpoint.source.as_str()));
    item
}

/// The version in force, when the transaction failed because of it; the pointer is its first action.
fn superseded(error: &TransactWriteItemsError) -> Option<u64> {
    let reason = cancellation_reasons(error).first().filter(|reason| condition_failed(reason))?;
    let version = reason.item().and_then(|item| item.get("version")?.as_n().ok()?.parse().ok());
    Some(version.unwrap_or_default())
}

#[cfg(test)]
mod tests;
