//! Leads as a person writes them: for routing tests and simulations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::assignment::Standing;
use crate::condition::{Subject, instant};
use crate::config::{Checked, FieldTable, Problem};
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountId, AssigneeId, Entity, EventId, LeadId, SourceId};
use crate::lead::{LastEvent, Lead};
use crate::near;

/// A lead as a person writes it, with its fields as capture would leave them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleLead {
    /// The lead type.
    #[serde(default = "crate::config::default_entity")]
    pub entity: Entity,
    /// The source it came from; the first one of its entity where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// When it came: a day or a time, in the account's zone when it names none; now where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// Whether its event made it, or met it again.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub is_new: bool,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AssigneeId>,
    /// How often an event met it after the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duplicate_count: u32,
    /// Its fields. Numbers may be texts, as forms send them.
    #[serde(default)]
    pub fields: BTreeMap<FieldName, Value>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// A sample lead with every field in its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    lead: Lead,
    is_new: bool,
    received_at: Timestamp,
}

impl SampleLead {
    /// Gives every field its type; what does not fit the config is added to `problems`.
    #[must_use]
    pub fn read(&self, config: &Checked, now: Timestamp, path: &str, problems: &mut Vec<Problem>) -> Option<Sample> {
        let before = problems.len();
        let zone = config.config().account.timezone.time_zone();
        let received_at = match &self.received_at {
            None => Some(now),
            Some(written) => instant(written, zone),
        };
        if received_at.is_none() {
            let written = self.received_at.as_deref().unwrap_or_default();
            let message = format!("'{written}' is no day or time: write 2026-07-31 or 2026-07-31T10:00:00Z");
            problems.push(Problem::new(format!("{path}.received_at"), message));
        }
        let sources = &config.config().sources;
        if let Some(id) = &self.source
            && config.source(id).is_none()
        {
            let hint = near::hint(id.as_str(), sources.iter().map(|source| source.id.as_str()));
            problems.push(Problem::new(format!("{path}.source"), format!("there is no '{id}' under 'sources'{hint}")));
        }
        let of_entity = || sources.iter().find(|source| source.entity == self.entity).map(|source| source.id.clone());
        let source = self.source.clone().or_else(of_entity).unwrap_or_else(sample_source);
        let fields = read_fields(&self.fields, config.fields(), zone, path, problems);
        let received_at = received_at.filter(|_| problems.len() == before)?;
        let account = AccountId::new("sample").expect("a valid slug");
        let event = EventId::from_external(&account, &source, path);
        let lead = Lead {
            id: LeadId::from_event(&event),
            account,
            entity: self.entity.clone(),
            version: 1,
            source,
            fields,
            extra: BTreeMap::new(),
            owner: self.owner.clone(),
            standing: Standing::Unassigned { attempt: 0 },
            holdings: Vec::new(),
            first_assigned_at: None,
            first_contact_at: None,
            erased_at: None,
            duplicate_count: self.duplicate_count,
            activities: 0,
            edited: BTreeMap::new(),
            last_event: LastEvent { event, at: received_at, body_hash: None },
            sync: Default::default(),
            own_deliveries: Vec::new(),
            created_at: received_at,
            updated_at: received_at,
        };
        Some(Sample { lead, is_new: self.is_new, received_at })
    }
}

impl Sample {
    /// The lead as rules see it.
    #[must_use]
    pub fn subject<'a>(&'a self, zone: &'a TimeZone) -> Subject<'a> {
        let Self { lead, is_new, received_at } = self;
        Subject { lead, source: &lead.source, is_new: *is_new, received_at: *received_at, zone }
    }
}

/// Stands for the source where the config has none.
fn sample_source() -> SourceId {
    SourceId::new("sample").expect("a valid slug")
}

fn read_fields(
    written: &BTreeMap<FieldName, Value>,
    table: &FieldTable,
    zone: &TimeZone,
    path: &str,
    problems: &mut Vec<Problem>,
) -> BTreeMap<FieldName, FieldValue> {
    let mut fields = BTreeMap::new();
    for (name, value) in written {
        let path = format!("{path}.fields.{name}");
        match table.get(name) {
            None => problems.push(Problem::new(path, table.unknown(name))),
            Some(info) if info.derived => {
                problems.push(Problem::new(path, format!("'{name}' is computed and can't be given")));
            }
            Some(_) if value.is_null() => {}
            Some(info) => match FieldValue::read(value, info, zone) {
                Ok(value) => {
                    fields.insert(name.clone(), value);
                }
                Err(message) => problems.push(Problem::new(path, message)),
            },
        }
    }
    fields
}
