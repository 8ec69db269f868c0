//! Backfills: what is known of each, and which was the last of an automation.
//!
//! An automation has at most one that is not over: two at once would tell the same at twice the rate. The item of the last one
//! is written with the condition that it is the one that was looked at.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use leadyard_domain::backfill::Backfill;
use leadyard_domain::id::{AccountId, AutomationId, BackfillId};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::audit::AuditEntry;
use crate::codec::{Item, expires_at, from_item, number, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, SK};
use crate::listing::{Cursor, Page};
use crate::read::SortKey;

/// The attribute by which items go.
const EXPIRES_AT: &str = "expires_at";

/// Which backfill was the last of an automation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BackfillSlot {
    /// Moves by one with each backfill; 0 before the first.
    version: u64,
    /// The last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<BackfillId>,
}

fn backfill_item(backfill: &Backfill, log_days: u16, now: Timestamp) -> Result<Item, StoreError> {
    let key = keys::backfill(&backfill.account, &backfill.id);
    let mut item = to_item(&key.to_string(), backfill)?;
    // One that waits for a person waits as long as it takes.
    if backfill.state.is_over() {
        item.insert(EXPIRES_AT.to_owned(), number(expires_at(now, log_days)));
    }
    item.extend(key.item());
    Ok(item)
}

impl Store {
    /// The last backfill of an automation, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backfill_slot(
        &self,
        account: &AccountId,
        automation: &AutomationId,
    ) -> Result<BackfillSlot, StoreError> {
        let key = keys::last_backfill(account, automation);
        let item = self.get(&key, true).await?;
        item.map_or(Ok(BackfillSlot::default()), |item| from_item(&key.to_string(), item))
    }

    /// Makes a backfill the last one of its automation, with an audit entry.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the automation has got another one since the slot was read.
    pub async fn create_backfill(&self, backfill: &Backfill, slot: &BackfillSlot) -> Result<(), StoreError> {
        let Backfill { id, account, automation, started_at, started_by, .. } = backfill;
        let next = BackfillSlot { version: slot.version + 1, last: Some(id.clone()) };
        let key = keys::last_backfill(account, automation);
        let mut item = to_item(&key.to_string(), &next)?;
        item.extend(key.item());
        let entry = AuditEntry::new(*started_at, started_by, "backfill.start", id);
        let actions = vec![
            self.put_new(backfill_item(backfill, 0, *started_at)?)?,
            self.put_version(item, slot.version)?,
            self.put_action(entry.item(account)?)?,
        ];
        self.transact(&format!("backfill {id}"), actions).await
    }

    /// A backfill, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backfill(&self, account: &AccountId, id: &BackfillId) -> Result<Option<Backfill>, StoreError> {
        let key = keys::backfill(account, id);
        let item = self.get(&key, true).await?;
        item.map(|item| from_item(&key.to_string(), item)).transpose()
    }

    /// Writes a backfill's next version, with an audit entry where an action is named. One that is over is kept for `log_days`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was changed since it was read.
    pub async fn change_backfill(
        &self,
        backfill: &Backfill,
        audited: Option<(&str, &str)>,
        log_days: u16,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let next = Backfill { version: backfill.version + 1, ..backfill.clone() };
        let mut actions: Vec<TransactWriteItem> =
            vec![self.put_version(backfill_item(&next, log_days, now)?, backfill.version)?];
        if let Some((action, by)) = audited {
            let entry = AuditEntry::new(now, by, action, &backfill.id);
            actions.push(self.put_action(entry.item(&backfill.account)?)?);
        }
        self.transact(&format!("backfill {}", backfill.id), actions).await
    }

    /// The backfills of an account, the latest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_backfills(
        &self,
        account: &AccountId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Backfill>, StoreError> {
        let id = cursor.and_then(|cursor| keys::split_timed(cursor.position())).map(|(_, id)| id);
        let narrowed = id.map(|id| SortKey { name: SK, test: "#sk < :sk", value: id });
        let query = self.query_by(None, keys::PK, &keys::backfills(account), narrowed).scan_index_forward(false);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = query.limit(limit).send().await.map_err(StoreError::of("Query"))?;
        let name = |item: &Item| Key::of(item).map_or_else(|| "a backfill".to_owned(), |key| key.to_string());
        let items = answer.items.unwrap_or_default().into_iter();
        let rows = items.map(|item| from_item(&name(&item), item)).collect::<Result<Vec<Backfill>, _>>()?;
        // Written as every cursor is, by time and id.
        let last = rows.last().map(|last| Cursor::behind(keys::timed(last.started_at, last.id.as_str())));
        Ok(Page { next: last.filter(|_| answer.last_evaluated_key.is_some()), rows })
    }

    /// Some backfills of an account, as far as they are there, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backfills_of(
        &self,
        account: &AccountId,
        automations: &[AutomationId],
    ) -> Result<Vec<Backfill>, StoreError> {
        let slots: Vec<Key> = automations.iter().map(|id| keys::last_backfill(account, id)).collect();
        let slots = self.get_many(&slots, false).await?.into_iter();
        let slots = slots.map(|item| from_item("the last backfill of an automation", item));
        let slots = slots.collect::<Result<Vec<BackfillSlot>, _>>()?;
        let wanted: Vec<Key> =
            slots.iter().filter_map(|slot| Some(keys::backfill(account, slot.last.as_ref()?))).collect();
        let items = self.get_many(&wanted, false).await?.into_iter();
        items.map(|item| from_item("the last backfill of an automation", item)).collect()
    }
}

#[cfg(test)]
mod tests;
