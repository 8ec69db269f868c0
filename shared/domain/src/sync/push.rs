//! What one account tells another.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::marks::Stamp;
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountName, Entity};
use crate::lead::Lead;

/// The body of a push, and of what a source of format `account_sync` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: PushKind,
    /// Who sends it, and which of its leads in which version it is about.
    pub origin: Origin,
    /// The accounts that all of the change came through, the sender last.
    pub hops: Vec<AccountName>,
    /// The lead as it is there.
    pub lead: PushedLead,
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
    /// Its fields.
    pub fields: BTreeMap<FieldName, FieldValue>,
    /// Of each field when it was set, and by whom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stamps: BTreeMap<FieldName, Stamp>,
    /// Its id in accounts that know it too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<AccountName, String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Push {
    /// What `own` tells of a lead as it is now.
    #[must_use]
    pub fn of(lead: &Lead, own: &AccountName, kind: PushKind) -> Self {
        let marks = &lead.sync;
        let links = marks.links.iter().map(|(account, link)| (account.clone(), link.lead.clone()));
        Self {
            kind,
            origin: Origin { account: own.clone(), lead: lead.id.to_string(), version: lead.version },
            hops: marks.hops().into_iter().chain([own.clone()]).collect(),
            lead: PushedLead {
                entity: lead.entity.clone(),
                fields: lead.fields.clone(),
                stamps: marks.stamps.clone(),
                links: links.collect(),
                created_at: lead.created_at,
                updated_at: lead.updated_at,
            },
        }
    }
}
