//! Leads: found by their keys, read with everything about them, listed by their owner.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, Cause, Holding, Outcome, Standing};
use leadyard_domain::delivery::DeliveryRecord;
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{
    AccountId, AssigneeId, DeliveryId, Entity, EventId, LeadId, PoolId, ProfileId, RuleId, SourceId,
};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::lead::{LastEvent, Lead, OwnDelivery};
use leadyard_domain::sync::Marks;
use leadyard_domain::trace::Trace;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Store;
use crate::codec::{Deflated, Item, from_item, to_item};
use crate::delivery::read_delivery;
use crate::error::StoreError;
use crate::keys::{self, BY_OWNER, Key, Kind, LeadPart, OWNER_PK, OWNER_SK, PK, SK};
use crate::listing::{Cursor, Page};
use crate::read::SortKey;

/// Everything that is kept about one lead.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadFile {
    /// The lead.
    pub lead: Lead,
    /// Its decisions, by attempt.
    pub assignments: Vec<Assignment>,
    /// Its deliveries that were tried or are being tried, by id.
    pub deliveries: Vec<DeliveryRecord>,
    /// Deliveries that were decided and not begun yet, by id.
    pub pending: Vec<DeliveryId>,
}

/// The item of a lead, beside its keys, which name it.
#[derive(Serialize, Deserialize)]
struct LeadItem {
    entity: Entity,
    version: u64,
    source: SourceId,
    fields: Deflated<Fields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<AssigneeId>,
    standing: Standing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holdings: Option<Deflated<Vec<Holding>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_assigned_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_contact_at: Option<Timestamp>,
    #[serde(default)]
    duplicate_count: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    activities: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited: Option<Deflated<BTreeMap<FieldName, Timestamp>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sync: Option<Deflated<Marks>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    own_deliveries: Vec<OwnDelivery>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a lead says, known and unknown fields, and the event that last said it: packed together, the hash and the id in it take
/// half of what they do as attributes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Fields {
    fields: BTreeMap<FieldName, FieldValue>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<String, Value>,
    last_event: LastEvent,
}

/// The lead as an item, with its places in the indexes. The one by time never changes, nor does what that index shows: a lead
/// costs a write there when it is created and never again.
pub(crate) fn lead_item(lead: &Lead) -> Result<(Key, Item), StoreError> {
    let key = keys::lead(&lead.account, &lead.id);
    let stored = LeadItem {
        entity: lead.entity.clone(),
        version: lead.version,
        source: lead.source.clone(),
        fields: Deflated(Fields {
            fields: lead.fields.clone(),
            extra: lead.extra.clone(),
            last_event: lead.last_event.clone(),
        }),
        owner: lead.owner.clone(),
        standing: lead.standing.clone(),
        holdings: (!lead.holdings.is_empty()).then(|| Deflated(lead.holdings.clone())),
        first_assigned_at: lead.first_assigned_at,
        first_contact_at: lead.first_contact_at,
        duplicate_count: lead.duplicate_count,
        activities: lead.activities,
        edited: (!lead.edited.is_empty()).then(|| Deflated(lead.edited.clone())),
        sync: (!lead.sync.is_empty()).then(|| Deflated(lead.sync.clone())),
        own_deliveries: lead.own_deliveries.clone(),
        created_at: lead.created_at,
        updated_at: lead.updated_at,
        erased_at: lead.erased_at,
    };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    item.extend(keys::by_time(&lead.account, Kind::Lead, lead.created_at, lead.id.as_str()));
    if let Some(owner) = &lead.owner {
        item.extend(keys::by_owner(&lead.account, owner, owned_since(lead), &lead.id));
    }
    Ok((key, item))
}

/// When the owner got the lead; a lead that was owned before it was distributed has been since it came.
fn owned_since(lead: &Lead) -> Timestamp {
    match lead.standing {
        Standing::Assigned { at, .. } => at,
        _ => lead.created_at,
    }
}

pub(crate) fn read_lead(account: &AccountId, item: Item) -> Result<Lead, StoreError> {
    let name = name_of(account, &item);
    let id = keys::lead_of(&item).ok_or_else(|| StoreError::corrupt(&name, "its key names no lead"))?;
    let stored: LeadItem = from_item(&name, item)?;
    Ok(Lead {
        id,
        account: account.clone(),
        entity: stored.entity,
        version: stored.version,
        source: stored.source,
        fields: stored.fields.0.fields,
        extra: stored.fields.0.extra,
        owner: stored.owner,
        standing: stored.standing,
        holdings: stored.holdings.map(|holdings| holdings.0).unwrap_or_default(),
        first_assigned_at: stored.first_assigned_at,
        first_contact_at: stored.first_contact_at,
        duplicate_count: stored.duplicate_count,
        activities: stored.activities,
        edited: stored.edited.map(|edited| edited.0).unwrap_or_default(),
        last_event: stored.fields.0.last_event,
        sync: stored.sync.map(|marks| marks.0).unwrap_or_default(),
        own_deliveries: stored.own_deliveries,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        erased_at: stored.erased_at,
    })
}

