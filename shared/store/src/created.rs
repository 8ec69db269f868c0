//! The leads that came in some time, the oldest first.
//!
//! A day is spread over a few shards of the index by time. All of them are read from the same place on, and what is given out
//! is what lies before the first place that one of them has not been read up to.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use leadyard_domain::id::{AccountId, Entity, LeadId, SourceId};
use serde::Deserialize;

use crate::Store;
use crate::codec::{Item, from_item, moment, text};
use crate::error::StoreError;
use crate::keys::{self, BY_TIME, Kind, SHARDS, TIME_PK, TIME_SK};
use crate::listing::{Cursor, Page, ROWS_MAX};

/// Most days without a lead that one page passes.
const DAYS_MAX: u32 = 50;

/// A lead as the index by time shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedLead {
    /// The lead.
    pub id: LeadId,
    /// Its type.
    pub entity: Entity,
    /// The source that created it.
    pub source: SourceId,
    /// When its first event was received, to the millisecond.
    pub created_at: Timestamp,
}

impl CreatedLead {
    /// The place behind it.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::behind(keys::timed(self.created_at, self.id.as_str()))
    }
}

/// What the index shows of a lead.
#[derive(Deserialize)]
struct Entry {
    time_sk: String,
    entity: Entity,
    source: SourceId,
}

/// What one shard has behind a place.
struct Shard {
    entries: Vec<Item>,
    /// The last place that was read, where there may be more behind it.
    up_to: Option<String>,
}

impl Store {
    /// The leads that were created at `from` or later and before `until`, the oldest first, at most `limit`. Erased ones are among
    /// them. The list may be a second behind, and a lead enters it where its first event was received: one that was received
    /// before and is decided only now enters it behind those who have passed.
    ///
    /// A page may be short, even empty, with more behind it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leads_created(
        &self,
        account: &AccountId,
        (from, until): (Timestamp, Timestamp),
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<CreatedLead>, StoreError> {
        let limit = limit.clamp(1, ROWS_MAX);
        // No entry sorts at a bare time: every one has an id behind it.
        let begin = moment(from);
        let mut after = cursor.map_or(begin.as_str(), Cursor::position).max(&begin).to_owned();
        let end = moment(until);
        let mut rows = Vec::new();
        let mut days = 0;
        while after < end {
            let (read, more) = self.created_behind(account, &after, &end, limit - rows.len()).await?;
            days = if read.is_empty() { days + 1 } else { 0 };
            rows.extend(read);
            match more {
                // Behind the last lead of the page, not behind what was read of it.
                _ if rows.len() >= limit => {
                    return Ok(Page { next: rows.last().map(CreatedLead::cursor), rows });
                }
                Some(place) => after = place,
                None => break,
            }
            if days >= DAYS_MAX {
                return Ok(Page { rows, next: Some(Cursor::behind(after)) });
            }
        }
        Ok(Page { rows, next: None })
    }

    /// Leads behind a place on its day, at most `wanted`, and the place up to which there is no other.
    async fn created_behind(
        &self,
        account: &AccountId,
        after: &str,
        end: &str,
        wanted: usize,
    ) -> Result<(Vec<CreatedLead>, Option<String>), StoreError> {
        let unread = || StoreError::corrupt(format!("index entry {after}"), "it begins with no time");
        let at = after.split('#').next().and_then(|at| at.parse::<Timestamp>().ok()).ok_or_else(unread)?;
        let day = at.to_zoned(TimeZone::UTC).date();
        // Ids are spread evenly: mostly this is enough for all of the page, and where it is not, the rest is read then.
        let each = wanted / usize::try_from(SHARDS).unwrap_or(1) + 8;
        let shards = (0..SHARDS).map(|shard| keys::day_partition(account, Kind::Lead, day, shard));
        let shards = try_join_all(shards.map(|shard| self.created_in_shard(shard, after, end, each))).await?;
        let up_to = shards.iter().filter_map(|shard| shard.up_to.clone()).min();
        let name = format!("a lead of account {account} in the index by time");
        let entries = shards.into_iter().flat_map(|shard| shard.entries);
        let mut entries = entries.map(|item| from_item(&name, item)).collect::<Result<Vec<Entry>, StoreError>>()?;
        entries.retain(|entry| up_to.as_ref().is_none_or(|up_to| entry.time_sk <= *up_to));
        entries.sort_unstable_by(|one, other| one.time_sk.cmp(&other.time_sk));
        entries.truncate(wanted);
        let next = match up_to {
            Some(up_to) => Some(up_to),
            None => day.checked_add(1.day()).ok().and_then(|next| Some(keys::timed(midnight(next)?, ""))),
        };
        let rows = entries.into_iter().map(|entry| read(&name, entry)).collect::<Result<_, _>>()?;
        Ok((rows, next))
    }

    async fn created_in_shard(
        &self,
        partition: String,
        after: &str,
        end: &str,
        limit: usize,
    ) -> Result<Shard, StoreError> {
        let query = self
            .query_by(Some(BY_TIME), TIME_PK, &partition, None)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :after AND :end")
            .expression_attribute_names("#sk", TIME_SK)
            // Above the place itself; below what has an id behind it, where it is a bare time.
            .expression_attribute_values(":after", text(format!("{after}!")))
            .expression_attribute_values(":end", text(end))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(StoreError::of("Query"))?;
        let last = answer.last_evaluated_key.as_ref().and_then(|key| key.get(TIME_SK)).map(AttributeValue::as_s);
        let up_to = last.and_then(Result::ok).cloned();
        Ok(Shard { entries: answer.items.unwrap_or_default(), up_to })
    }
}

fn midnight(day: jiff::civil::Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp())
}

fn read(name: &str, entry: Entry) -> Result<CreatedLead, StoreError> {
    let Entry { time_sk, entity, source } = entry;
    let place = keys::split_timed(&time_sk).and_then(|(at, id)| Some((at, id.parse().ok()?)));
    let (created_at, id) = place.ok_or_else(|| StoreError::corrupt(name, "its place is no time and lead"))?;
    Ok(CreatedLead { id, entity, source, created_at })
}

#[cfg(test)]
mod tests;
