//! The normalised record of a person or company who asked for something.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::assignment::Standing;
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountId, AssigneeId, Entity, EventId, LeadId, SourceId};

/// A lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Derived from the event that created it.
    pub id: LeadId,
    /// The tenant.
    pub account: AccountId,
    /// The lead type.
    pub entity: Entity,
    /// Moves by one with each stored change; 0 before the first.
    pub version: u64,
    /// The source that created it.
    pub source: SourceId,
    /// Known fields, typed and normalised.
    pub fields: BTreeMap<FieldName, FieldValue>,
    /// What arrived without a mapping, as it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AssigneeId>,
    /// Where its distribution stands.
    pub standing: Standing,
    /// How often an event met this lead after the first.
    #[serde(default)]
    pub duplicate_count: u32,
    /// The event that last created or met it.
    pub last_event: LastEvent,
    /// When its first event was received.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The event that last created or met a lead: by it a repeated body is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    /// Its id.
    pub event: EventId,
    /// When it was received.
    pub at: Timestamp,
    /// The hash of its body, when the source names no external id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_hash: Option<String>,
}