fn name_of(account: &AccountId, item: &Item) -> String {
    Key::of(item).map_or_else(|| format!("a lead of account {account}"), |key| key.to_string())
}

/// The item of an assignment, beside its keys. `outcome`, `assignee` and `pool` are there to be read by a person, and
/// without the trace ([`Store::past_leads`]).
#[derive(Serialize, Deserialize)]
struct AssignmentItem {
    lead_id: LeadId,
    attempt: u32,
    /// The event that asked for it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_id: Option<EventId>,
    config_version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<RuleId>,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignee: Option<AssigneeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pool: Option<PoolId>,
    decided_at: Timestamp,
    /// The shares of a pick name the same assignees as the trace: packed together they cost little.
    decision: Deflated<DecisionPart>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DecisionPart {
    cause: Cause,
    outcome: Outcome,
    trace: Trace,
}

/// The assignment as an item.
pub(crate) fn assignment_item(account: &AccountId, assignment: &Assignment) -> Result<(Key, Item), StoreError> {
    let key = keys::assignment(account, &assignment.lead, assignment.attempt);
    let (assignee, pool) = match &assignment.outcome {
        Outcome::Assigned { assignee, pool, .. } => (Some(assignee.clone()), pool.clone()),
        Outcome::Parked { .. } | Outcome::Queued { .. } | Outcome::Nothing => (None, None),
    };
    let stored = AssignmentItem {
        lead_id: assignment.lead.clone(),
        attempt: assignment.attempt,
        event_id: assignment.cause.event().cloned(),
        config_version: assignment.config_version,
        profile: assignment.profile.clone(),
        rule: assignment.rule.clone(),
        outcome: assignment.outcome.name().to_owned(),
        assignee,
        pool,
        decided_at: assignment.decided_at,
        decision: Deflated(DecisionPart {
            cause: assignment.cause.clone(),
            outcome: assignment.outcome.clone(),
            trace: assignment.trace.clone(),
        }),
    };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    Ok((key, item))
}

pub(crate) fn read_assignment(account: &AccountId, item: Item) -> Result<Assignment, StoreError> {
    let stored: AssignmentItem = from_item(&name_of(account, &item), item)?;
    Ok(Assignment {
        lead: stored.lead_id,
        attempt: stored.attempt,
        cause: stored.decision.0.cause,
        config_version: stored.config_version,
        profile: stored.profile,
        rule: stored.rule,
        outcome: stored.decision.0.outcome,
        decided_at: stored.decided_at,
        trace: stored.decision.0.trace,
    })
}

/// The item of a unique key.
#[derive(Serialize, Deserialize)]
struct KeyItem {
    lead_id: LeadId,
}

/// The unique key as an item that leads to a lead.
pub(crate) fn key_item(account: &AccountId, unique: &UniqueKey, lead: &LeadId) -> Result<(Key, Item), StoreError> {
    let key = keys::unique(account, unique);
    let mut item = to_item(&key.to_string(), &KeyItem { lead_id: lead.clone() })?;
    item.extend(key.item());
    Ok((key, item))
}

impl Store {
    /// The leads that have these keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_leads(
        &self,
        account: &AccountId,
        unique: &BTreeSet<UniqueKey>,
        consistent: bool,
    ) -> Result<BTreeMap<UniqueKey, LeadId>, StoreError> {
        let by_key: HashMap<Key, &UniqueKey> =
            unique.iter().map(|unique| (keys::unique(account, unique), unique)).collect();
        let keys: Vec<Key> = by_key.keys().cloned().collect();
        let mut found = BTreeMap::new();
        for item in self.get_many(&keys, consistent).await? {
            let name = name_of(account, &item);
            let unique = Key::of(&item).and_then(|key| by_key.get(&key).copied());
            let KeyItem { lead_id } = from_item(&name, item)?;
            if let Some(unique) = unique {
                found.insert(unique.clone(), lead_id);
            }
        }
        Ok(found)
    }

