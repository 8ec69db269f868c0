//! What is known of a config version beside its document: the history of an account's config.

use jiff::Timestamp;
use leadyard_domain::id::{AccountId, ListName};
use serde::{Deserialize, Serialize};

use super::PublishConfig;
use crate::Store;
use crate::codec::{Item, from_item, text, to_item};
use crate::error::StoreError;
use crate::keys::{self, PK, SK};
use crate::list::Pins;

/// The greatest version that a key has room for.
const VERSION_MAX: u64 = 9_999_999_999;

/// A config version without its document. Immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigVersion {
    /// The version, from 1.
    pub version: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom: the name of the API key.
    pub published_by: String,
    /// What the publisher said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What made it.
    pub cause: Cause,
    /// What each list held that its document names.
    #[serde(default, skip_serializing_if = "Pins::is_empty")]
    pub pins: Pins,
    /// The bytes of its document.
    pub bytes: usize,
}

/// What made a config version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// A document was published.
    #[default]
    Document,
    /// An earlier version was put in force again.
    RollBack {
        /// Which.
        version: u64,
    },
    /// A list that the document names was changed; the document is the one before.
    List {
        /// Which.
        list: ListName,
    },
}

/// Some versions, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPage {
    /// The versions.
    pub versions: Vec<ConfigVersion>,
    /// What the next page comes before; `None` at the end.
    pub next: Option<u64>,
}

pub(super) fn version_item(publish: &PublishConfig, version: u64) -> Result<Item, StoreError> {
    let key = keys::config_version(&publish.account, version);
    let stored = ConfigVersion {
        version,
        published_at: publish.now,
        published_by: publish.by.clone(),
        note: publish.note.clone(),
        cause: publish.cause.clone(),
        pins: publish.pins.clone(),
        bytes: publish.document.len(),
    };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    Ok(item)
}

impl Store {
    /// One version, without its document; `None` when there is none of that number. Read consistently, as it is written
    /// with its pointer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn config_version(&self, account: &AccountId, version: u64) -> Result<Option<ConfigVersion>, StoreError> {
        let key = keys::config_version(account, version);
        let item = self.get(&key, true).await?;
        item.map(|item| from_item(&key.to_string(), item)).transpose()
    }

    /// The versions before one, or all, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn config_versions(
        &self,
        account: &AccountId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<VersionPage, StoreError> {
        let last = before.map_or(VERSION_MAX, |before| before.saturating_sub(1).min(VERSION_MAX));
        let (first, last) = (keys::config_version(account, 0), keys::config_version(account, last));
        let query = self
            .query(&first.pk)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":first", text(first.sk))
            .expression_attribute_values(":last", text(last.sk))
            .scan_index_forward(false)
            .limit(i32::try_from(limit.max(1)).unwrap_or(i32::MAX));
        let answer = query.consistent_read(true).send().await.map_err(StoreError::of("Query"))?;
        let name = format!("a config version of account {account}");
        let rows = answer.items.unwrap_or_default().into_iter().map(|item| from_item(&name, item));
        let versions = rows.collect::<Result<Vec<ConfigVersion>, _>>()?;
        let next = versions.last().map(|version| version.version).filter(|_| answer.last_evaluated_key.is_some());
        Ok(VersionPage { versions, next: next.filter(|next| *next > 1) })
    }
}
