//! What one account tells another.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::marks::Stamp;
use crate::activity::{Activity, ActivityOrigin};
use crate::id::{AccountName, ActivityType, Entity, LeadId};
use crate::lead::Lead;

/// The body of a push, and of what a source of format `account_sync` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: PushKind,
    /// Who sends it, and which of its leads in which version it is about.
    pub origin: Origin,
    /// The accounts that all of it came through, the sender last.
    pub hops: Vec<AccountName>,
    /// The lead as it is there.
    pub lead: PushedLead,
    /// What happened to it, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<PushedActivity>,
}

/// An activity as its account tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushedActivity {
    /// Who made it first, and its id there.
    pub origin: ActivityOrigin,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ActivityType,
    /// When it happened.
    pub at: Timestamp,
    /// What is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// When it was last changed, by whoever changed it.
    pub updated_at: Timestamp,
}

/// A push without the values of its lead: those are mapped and typed like the fields of every event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncHead {
    /// What happened.
    pub kind: PushKind,
    /// Who sends it, and which of its leads in which version it is about.
    pub origin: Origin,
    /// The accounts that all of it came through, the sender last.
    pub hops: Vec<AccountName>,
    /// By their names there, when each field was set, and by whom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stamps: BTreeMap<String, Stamp>,
    /// Its id in accounts that know it too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<AccountName, String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What happened to it, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<PushedActivity>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PushKind {
    /// A lead was created.
    #[serde(rename = "lead.created")]
    Created,
    /// A lead was changed.
    #[serde(rename = "lead.updated")]
    Updated,
    /// A lead was deleted.
    #[serde(rename = "lead.deleted")]
    Deleted,
    /// Something happened to a lead, or what is known of that has changed.
    #[serde(rename = "activity.created")]
    Activity,
    /// Nothing: somebody tries whether what is told arrives.
    #[serde(rename = "test")]
    Test,
}

/// A lead of an account in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The account.
    pub account: AccountName,
    /// Its id of the lead.
    pub lead: String,
    /// Its version of the lead.
    pub version: u64,
}

/// A lead as its account tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushedLead {
    /// Its type.
    pub entity: Entity,
    /// Its fields, by their names there.
    pub fields: Map<String, Value>,
    /// Of each field when it was set, and by whom. One that is not among the fields was taken away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stamps: BTreeMap<String, Stamp>,
    /// Its id in accounts that know it too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<AccountName, String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl SyncHead {
    /// The lead of `own` that it is about, where the sender knows that.
    #[must_use]
    pub fn known_as(&self, own: &AccountName) -> Option<LeadId> {
        self.links.get(own).and_then(|id| LeadId::new(id.as_str()).ok())
    }
}

impl PushKind {
    /// What is told of a lead as it is now: in its first version it was created, and one that was erased is deleted.
    #[must_use]
    pub fn of(lead: &Lead, activity: Option<&Activity>) -> Self {
        match lead {
            Lead { erased_at: Some(_), .. } => Self::Deleted,
            _ if activity.is_some() => Self::Activity,
            Lead { version: 1, .. } => Self::Created,
            _ => Self::Updated,
        }
    }
}

impl Origin {
    /// A lead of `own` in the version that it has now.
    #[must_use]
    pub fn of(lead: &Lead, own: &AccountName) -> Self {
        Self { account: own.clone(), lead: lead.id.to_string(), version: lead.version }
    }
}

impl PushedActivity {
    /// An activity as others are told of it.
    #[must_use]
    pub fn of(activity: &Activity) -> Self {
        let Activity { origin, kind, at, fields, updated_at, .. } = activity.clone();
        Self { origin, kind, at, fields, updated_at }
    }
}

impl Push {
    /// The push without the values of its lead, and those values.
    #[must_use]
    pub fn apart(self) -> (SyncHead, Map<String, Value>) {
        let Self { kind, origin, hops, lead, activity } = self;
        let PushedLead { entity: _, fields, stamps, links, created_at, updated_at } = lead;
        (SyncHead { kind, origin, hops, stamps, links, created_at, updated_at, activity }, fields)
    }

    /// What `own` tells of a lead as it is now, or of what happened to it.
    #[must_use]
    pub fn of(lead: &Lead, activity: Option<&Activity>, own: &AccountName) -> Self {
        let mut marks = lead.sync.clone();
        marks.settle(&lead.fields, own, lead.created_at);
        let links = marks.links.iter().map(|(account, link)| (account.clone(), link.lead.clone()));
        Self {
            kind: PushKind::of(lead, activity),
            origin: Origin::of(lead, own),
            hops: activity
                .map_or_else(|| marks.hops(), |its| its.via.clone())
                .into_iter()
                .chain([own.clone()])
                .collect(),
            lead: PushedLead {
                entity: lead.entity.clone(),
                fields: lead.fields.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect(),
                stamps: marks.stamps.into_iter().map(|(name, stamp)| (name.to_string(), stamp)).collect(),
                links: links.collect(),
                created_at: lead.created_at,
                updated_at: lead.updated_at,
            },
            activity: activity.map(PushedActivity::of),
        }
    }
}
