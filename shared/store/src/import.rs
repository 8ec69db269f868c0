//! Imports of files: what is known of each, the bytes of its parts, and the rows that are bad.
//!
//! Bytes are written before the import names them, under the hash of the part: a writer that dies leaves some that nothing
//! leads to, and who sends the same part again writes them again. They go by the table's time to live.

mod bytes;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use leadyard_domain::event::EventStatus;
use leadyard_domain::id::{AccountId, EventId, ImportId};
use leadyard_domain::import::{BadRow, Import};
use serde::Deserialize;

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{Item, from_item, text};
use crate::error::StoreError;
use crate::keys::{self, Key, SK};
use crate::listing::{Cursor, Page};
use crate::read::{BATCH_KEYS_MAX, SortKey};

pub use bytes::Piece;

/// A step of an import.
#[derive(Debug, Clone)]
pub struct ImportStep {
    /// The import after it, in the version that was read.
    pub import: Import,
    /// The bad rows that it found.
    pub bad: Vec<BadRow>,
    /// How long what is known of it is kept, in days.
    pub log_days: u16,
    /// Now.
    pub now: Timestamp,
}

/// Some bad rows of an import, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRows {
    /// The rows.
    pub rows: Vec<BadRow>,
    /// The step behind which the next ones stand; `None` at the end.
    pub next: Option<u64>,
}

impl Store {
    /// Makes an import, with an audit entry. `false` when it is there already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_import(&self, import: &Import, log_days: u16) -> Result<bool, StoreError> {
        let entry = AuditEntry::new(import.created_at, &import.created_by, "import.create", &import.id);
        let mut place = keys::import_place(&import.account, import.created_at, &import.id).item();
        record::expire(&mut place, import.created_at, log_days);
        let actions = vec![
            self.put_new(record::import_item(import, log_days, import.created_at)?)?,
            self.put_action(place)?,
            self.put_action(entry.item(&import.account)?)?,
        ];
        match self.transact(&format!("import {}", import.id), actions).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// An import, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import(&self, account: &AccountId, id: &ImportId) -> Result<Option<Import>, StoreError> {
        let key = keys::import(account, id);
        let item = self.get(&key, true).await?;
        item.map(|item| record::read_import(&key, item)).transpose()
    }

    /// Writes an import's next version, with an audit entry where an action is named.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was changed since it was read.
    pub async fn change_import(
        &self,
        import: &Import,
        audited: Option<(&str, &str)>,
        log_days: u16,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut actions = vec![self.put_import(import, log_days, now)?];
        if let Some((action, by)) = audited {
            let entry = AuditEntry::new(now, by, action, &import.id);
            actions.push(self.put_action(entry.item(&import.account)?)?);
        }
        self.transact(&format!("import {}", import.id), actions).await
    }

    /// Writes what a step came to, with the bad rows that it found: all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the import was changed since it was read.
    pub async fn record_step(&self, step: &ImportStep) -> Result<(), StoreError> {
        let ImportStep { import, bad, log_days, now } = step;
        let mut actions = vec![self.put_import(import, *log_days, *now)?];
        if !bad.is_empty() {
            actions.push(self.put_action(record::bad_item(import, bad, *log_days, *now)?)?);
        }
        self.transact(&format!("import {}", import.id), actions).await
    }

    fn put_import(&self, import: &Import, log_days: u16, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let next = Import { version: import.version + 1, ..import.clone() };
        self.put_version(record::import_item(&next, log_days, now)?, import.version)
    }

    /// The imports of an account, the latest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_imports(
        &self,
        account: &AccountId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Import>, StoreError> {
        let narrowed = cursor.map(|cursor| SortKey { name: SK, test: "#sk < :sk", value: cursor.position() });
        let query = self.query_by(None, keys::PK, &keys::imports(account), narrowed).scan_index_forward(false);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = query.limit(limit).send().await.map_err(StoreError::of("Query"))?;
        let places: Vec<Key> = answer.items.unwrap_or_default().iter().filter_map(Key::of).collect();
        let ids: Vec<ImportId> =
            places.iter().filter_map(|place| keys::split_timed(&place.sk)?.1.parse().ok()).collect();
        let wanted: Vec<Key> = ids.iter().map(|id| keys::import(account, id)).collect();
        let mut found = BTreeMap::new();
        for item in self.get_many(&wanted, false).await? {
            let name = Key::of(&item).unwrap_or_else(|| keys::import(account, &ids[0]));
            let import = record::read_import(&name, item)?;
            found.insert(import.id.clone(), import);
        }
        let last = places.last().map(|place| Cursor::behind(place.sk.clone()));
        let next = last.filter(|_| answer.last_evaluated_key.is_some());
        Ok(Page { rows: ids.iter().filter_map(|id| found.remove(id)).collect(), next })
    }

    /// The bad rows that were found behind a step, at least as many as `bytes` of text or all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bad_rows(
        &self,
        account: &AccountId,
        id: &ImportId,
        after: Option<u64>,
        bytes: usize,
    ) -> Result<BadRows, StoreError> {
        let from = keys::import_bad(account, id, after.map_or(0, |after| after.saturating_add(1)));
        let to = keys::import_bad_end();
        let mut query = self
            .query_by(
                None,
                keys::PK,
                &from.pk,
                Some(SortKey { name: SK, test: "#sk BETWEEN :sk AND :end", value: &from.sk }),
            )
            .expression_attribute_values(":end", text(to))
            .consistent_read(true)
            .limit(BAD_ITEMS);
        let (mut rows, mut read) = (Vec::new(), 0);
        loop {
            let answer = query.clone().send().await.map_err(StoreError::of("Query"))?;
            for item in answer.items.unwrap_or_default() {
                let (step, found) = record::read_bad(&from, item)?;
                read += found.iter().map(|bad| ROW_BYTES + bad.reason.len()).sum::<usize>();
                rows.extend(found);
                if read >= bytes {
                    return Ok(BadRows { rows, next: Some(step) });
                }
            }
            match answer.last_evaluated_key {
                Some(key) => query = query.set_exclusive_start_key(Some(key)),
                None => return Ok(BadRows { rows, next: None }),
            }
        }
    }

    /// What became of some events, of those that are settled. A settled one may be missing for a second.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_outcomes(
        &self,
        account: &AccountId,
        events: &[EventId],
    ) -> Result<BTreeMap<EventId, (EventStatus, Option<String>)>, StoreError> {
        #[derive(Deserialize)]
        struct Outcome {
            event_id: EventId,
            status: EventStatus,
            #[serde(default)]
            reason: Option<String>,
        }
        let keys: Vec<Key> = events.iter().map(|event| keys::event(account, event)).collect();
        let mut outcomes = BTreeMap::new();
        for batch in keys.chunks(BATCH_KEYS_MAX) {
            let items: Vec<Item> = self.get_batch(batch, false, &["event_id", "status", "reason"]).await?;
            for item in items {
                let Outcome { event_id, status, reason } = from_item(&format!("an event of account {account}"), item)?;
                outcomes.insert(event_id, (status, reason));
            }
        }
        Ok(outcomes)
    }
}

/// Items of bad rows that one read looks at: each has the rows of one step.
const BAD_ITEMS: i32 = 20;
/// The bytes of a bad row's line beside its reason.
const ROW_BYTES: usize = 60;
