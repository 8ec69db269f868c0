//! What a condition looks at.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::derived;
use crate::field::{FieldName, FieldValue};
use crate::id::SourceId;
use crate::lead::Lead;

/// A lead and what surrounds it when rules are tried.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The lead, as it is after capture.
    pub lead: &'a Lead,
    /// The source of the event.
    pub source: &'a SourceId,
    /// Whether the event created the lead.
    pub is_new: bool,
    /// When the event was received.
    pub received_at: Timestamp,
    /// The account's zone: in it a day without a time begins.
    pub zone: &'a TimeZone,
}

impl<'a> Subject<'a> {
    /// A known lead that is decided without an event: as it was when its last event came.
    #[must_use]
    pub fn known(lead: &'a Lead, zone: &'a TimeZone) -> Self {
        let (is_new, received_at) = (lead.duplicate_count == 0, lead.last_event.at);
        Self { lead, source: &lead.source, is_new, received_at, zone }
    }

    /// A field's value; `None` when it is missing or empty.
    #[must_use]
    pub fn get(&self, field: &FieldName) -> Option<Cow<'a, FieldValue>> {
        if let Some(value) = self.lead.fields.get(field) {
            return (!value.is_empty()).then_some(Cow::Borrowed(value));
        }
        derived::value(self, field.as_str()).map(Cow::Owned)
    }
}
