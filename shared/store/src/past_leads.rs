//! What became of the leads of some time: to compare it with what another config would do.
//!
//! Ten thousand leads are a few hundred reads, so they are made large, several at a time, and without what a comparison
//! does not need: the index by time names the leads, then batches fetch each lead and its first decisions without their
//! traces.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use leadyard_domain::event::EventStatus;
use leadyard_domain::id::{AccountId, AssigneeId, EventId, LeadId, PoolId, ProfileId, RuleId};
use leadyard_domain::lead::Lead;
use serde::Deserialize;

use crate::Store;
use crate::codec::{Item, from_item, moment, text};
use crate::error::StoreError;
use crate::keys::{self, BY_TIME, Key, Kind, SHARDS, TIME_PK, TIME_SK};
use crate::lead::read_lead;
use crate::read::{BATCH_KEYS_MAX, BATCHES_AT_ONCE};

/// Days of the index that are read at a time, each in all of its shards.
const DAYS_AT_ONCE: usize = 2;

/// A lead and what was decided when it came.
#[derive(Debug, Clone, PartialEq)]
pub struct PastLead {
    /// The lead as it is now: later events may have changed it.
    pub lead: Lead,
    /// The decisions that the event made which created it, by attempt. Empty when it asked for none.
    pub decisions: Vec<PastDecision>,
}

/// A decision without its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDecision {
    /// The attempt, from 1.
    pub attempt: u32,
    /// The config version that decided.
    pub config_version: u64,
    /// The profile; `None` when no profile distributed this entity.
    pub profile: Option<ProfileId>,
    /// The rule that matched; `None` for the default action.
    pub rule: Option<RuleId>,
    /// What was decided.
    pub outcome: PastOutcome,
    /// When.
    pub decided_at: Timestamp,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastOutcome {
    /// Someone got the lead.
    Assigned {
        /// Who.
        assignee: AssigneeId,
        /// From which pool.
        pool: Option<PoolId>,
    },
    /// Nobody eligible could take it.
    Parked,
    /// It was put into a queue.
    Queued,
    /// The owner stayed what it was.
    Nothing,
}

/// The attributes of a decision that are read.
const DECISION: [&str; 10] = [
    "lead_id",
    "attempt",
    "event_id",
    "config_version",
    "profile",
    "rule",
    "outcome",
    "assignee",
    "pool",
    "decided_at",
];

#[derive(Deserialize)]
struct DecisionItem {
    lead_id: LeadId,
    attempt: u32,
    #[serde(default)]
    event_id: Option<EventId>,
    config_version: u64,
    #[serde(default)]
    profile: Option<ProfileId>,
    #[serde(default)]
    rule: Option<RuleId>,
    outcome: String,
    #[serde(default)]
    assignee: Option<AssigneeId>,
    #[serde(default)]
    pool: Option<PoolId>,
    decided_at: Timestamp,
}

/// A lead in the index by time, with the event that created it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Created {
    /// `{time}#{event}`.
    position: String,
    lead: LeadId,
}

impl Created {
    fn event(&self) -> &str {
        keys::split_timed(&self.position).map_or("", |(_, event)| event)
    }
}

impl Store {
    /// The leads that came from `from` up to, not including, `until`, the oldest first, at most `limit`, each with what
    /// was decided then. Times are to the millisecond. What was written within the last second may be missing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn past_leads(
        &self,
        account: &AccountId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<PastLead>, StoreError> {
        let created = self.created(account, from, until, limit).await?;
        // Collected, as in `get_many`.
        let batches: Vec<_> = created.chunks(BATCH_KEYS_MAX).map(|batch| self.past_batch(account, batch)).collect();
        let mut batches = stream::iter(batches).buffered(BATCHES_AT_ONCE);
        let mut leads = Vec::with_capacity(created.len());
        while let Some(batch) = batches.try_next().await? {
            leads.extend(batch);
        }
        Ok(leads)
    }

