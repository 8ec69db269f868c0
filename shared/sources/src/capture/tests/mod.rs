//! From an event to a draft, and from a draft to a lead.

mod behaviour;
mod mapping;

use jiff::tz::TimeZone;
use leadyard_domain::config::{FieldDefinition, FieldTable, Source};
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::EventId;
use serde_json::{Value, json};

use super::{CaptureError, Draft, capture};

/// A source of the `json` format with more settings.
fn source(more: Value) -> Source {
    let mut source = json!({"id": "web", "format": "json", "default_country": "DE"});
    source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(source).unwrap()
}

fn table() -> FieldTable {
    let custom = json!([
        {"name": "company_size", "type": "number"},
        {"name": "budget.min", "type": "number"},
        {"name": "interests", "type": "list"},
        {"name": "tier", "type": "choice", "options": ["Gold", "Silver"]},
        {"name": "birthday", "type": "date"},
        {"name": "appointment", "type": "datetime"},
        {"name": "newsletter", "type": "boolean"},
        {"name": "branch", "type": "geo"},
    ]);
    FieldTable::new(&serde_json::from_value::<Vec<FieldDefinition>>(custom).unwrap())
}

/// An event that the sender named, received at second 0.
fn received(payload: Value) -> Received {
    Received {
        account: "main".parse().unwrap(),
        source: "web".parse().unwrap(),
        event: EventId::from_external(&"main".parse().unwrap(), &"web".parse().unwrap(), "1"),
        received_at: jiff::Timestamp::UNIX_EPOCH,
        identity: Identity::External("1".to_owned()),
        payload: serde_json::from_value(payload).unwrap(),
        origin: Origin::default(),
        intent: Intent::Capture,
    }
}

fn draft(more: Value, payload: Value) -> Result<Draft, CaptureError> {
    capture(&source(more), &table(), &TimeZone::get("America/New_York").unwrap(), &received(payload))
}

/// The fields of a lead as plain JSON.
fn plain<'a>(
    fields: impl IntoIterator<Item = (&'a leadyard_domain::field::FieldName, &'a leadyard_domain::field::FieldValue)>,
) -> Value {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_string(), value.to_json()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
