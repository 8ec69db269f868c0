//! Who changed what.

use jiff::Timestamp;
use leadyard_domain::id::AccountId;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::codec::{Item, from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, SK};
use crate::listing::{Cursor, Page};
use crate::read::SortKey;

/// One change that a person made. Written in one transaction with the change, or before one that is carried out later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: the name of the API key.
    pub by: String,
    /// What: `config.publish`, `config.roll_back`, `list.set`, `list.remove`, `endpoint.add`, `secret.set`,
    /// `delivery.replay`, `assignee.availability`, `suppression.lift`; `lead.contact`, `lead.stage`, `lead.edit`, `lead.activity`,
    /// `lead.erase`, `lead.reject`, `lead.return`, `lead.reassign`; `source.retry`; `import.create`, `import.start`,
    /// `import.cancel`; `backfill.start`, `backfill.pause`, `backfill.resume`, `backfill.cancel`.
    pub action: String,
    /// To what, by its id or name.
    pub target: String,
}

impl AuditEntry {
    pub(crate) fn new(at: Timestamp, by: &str, action: &str, target: impl ToString) -> Self {
        Self { at, by: by.to_owned(), action: action.to_owned(), target: target.to_string() }
    }

    /// The entry as an item. The action and its target make the key: two at the same millisecond stay two.
    pub(crate) fn item(&self, account: &AccountId) -> Result<Item, StoreError> {
        let key = keys::audit(account, self.at, &format!("{}:{}", self.action, self.target));
        let mut item = to_item(&key.to_string(), self)?;
        item.extend(key.item());
        Ok(item)
    }
}

impl Store {
    /// Notes a change before it is made: one that is asked for here and carried out elsewhere.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_audit(
        &self,
        account: &AccountId,
        at: Timestamp,
        by: &str,
        action: &str,
        target: impl ToString,
    ) -> Result<(), StoreError> {
        self.put(AuditEntry::new(at, by, action, target).item(account)?).await
    }

    /// What was changed, the latest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_audit(
        &self,
        account: &AccountId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let narrowed = cursor.map(|cursor| SortKey { name: SK, test: "#sk < :sk", value: cursor.position() });
        let query = self.query_by(None, keys::PK, &keys::audits(account), narrowed).scan_index_forward(false);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = query.limit(limit).send().await.map_err(StoreError::of("Query"))?;
        let items = answer.items.unwrap_or_default();
        let last = items.last().and_then(Key::of).map(|key| Cursor::behind(key.sk));
        let next = last.filter(|_| answer.last_evaluated_key.is_some());
        let name = format!("audit of account {account}");
        let rows = items.into_iter().map(|item| from_item(&name, item)).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }
}
