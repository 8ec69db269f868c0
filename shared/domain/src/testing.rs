#![cfg(test)]
//! What tests of several modules begin with.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::assignment::Standing;
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountId, Entity, EventId, LeadId, SourceId};
use crate::lead::{LastEvent, Lead};

/// A new lead of the entity `lead`, from the source `web`, that came at the epoch.
pub(crate) fn lead(fields: BTreeMap<FieldName, FieldValue>) -> Lead {
    let (account, source) = (AccountId::new("main").unwrap(), SourceId::new("web").unwrap());
    let event = EventId::from_external(&account, &source, "1");
    let at = Timestamp::UNIX_EPOCH;
    Lead {
        id: LeadId::from_event(&event),
        account,
        entity: Entity::new("lead").unwrap(),
        version: 1,
        source,
        fields,
        extra: BTreeMap::new(),
        owner: None,
        standing: Standing::Unassigned { attempt: 0 },
        holdings: Vec::new(),
        first_assigned_at: None,
        first_contact_at: None,
        erased_at: None,
        duplicate_count: 0,
        activities: 0,
        edited: Default::default(),
        last_event: LastEvent { event, at, body_hash: None },
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at: at,
        updated_at: at,
    }
}