    /// The leads of these ids that exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leads(
        &self,
        account: &AccountId,
        ids: &BTreeSet<LeadId>,
        consistent: bool,
    ) -> Result<BTreeMap<LeadId, Lead>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| keys::lead(account, id)).collect();
        let items = self.get_many(&keys, consistent).await?;
        items.into_iter().map(|item| read_lead(account, item).map(|lead| (lead.id.clone(), lead))).collect()
    }

    /// Some decisions about leads, each by its lead and attempt, as far as they are there. Read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn assignments(
        &self,
        account: &AccountId,
        wanted: &BTreeSet<(LeadId, u32)>,
    ) -> Result<BTreeMap<(LeadId, u32), Assignment>, StoreError> {
        let keys: Vec<Key> = wanted.iter().map(|(lead, attempt)| keys::assignment(account, lead, *attempt)).collect();
        let items = self.get_many(&keys, true).await?;
        let read = |item| read_assignment(account, item).map(|its| ((its.lead.clone(), its.attempt), its));
        items.into_iter().map(read).collect()
    }

    /// One lead with everything about it but its activities, read consistently; `None` when there is no such lead.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lead_file(&self, account: &AccountId, id: &LeadId) -> Result<Option<LeadFile>, StoreError> {
        // Activities may be many, and stand before all else.
        let narrowed = SortKey { name: SK, test: "#sk > :sk", value: keys::ACTIVITIES_END };
        let query = self.query_by(None, PK, &keys::lead_partition(account, id), Some(narrowed)).consistent_read(true);
        let mut lead = None;
        let mut assignments = Vec::new();
        let mut deliveries = Vec::new();
        for item in self.query_all(query).await? {
            match keys::lead_part(&item) {
                LeadPart::Lead => lead = Some(read_lead(account, item)?),
                LeadPart::Assignment => assignments.push(read_assignment(account, item)?),
                LeadPart::Delivery(id) => deliveries.push(read_delivery(account, &id, item)?),
                LeadPart::Other => {}
            }
        }
        let Some(lead) = lead else { return Ok(None) };
        let begun: BTreeSet<&DeliveryId> = deliveries.iter().map(|delivery| &delivery.id).collect();
        let notices = lead.holdings.iter().filter_map(|holding| holding.timers.as_ref());
        let notices = notices.flat_map(|timers| timers.notices.iter().cloned());
        let own = lead.own_deliveries.iter().map(|own| own.delivery.clone());
        let mut pending: Vec<DeliveryId> =
            assignments.iter().flat_map(wanted_deliveries).chain(notices).chain(own).collect();
        pending.retain(|id| !begun.contains(id));
        pending.sort_unstable();
        Ok(Some(LeadFile { lead, assignments, deliveries, pending }))
    }

    /// The leads that someone has, the latest first, at most `limit`. The list may be a second behind; a lead that was
    /// given to someone else meanwhile is left out, so a page may be short.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leads_of_owner(
        &self,
        account: &AccountId,
        owner: &AssigneeId,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Lead>, StoreError> {
        let narrowed = cursor.map(|cursor| SortKey { name: OWNER_SK, test: "#sk < :sk", value: cursor.position() });
        let partition = keys::owner_partition(account, owner);
        let query = self.query_by(Some(BY_OWNER), OWNER_PK, &partition, narrowed);
        let limit = i32::try_from(limit.max(1)).unwrap_or(i32::MAX);
        let answer = query.scan_index_forward(false).limit(limit).send().await.map_err(StoreError::of("Query"))?;
        let positions: Vec<String> =
            answer.items().iter().filter_map(|item| item.get(OWNER_SK)?.as_s().ok().cloned()).collect();
        let more = answer.last_evaluated_key.is_some();
        let next = positions.last().filter(|_| more).map(Cursor::behind);
        let ids: Vec<LeadId> = positions
            .iter()
            .map(|position| keys::split_timed(position).and_then(|(_, id)| id.parse().ok()))
            .map(|id| id.ok_or_else(|| StoreError::corrupt(format!("index entry in {partition}"), "it names no lead")))
            .collect::<Result<_, _>>()?;
        let mut leads = self.leads(account, &ids.iter().cloned().collect(), false).await?;
        let rows = ids.iter().filter_map(|id| leads.remove(id)).filter(|lead| lead.owner.as_ref() == Some(owner));
        Ok(Page { rows: rows.collect(), next })
    }
}

/// The deliveries that a decision asks for.
pub(crate) fn wanted_deliveries(assignment: &Assignment) -> Vec<DeliveryId> {
    match &assignment.outcome {
        Outcome::Assigned { destinations, .. } => destinations
            .iter()
            .map(|destination| DeliveryId::of(&assignment.lead, assignment.attempt, destination))
            .collect(),
        Outcome::Parked { .. } | Outcome::Queued { .. } | Outcome::Nothing => Vec::new(),
    }
}
