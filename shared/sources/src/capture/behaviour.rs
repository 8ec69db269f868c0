//! What becomes of a draft and the lead that it meets.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use leadyard_domain::assignment::Standing;
use leadyard_domain::config::{Behaviour, OnDuplicate, Source};
use leadyard_domain::event::{EventStatus, Identity, REPEAT_WINDOW_S, Received};
use leadyard_domain::field::{FIELDS_MAX, FieldName, FieldValue};
use leadyard_domain::id::LeadId;
use leadyard_domain::lead::{LastEvent, Lead};

use super::draft::Draft;
use super::error::CaptureError;
use super::push;

/// What becomes of an event. A lead in here is its next version, to be stored; its standing and owner are untouched.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// A new lead, version 1.
    Created(Lead),
    /// The known lead with changed fields.
    Updated(Lead),
    /// The known lead keeps its fields; that it was met is counted.
    Unchanged {
        /// The lead.
        lead: Lead,
        /// Why.
        reason: Cow<'static, str>,
    },
    /// The known lead keeps its fields, and the event waits for review.
    Flagged(Lead),
    /// The known lead keeps its fields, and the event is rejected.
    Rejected(Lead),
    /// The event came before. Nothing is to be stored but the event itself.
    Repeat {
        /// The lead that the first one made or met.
        lead: LeadId,
    },
    /// The source does nothing with such an event. Nothing is to be stored but the event itself.
    Skipped {
        /// The lead that it met.
        lead: Option<LeadId>,
        /// Why.
        reason: Cow<'static, str>,
    },
}

impl Applied {
    /// What the log says of the event.
    #[must_use]
    pub fn status(&self) -> EventStatus {
        match self {
            Self::Created(_) => EventStatus::Created,
            Self::Updated(_) => EventStatus::Updated,
            Self::Unchanged { .. } | Self::Skipped { .. } => EventStatus::Unchanged,
            Self::Flagged(_) => EventStatus::Flagged,
            Self::Rejected(_) => EventStatus::Rejected,
            Self::Repeat { .. } => EventStatus::Duplicate,
        }
    }

    /// Why it did not simply go through, in words for a person.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Created(_) | Self::Updated(_) => None,
            Self::Unchanged { reason, .. } | Self::Skipped { reason, .. } => Some(reason),
            Self::Flagged(_) => Some("the lead is known: the source asks for a review"),
            Self::Rejected(_) => Some("the lead is known: the source rejects duplicates"),
            Self::Repeat { .. } => Some("the same event came shortly before"),
        }
    }

    /// The lead to store, in its next version.
    #[must_use]
    pub fn lead(&self) -> Option<&Lead> {
        match self {
            Self::Created(lead)
            | Self::Updated(lead)
            | Self::Unchanged { lead, .. }
            | Self::Flagged(lead)
            | Self::Rejected(lead) => Some(lead),
            Self::Repeat { .. } | Self::Skipped { .. } => None,
        }
    }

    /// The lead that the event made or met.
    #[must_use]
    pub fn lead_id(&self) -> Option<&LeadId> {
        match self {
            Self::Repeat { lead } => Some(lead),
            Self::Skipped { lead, .. } => lead.as_ref(),
            other => other.lead().map(|lead| &lead.id),
        }
    }
}

/// Settles what becomes of an event, by the source's behaviour and what it does with a known lead.
///
/// `known` is the lead that the draft's keys found.
///
/// # Errors
/// [`CaptureError::TooManyFields`] when the known lead would outgrow its limit.
pub fn apply(
    draft: Draft,
    known: Option<&Lead>,
    source: &Source,
    received: &Received,
    now: Timestamp,
) -> Result<Applied, CaptureError> {
    if let Some(pushed) = draft.push.clone() {
        return push::apply(draft, &pushed, known, source, received, now);
    }
    let Some(known) = known else {
        return Ok(match source.behaviour {
            Behaviour::CreateAndUpdate | Behaviour::CreateOnly => {
                Applied::Created(created(draft, source, received, now))
            }
            Behaviour::UpdateOnly => Applied::Skipped { lead: None, reason: UPDATES_ONLY.into() },
            Behaviour::Nothing => Applied::Skipped { lead: None, reason: LOGS_ONLY.into() },
        });
    };
    if is_repeat(known, received) {
        return Ok(Applied::Repeat { lead: known.id.clone() });
    }
    if source.behaviour == Behaviour::Nothing {
        return Ok(Applied::Skipped { lead: Some(known.id.clone()), reason: LOGS_ONLY.into() });
    }
    let mut met = met(known, received);
    match (source.on_duplicate, source.behaviour) {
        (OnDuplicate::Flag, _) => Ok(Applied::Flagged(met)),
        (OnDuplicate::Reject, _) => Ok(Applied::Rejected(met)),
        (_, Behaviour::CreateOnly) => Ok(Applied::Unchanged { lead: met, reason: CREATES_ONLY.into() }),
        (on_duplicate, _) => {
            if !merge(&mut met, draft, on_duplicate) {
                return Ok(Applied::Unchanged { lead: met, reason: "the lead already has what the event says".into() });
            }
            let fields = met.fields.len() + met.extra.len();
            if fields > FIELDS_MAX {
                return Err(CaptureError::TooManyFields { fields });
            }
            met.updated_at = now;
            Ok(Applied::Updated(met))
        }
    }
}

