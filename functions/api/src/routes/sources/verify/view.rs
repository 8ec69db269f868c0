//! What is told of a sample.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use leadyard_domain::config::{Checked, Source};
use leadyard_domain::event::{EventStatus, Identity, Intent, Received};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_sources::capture::Known;
use leadyard_sources::{Draft, Unauthentic};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::routes::events::status_schema;

/// What a source would make of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verified {
    /// Whether the request proves where it comes from; `null` where no headers were given that could tell.
    pub(super) verification: Option<VerificationView>,
    /// The HTTP status that the sender would be answered, if the request proves where it comes from.
    #[schema(example = 202)]
    answer_status: u16,
    /// Why the request would be answered like any other and forgotten.
    pub(super) ignored: Option<&'static str>,
    /// What is wrong with the body, and where: none of its events is taken.
    pub(super) malformed: Option<String>,
    /// The events, in the request's order. Each is judged by what is known now, not by the ones before it.
    pub(super) events: Vec<VerifiedEvent>,
    /// How many further events the request has.
    pub(super) more: usize,
}

impl Verified {
    pub(super) fn answered(status: StatusCode) -> Self {
        Self {
            verification: None,
            answer_status: status.as_u16(),
            ignored: None,
            malformed: None,
            events: Vec::new(),
            more: 0,
        }
    }

    pub(super) fn set_answer(&mut self, status: StatusCode) {
        self.answer_status = status.as_u16();
    }
}

/// Whether a request proves where it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationView {
    /// Whether it does.
    verified: bool,
    /// Why not.
    reason: Option<String>,
}

impl From<Result<(), Unauthentic>> for VerificationView {
    fn from(proved: Result<(), Unauthentic>) -> Self {
        Self { verified: proved.is_ok(), reason: proved.err().map(|error| error.to_string()) }
    }
}

/// What would become of one event.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedEvent {
    /// The sender's own id of it.
    external_id: Option<String>,
    /// How a repeat of it is told: by the sender's id (`external`), or by the same body within 60 s (`body`).
    #[schema(example = "external")]
    identity: &'static str,
    /// What is to be done with it: `capture`, `fetch` (its answers are on the platform), `log`, `fail` or `erase`.
    #[schema(example = "capture")]
    intent: &'static str,
    /// The lead's fields that it fills.
    fields: Vec<FilledField>,
    /// Values that count only where neither the event nor the lead has one.
    defaults: Vec<FilledField>,
    /// What fills no field, as it came.
    #[schema(value_type = Object)]
    extra: BTreeMap<String, Value>,
    /// The keys by which a known lead is looked for, the primary first; those that are empty are left out.
    search_keys: Vec<SearchKeyView>,
    /// What would become of it; `null` when that can't be told here: its answers are on the platform, or a lead would be
    /// erased.
    pub(super) outcome: Option<OutcomeView>,
}

/// A field of the lead with its value.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilledField {
    /// The field.
    #[schema(example = "email")]
    field: String,
    /// The path of the value in the event; `null` for a default.
    from: Option<String>,
    /// What the field holds.
    #[serde(rename = "type")]
    #[schema(example = "email")]
    kind: Option<&'static str>,
    /// The value, typed and normalised.
    value: Value,
}

/// A search key.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchKeyView {
    /// Its fields.
    #[schema(example = "email")]
    fields: String,
    /// The lead that has it.
    lead: Option<String>,
    /// Whether that lead counts, by the source's `duplicates`.
    counts: Option<bool>,
}

/// What would become of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeView {
    /// What the log would say of it.
    #[schema(schema_with = status_schema)]
    pub(super) status: EventStatus,
    /// Why, when it would not simply go through: with the field, its type and where the value stands, when it does not fit.
    pub(super) reason: Option<String>,
    /// The known lead that it meets.
    pub(super) lead: Option<String>,
}

impl OutcomeView {
    pub(super) fn failed(reason: String) -> Self {
        Self { status: EventStatus::Failed, reason: Some(reason), lead: None }
    }
}

impl VerifiedEvent {
    /// An event of which nothing but itself is known.
    pub(super) fn of(event: &Received) -> Self {
        let (external_id, identity) = match &event.identity {
            Identity::External(id) => (Some(id.clone()), "external"),
            Identity::Body(_) => (None, "body"),
        };
        let intent = match event.intent {
            Intent::Capture => "capture",
            Intent::Fetch => "fetch",
            Intent::Sync(_) => "sync",
            Intent::Log { .. } => "log",
            Intent::Fail { .. } => "fail",
            Intent::Erase { .. } => "erase",
        };
        Self {
            external_id,
            identity,
            intent,
            fields: Vec::new(),
            defaults: Vec::new(),
            extra: BTreeMap::new(),
            search_keys: Vec::new(),
            outcome: None,
        }
    }

    /// Tells what it says of a lead, and which lead that may be.
    pub(super) fn tell(&mut self, config: &Checked, source: &Source, event: &Received, draft: &Draft, known: &Known) {
        let filled = |(name, value): (&FieldName, &FieldValue)| FilledField {
            field: name.to_string(),
            from: draft.from.get(name).cloned(),
            kind: config.fields().get(name).map(|info| info.kind.name()),
            value: value.to_json(),
        };
        self.fields = draft.fields.iter().map(filled).collect();
        self.defaults = draft.defaults.iter().map(filled).collect();
        self.extra.clone_from(&draft.extra);
        let found = known.found(draft, source, event).into_iter().map(|found| SearchKeyView {
            fields: found.fields,
            lead: found.lead.map(ToString::to_string),
            counts: found.counts,
        });
        self.search_keys = found.collect();
    }
}