    /// Which leads were created when, the oldest first.
    async fn created(
        &self,
        account: &AccountId,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Created>, StoreError> {
        let days = days(from, until).map(|day| self.created_on(account, day, from, until, limit));
        let mut days = stream::iter(days).buffered(DAYS_AT_ONCE);
        let mut created = Vec::new();
        while created.len() < limit
            && let Some(day) = days.try_next().await?
        {
            created.extend(day);
        }
        created.truncate(limit);
        Ok(created)
    }

    async fn created_on(
        &self,
        account: &AccountId,
        day: Date,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Created>, StoreError> {
        let shards = (0..SHARDS).map(|shard| keys::day_partition(account, Kind::Event, day, shard));
        let shards = try_join_all(shards.map(|shard| self.created_in(shard, from, until, limit))).await?;
        let mut created: Vec<Created> = shards.into_iter().flatten().collect();
        created.sort_unstable();
        Ok(created)
    }

    /// One shard of one day: its oldest leads, `limit` at least where it has so many.
    async fn created_in(
        &self,
        partition: String,
        from: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Created>, StoreError> {
        let query = self
            .query_by(Some(BY_TIME), TIME_PK, &partition, None)
            // No entry sorts at the bare time, so `until` itself is not among them.
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :until")
            .filter_expression("#status = :created")
            .projection_expression("#sk, #lead")
            .expression_attribute_names("#sk", TIME_SK)
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#lead", "lead_id")
            .expression_attribute_values(":from", text(moment(from)))
            .expression_attribute_values(":until", text(moment(until)))
            .expression_attribute_values(":created", text(EventStatus::Created.name()));
        let mut pages = query.into_paginator().send();
        let mut created = Vec::new();
        while created.len() < limit
            && let Some(page) = pages.next().await
        {
            for item in page.map_err(StoreError::of("Query"))?.items.unwrap_or_default() {
                created.push(read_created(&partition, &item)?);
            }
        }
        Ok(created)
    }

    async fn past_batch(&self, account: &AccountId, batch: &[Created]) -> Result<Vec<PastLead>, StoreError> {
        let keys: Vec<Key> = batch.iter().map(|created| keys::lead(account, &created.lead)).collect();
        let mut leads = BTreeMap::new();
        for item in self.get_batch(&keys, false, &[]).await? {
            let lead = read_lead(account, item)?;
            leads.insert(lead.id.clone(), lead);
        }
        // How many decisions there were stands in the lead; nearly always it is one.
        let attempts = leads
            .values()
            .flat_map(|lead| (1..=lead.standing.attempt()).map(|attempt| keys::assignment(account, &lead.id, attempt)));
        let attempts: Vec<Key> = attempts.collect();
        let events: BTreeSet<&str> = batch.iter().map(Created::event).collect();
        let mut decisions: BTreeMap<LeadId, Vec<PastDecision>> = BTreeMap::new();
        for keys in attempts.chunks(BATCH_KEYS_MAX) {
            for item in self.get_batch(keys, false, &DECISION).await? {
                let stored: DecisionItem = from_item(&format!("an assignment of account {account}"), item)?;
                // A later event asked for the others, or no event at all.
                if stored.event_id.as_ref().is_some_and(|event| events.contains(event.as_str())) {
                    decisions.entry(stored.lead_id.clone()).or_default().push(stored.into());
                }
            }
        }
        let past = batch.iter().filter_map(|created| {
            let lead = leads.remove(&created.lead)?;
            let mut decisions = decisions.remove(&created.lead).unwrap_or_default();
            decisions.sort_unstable_by_key(|decision| decision.attempt);
            Some(PastLead { lead, decisions })
        });
        Ok(past.collect())
    }
}

impl From<DecisionItem> for PastDecision {
    fn from(stored: DecisionItem) -> Self {
        let outcome = match (stored.assignee, stored.outcome.as_str()) {
            (Some(assignee), _) => PastOutcome::Assigned { assignee, pool: stored.pool },
            (None, "parked") => PastOutcome::Parked,
            (None, "queued") => PastOutcome::Queued,
            (None, _) => PastOutcome::Nothing,
        };
        Self {
            attempt: stored.attempt,
            config_version: stored.config_version,
            profile: stored.profile,
            rule: stored.rule,
            outcome,
            decided_at: stored.decided_at,
        }
    }
}

/// The days in UTC that a time touches, the first one first.
fn days(from: Timestamp, until: Timestamp) -> impl Iterator<Item = Date> {
    let day = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).date();
    let last = until.saturating_sub(SignedDuration::from_nanos(1)).map_or(day(until), day);
    let first = (from < until).then(|| day(from));
    std::iter::successors(first, |day| day.checked_add(1.day()).ok()).take_while(move |day| *day <= last)
}

fn read_created(partition: &str, item: &Item) -> Result<Created, StoreError> {
    let attribute = |name: &str| item.get(name).map(AttributeValue::as_s)?.ok();
    let created = attribute(TIME_SK).zip(attribute("lead_id"));
    let lead = created.and_then(|(position, lead)| Some((position.clone(), lead.parse().ok()?)));
    let (position, lead) =
        lead.ok_or_else(|| StoreError::corrupt(format!("an index entry in {partition}"), "it names no lead"))?;
    Ok(Created { position, lead })
}

#[cfg(test)]
mod tests;