pub(super) const LOGS_ONLY: &str = "the source only logs its events";
pub(super) const UPDATES_ONLY: &str = "no lead was found, and the source only updates known ones";
pub(super) const CREATES_ONLY: &str = "the lead is known, and the source only creates new ones";

pub(super) fn created(draft: Draft, source: &Source, received: &Received, now: Timestamp) -> Lead {
    let mut fields = draft.fields;
    fill(&mut fields, draft.defaults);
    Lead {
        id: LeadId::from_event(&received.event),
        account: received.account.clone(),
        entity: source.entity.clone(),
        version: 1,
        source: source.id.clone(),
        fields,
        extra: draft.extra,
        owner: None,
        standing: Standing::Unassigned { attempt: 0 },
        holdings: Vec::new(),
        first_assigned_at: None,
        first_contact_at: None,
        erased_at: None,
        duplicate_count: 0,
        activities: 0,
        edited: Default::default(),
        last_event: last_event(received),
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at: received.received_at,
        updated_at: now,
    }
}

/// The same event again, or, where the sender does not name its events, the same body within a short time.
pub(super) fn is_repeat(known: &Lead, received: &Received) -> bool {
    let last = &known.last_event;
    let same_body = match &received.identity {
        Identity::External(_) => false,
        Identity::Body(hash) => last.body_hash.as_ref() == Some(hash),
    };
    // Queues do not keep order: the later one may be handled first.
    let apart_s = received.received_at.as_second().abs_diff(last.at.as_second());
    last.event == received.event || (same_body && apart_s <= REPEAT_WINDOW_S.unsigned_abs())
}

/// The known lead in its next version, with the meeting counted.
pub(super) fn met(known: &Lead, received: &Received) -> Lead {
    let mut lead = known.clone();
    lead.version += 1;
    lead.duplicate_count = lead.duplicate_count.saturating_add(1);
    lead.last_event = last_event(received);
    lead
}

fn last_event(received: &Received) -> LastEvent {
    let body_hash = match &received.identity {
        Identity::External(_) => None,
        Identity::Body(hash) => Some(hash.clone()),
    };
    LastEvent { event: received.event.clone(), at: received.received_at, body_hash }
}

/// Puts the draft into the lead and tells whether anything changed.
fn merge(lead: &mut Lead, draft: Draft, on_duplicate: OnDuplicate) -> bool {
    let (before, before_extra) = (lead.fields.clone(), lead.extra.clone());
    match on_duplicate {
        OnDuplicate::Update => {
            lead.fields.extend(draft.fields);
            lead.extra.extend(draft.extra);
        }
        OnDuplicate::Merge | OnDuplicate::Flag | OnDuplicate::Reject => {
            fill(&mut lead.fields, draft.fields);
            for (key, value) in draft.extra {
                lead.extra.entry(key).or_insert(value);
            }
        }
    }
    fill(&mut lead.fields, draft.defaults);
    lead.fields != before || lead.extra != before_extra
}

/// Fills what is missing or empty.
pub(super) fn fill(fields: &mut BTreeMap<FieldName, FieldValue>, values: BTreeMap<FieldName, FieldValue>) {
    for (name, value) in values {
        match fields.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(mut entry) if entry.get().is_empty() => {
                entry.insert(value);
            }
            Entry::Occupied(_) => {}
        }
    }
}
