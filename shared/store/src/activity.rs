//! Activities: each beside its lead, under its id alone, for when it happened may be corrected. So a list is put in order
//! here, from the places of all of them; there are at most [`leadyard_domain::activity::ACTIVITIES_MAX`] of one lead.

use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use leadyard_domain::activity::{Activity, ActivityOrigin};
use leadyard_domain::id::{AccountId, AccountName, ActivityId, ActivityType, LeadId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Store;
use crate::codec::{Deflated, Item, from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, PK, SK};
use crate::listing::{Cursor, Page, ROWS_MAX};
use crate::read::SortKey;

/// About how many bytes the fields of one page hold at most: a function answers 6 MB.
const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Activities that are deleted at a time.
const DELETES_AT_ONCE: usize = 8;

/// The item of an activity, beside its keys.
#[derive(Serialize, Deserialize)]
struct ActivityItem {
    activity_id: ActivityId,
    lead_id: LeadId,
    kind: ActivityType,
    at: Timestamp,
    origin_account: AccountName,
    origin_id: String,
    version: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    via: Vec<AccountName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Deflated<BTreeMap<String, Value>>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Where an activity stands in a list.
#[derive(Deserialize)]
struct PlaceItem {
    activity_id: ActivityId,
    at: Timestamp,
}

/// The activity as an item.
pub(crate) fn activity_item(account: &AccountId, activity: &Activity) -> Result<(Key, Item), StoreError> {
    let key = keys::activity(account, &activity.lead, &activity.id);
    let stored = ActivityItem {
        activity_id: activity.id.clone(),
        lead_id: activity.lead.clone(),
        kind: activity.kind.clone(),
        at: activity.at,
        origin_account: activity.origin.account.clone(),
        origin_id: activity.origin.id.clone(),
        version: activity.version,
        via: activity.via.clone(),
        fields: (!activity.fields.is_empty()).then(|| Deflated(activity.fields.clone())),
        created_at: activity.created_at,
        updated_at: activity.updated_at,
    };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    Ok((key, item))
}

fn read_activity(account: &AccountId, item: Item) -> Result<Activity, StoreError> {
    let name = Key::of(&item).map_or_else(|| format!("an activity of account {account}"), |key| key.to_string());
    let stored: ActivityItem = from_item(&name, item)?;
    Ok(Activity {
        id: stored.activity_id,
        account: account.clone(),
        lead: stored.lead_id,
        kind: stored.kind,
        at: stored.at,
        fields: stored.fields.map(|fields| fields.0).unwrap_or_default(),
        origin: ActivityOrigin { account: stored.origin_account, id: stored.origin_id },
        version: stored.version,
        updated_at: stored.updated_at,
        via: stored.via,
        created_at: stored.created_at,
    })
}

impl Store {
    /// One activity of a lead, read consistently; `None` when there is no such activity.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn activity(
        &self,
        account: &AccountId,
        lead: &LeadId,
        id: &ActivityId,
    ) -> Result<Option<Activity>, StoreError> {
        let item = self.get(&keys::activity(account, lead, id), true).await?;
        item.map(|item| read_activity(account, item)).transpose()
    }

    /// The activities of a lead, the latest first, at most `limit`; fewer where they are large. Read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn activities(
        &self,
        account: &AccountId,
        lead: &LeadId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Activity>, StoreError> {
        let partition = keys::lead_partition(account, lead);
        let query = self.query_by(None, PK, &partition, Some(all())).consistent_read(true);
        let query = query.projection_expression("#id, #at").expression_attribute_names("#id", "activity_id");
        let mut places: Vec<(String, ActivityId)> = Vec::new();
        for item in self.query_all(query.expression_attribute_names("#at", "at")).await? {
            let place: PlaceItem = from_item(&format!("an activity in {partition}"), item)?;
            places.push((keys::timed(place.at, place.activity_id.as_str()), place.activity_id));
        }
        places.retain(|(position, _)| cursor.is_none_or(|cursor| position.as_str() < cursor.position()));
        places.sort_unstable_by(|one, other| other.cmp(one));
        let mut more = places.len() > limit.clamp(1, ROWS_MAX);
        places.truncate(limit.clamp(1, ROWS_MAX));
        let keys: Vec<Key> = places.iter().map(|(_, id)| keys::activity(account, lead, id)).collect();
        let mut read = HashMap::new();
        for item in self.get_many(&keys, true).await? {
            let activity = read_activity(account, item)?;
            read.insert(activity.id.clone(), activity);
        }
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, None);
        for (position, id) in places {
            // One that is gone was deleted since with its lead.
            if let Some(activity) = read.remove(&id) {
                bytes +=
                    activity.fields.iter().map(|(name, value)| name.len() + value.to_string().len()).sum::<usize>();
                if bytes > PAGE_BYTES_MAX && !rows.is_empty() {
                    more = true;
                    break;
                }
                rows.push(activity);
            }
            last = Some(position);
        }
        Ok(Page { rows, next: last.filter(|_| more).map(Cursor::behind) })
    }

    /// Deletes all activities of a lead; answers how many there were. For a lead that is erased: no other can come to it any
    /// more. What breaks off is gone on with by asking again.
    ///
    /// # Errors
    /// [`StoreError`]; some may be deleted then.
    pub async fn delete_activities(&self, account: &AccountId, lead: &LeadId) -> Result<usize, StoreError> {
        let partition = keys::lead_partition(account, lead);
        let query = self.query_by(None, PK, &partition, Some(all())).consistent_read(true);
        let found = self.query_all(query.projection_expression("#pk, #sk")).await?;
        let keys: Vec<Key> = found.iter().filter_map(Key::of).collect();
        // Collected, for a stream that maps borrowed items while it runs makes futures that no task can carry.
        let deletes: Vec<_> = keys.iter().map(|key| self.delete(key)).collect();
        let mut deletes = stream::iter(deletes).buffer_unordered(DELETES_AT_ONCE);
        while deletes.try_next().await?.is_some() {}
        Ok(keys.len())
    }
}

/// All activities of a partition.
fn all() -> SortKey<'static> {
    SortKey { name: SK, test: "begins_with(#sk, :sk)", value: keys::ACTIVITIES }
}

#[cfg(test)]
mod tests;
