//! Putting a config in force.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::Timestamp;
use leadyard_domain::id::AccountId;

use super::version::version_item;
use super::{CHUNK, Cause, DOCUMENT_BYTES_MAX, Endpoint, endpoint_item};
use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{deflate, number, text};
use crate::commit::ACTIONS_MAX;
use crate::error::StoreError;
use crate::keys;
use crate::list::{ListIndex, Pins};
use crate::write::{cancellation_reasons, condition_failed, unbuilt};

/// Most bytes of one chunk of a document, deflated; an item holds 400 KB.
const CHUNK_BYTES: usize = 350_000;
/// Most chunks of one document: they go into one transaction of at most 4 MB.
const CHUNKS_MAX: usize = 10;
/// What goes into the transaction beside chunks and endpoints: the pointer, the lists, the version, the audit entry.
const OTHER_ACTIONS: usize = 4;

/// Most endpoints that one publish makes: they go into one transaction with the document.
pub const ENDPOINTS_MAX: usize = ACTIONS_MAX - CHUNKS_MAX - OTHER_ACTIONS;

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
    /// What the publisher says about it.
    pub note: Option<String>,
    /// What makes it.
    pub cause: Cause,
    /// What each list is to hold that the document names. With the publish these revisions become the current ones,
    /// where they are not yet: whoever adds to a list adds to what the rules look in.
    pub pins: Pins,
    /// The lists as they were read. Not looked at when nothing is pinned.
    pub lists: ListIndex,
}

impl PublishConfig {
    /// A document that names no list and makes no endpoint, published for its own sake.
    #[must_use]
    pub fn new(
        account: AccountId,
        document: impl Into<String>,
        expected: u64,
        by: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            account,
            document: document.into(),
            expected,
            by: by.into(),
            now,
            endpoints: Vec::new(),
            note: None,
            cause: Cause::default(),
            pins: Pins::default(),
            lists: ListIndex::default(),
        }
    }
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
    /// A list was changed since the lists were read.
    #[error("a list was changed meanwhile: publish again")]
    ListsChanged,
    /// The document does not fit into the table.
    #[error(
        "the config has {bytes} bytes when packed, and at most {bytes_max} can be stored: split it into several accounts or keep long lists of values beside it (PUT /v1/lists)"
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

impl Store {
    /// Puts a document in force and answers its version. One transaction holds the document, the pointer, the version's
    /// own item, the lists that move with it, the new endpoints and the audit entry: of two publishers one wins, and one
    /// that crashes leaves nothing behind.
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
        // The pointer first and then the lists: `overtaken` reads their reasons.
        let mut actions = vec![self.move_pointer(publish, version)?];
        let PublishConfig { account, pins, lists, by, now, .. } = publish;
        if !pins.is_empty() {
            actions.push(self.keep_pins_current(account, lists, pins, by, *now)?);
        }
        actions.push(self.put_new(version_item(publish, version)?)?);
        for (index, part) in packed.chunks(CHUNK_BYTES).enumerate() {
            let mut item = keys::config_chunk(account, version, index).item();
            item.insert(CHUNK.to_owned(), AttributeValue::B(Blob::new(part)));
            actions.push(self.put_new(item)?);
        }
        for endpoint in &publish.endpoints {
            actions.push(self.put_new(endpoint_item(account, endpoint))?);
        }
        let entry = match &publish.cause {
            Cause::Document => AuditEntry::new(*now, by, "config.publish", version),
            Cause::RollBack { .. } => AuditEntry::new(*now, by, "config.roll_back", version),
            Cause::List { list } => AuditEntry::new(*now, by, "list.set", list),
        };
        actions.push(self.put_action(entry.item(account)?)?);
        let request = self.client.transact_write_items().set_transact_items(Some(actions));
        match request.send().await {
            Ok(_) => Ok(version),
            Err(error) => match error.as_service_error().and_then(|error| overtaken(error, !pins.is_empty())) {
                Some(overtaken) => Err(overtaken),
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

/// Who was there first, when the transaction failed because of that: the pointer is its first action, the lists are its
/// second where there are any.
fn overtaken(error: &TransactWriteItemsError, has_lists: bool) -> Option<PublishError> {
    let reasons = cancellation_reasons(error);
    if let Some(reason) = reasons.first().filter(|reason| condition_failed(reason)) {
        let version = reason.item().and_then(|item| item.get("version")?.as_n().ok()?.parse().ok());
        return Some(PublishError::Superseded { current: version.unwrap_or_default() });
    }
    let lists = reasons.get(1).filter(|reason| has_lists && condition_failed(reason));
    lists.map(|_| PublishError::ListsChanged)
}
