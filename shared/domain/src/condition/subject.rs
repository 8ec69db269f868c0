//! What a condition looks at.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

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
    /// A field's value; `None` when it is missing or empty.
    #[must_use]
    pub fn get(&self, field: &FieldName) -> Option<Cow<'a, FieldValue>> {
        if let Some(value) = self.lead.fields.get(field) {
            return (!value.is_empty()).then_some(Cow::Borrowed(value));
        }
        let derived = match field.as_str() {
            "source.id" => FieldValue::Text(self.source.to_string()),
            "lead.is_new" => FieldValue::Boolean(self.is_new),
            "email.domain" => match self.lead.fields.get("email") {
                Some(FieldValue::Text(email)) => FieldValue::Text(email.rsplit_once('@')?.1.to_owned()),
                _ => return None,
            },
            _ => return None,
        };
        Some(Cow::Owned(derived))
    }
}
