//! The normalised record of a person or company who asked for something.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::assignment::{Ending, Holding, Standing};
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountId, AssigneeId, DeliveryId, Entity, EventId, LeadId, SourceId};
use crate::sync::Marks;

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
    /// Everyone who was given it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holdings: Vec<Holding>,
    /// When somebody was first given it: since `created_at`, the time to assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_assigned_at: Option<Timestamp>,
    /// When it was first contacted: since `first_assigned_at`, the time to contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_contact_at: Option<Timestamp>,
    /// How often an event met this lead after the first.
    #[serde(default)]
    pub duplicate_count: u32,
    /// How many activities it has.
    #[serde(default)]
    pub activities: u32,
    /// Of each field that was changed by hand, when that was last asked for: the same message again, or an earlier one that
    /// comes later, does not change it back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edited: BTreeMap<FieldName, Timestamp>,
    /// The event that last created or met it.
    pub last_event: LastEvent,
    /// What it remembers of its way through accounts.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub sync: Marks,
    /// What is sent of it whoever has it, as far as its last versions asked for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_deliveries: Vec<OwnDelivery>,
    /// When its first event was received.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When everything personal was taken out of it. Nobody is given it and nothing of it is delivered since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
}

/// A delivery that a version of a lead asks for, whoever has the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnDelivery {
    /// The version.
    pub version: u64,
    /// The delivery.
    pub delivery: DeliveryId,
}

/// Most of those that a lead remembers beside what its last version asked for; the oldest are forgotten.
const OWN_DELIVERIES_MAX: usize = 20;

/// Most times that one lead is given to somebody, whatever the rules say: its item holds all of them.
pub const HOLDINGS_MAX: usize = 100;

impl Lead {
    /// Asks for a delivery of the lead itself, in the version that it has now.
    pub fn ask_for(&mut self, delivery: DeliveryId) {
        self.own_deliveries.push(OwnDelivery { version: self.version, delivery });
        // What this version asks for has not been sent yet, however much it is.
        let over = self.own_deliveries.len().saturating_sub(OWN_DELIVERIES_MAX);
        let earlier = self.own_deliveries.iter().take_while(|own| own.version < self.version).count();
        self.own_deliveries.drain(..over.min(earlier));
    }

    /// Those who have it now.
    pub fn held(&self) -> impl Iterator<Item = &Holding> {
        self.holdings.iter().filter(|holding| holding.ended.is_none())
    }

    /// How somebody ceased to have the lead by an attempt; `None` while they have it.
    #[must_use]
    pub fn ended(&self, attempt: u32) -> Option<Ending> {
        self.holding(attempt)?.ended.as_ref().map(|end| end.how)
    }

    /// What an attempt gave to somebody, if it did.
    #[must_use]
    pub fn holding(&self, attempt: u32) -> Option<&Holding> {
        self.holdings.iter().find(|holding| holding.attempt == attempt)
    }
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
