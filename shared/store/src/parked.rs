//! Leads that wait: for somebody who can take them, or to be claimed from a queue.

use jiff::Timestamp;
use leadyard_domain::assignment::Standing;
use leadyard_domain::id::{AccountId, LeadId, QueueId};
use leadyard_domain::lead::Lead;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::codec::{Item, from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, SK};
use crate::listing::{Cursor, Page};
use crate::read::SortKey;

/// A lead that waits, as its place tells it. The place is written and taken with the lead itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its place among those that wait: behind it a list goes on.
    #[serde(rename = "sk")]
    pub(crate) position: String,
    /// The lead.
    #[serde(rename = "lead_id")]
    pub lead: LeadId,
    /// Since when it waits.
    pub since: Timestamp,
    /// For whom: `pool:{pool}`, `rule:{profile}/{rule}` or `profile:{profile}`; `queue:{queue}` for one to be claimed.
    pub line: String,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The rules that found nobody: leads of the same rules wait for the same people.
    #[serde(default, rename = "rules", skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// When somebody may be able to take it, as far as time alone decided when it was parked.
    #[serde(default, rename = "try_at", skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Where a lead waits, if it does.
pub(crate) fn place(lead: &Lead, standing: &Standing) -> Option<Key> {
    match standing {
        Standing::Parked { .. } => Some(keys::parked(&lead.account, lead.created_at, &lead.id)),
        Standing::Queued { queue, .. } => Some(keys::queued(&lead.account, queue, lead.created_at, &lead.id)),
        Standing::Unassigned { .. } | Standing::Assigned { .. } => None,
    }
}

/// The place of a lead that waits, as an item.
pub(crate) fn place_item(lead: &Lead) -> Result<Option<(Key, Item)>, StoreError> {
    let Some(key) = place(lead, &lead.standing) else { return Ok(None) };
    let waiting = match &lead.standing {
        Standing::Parked { reason, line, since, group, until, .. } => Waiting {
            position: key.sk.clone(),
            lead: lead.id.clone(),
            since: *since,
            line: line.clone(),
            reason: reason.clone(),
            group: group.clone(),
            until: *until,
        },
        Standing::Queued { queue, since, .. } => Waiting {
            position: key.sk.clone(),
            lead: lead.id.clone(),
            since: *since,
            line: format!("queue:{queue}"),
            reason: String::new(),
            group: String::new(),
            until: None,
        },
        Standing::Unassigned { .. } | Standing::Assigned { .. } => return Ok(None),
    };
    let mut item = to_item(&key.to_string(), &waiting)?;
    item.extend(key.item());
    Ok(Some((key, item)))
}

impl Store {
    /// The leads of an account that wait for somebody who can take them, the oldest first, at most `limit`. Read
    /// consistently. A lead leaves its place with the commit that decides it anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parked_leads(
        &self,
        account: &AccountId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Waiting>, StoreError> {
        self.waiting_in(&keys::parked_leads(account), limit, cursor).await
    }

    /// The leads that wait in a queue, the oldest first, at most `limit`. Read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn queued_leads(
        &self,
        account: &AccountId,
        queue: &QueueId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Waiting>, StoreError> {
        self.waiting_in(&keys::queued_leads(account, queue), limit, cursor).await
    }

    async fn waiting_in(
        &self,
        partition: &str,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Waiting>, StoreError> {
        let narrowed = cursor.map(|cursor| SortKey { name: SK, test: "#sk > :sk", value: cursor.position() });
        let query = self.query_by(None, keys::PK, partition, narrowed).consistent_read(true);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = query.limit(limit).send().await.map_err(StoreError::of("Query"))?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        let last = items.last().and_then(Key::of).map(|key| key.sk);
        let name = format!("a place in {partition}");
        let rows = items.into_iter().map(|item| from_item(&name, item)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page { rows, next: last.filter(|_| more).as_ref().map(Cursor::behind) })
    }
}

impl Waiting {
    /// Behind this lead: there a list goes on.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::behind(self.position.as_str())
    }
}
