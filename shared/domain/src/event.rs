//! A received event: the inbox and the log in one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Behaviour;
use crate::id::{AccountId, EventId, LeadId, SourceId};
use crate::sync::SyncHead;

/// How long the same body is taken for a repeat, where a source names no external id; in seconds.
pub const REPEAT_WINDOW_S: i64 = 60;

/// One event as intake read it: one lead's worth of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// The tenant.
    pub account: AccountId,
    /// Where it came in.
    pub source: SourceId,
    /// Derived from the external id, or from the request.
    pub event: EventId,
    /// When intake answered for it.
    pub received_at: Timestamp,
    /// Whether the sender named the event; else repeats are told by the body within [`REPEAT_WINDOW_S`].
    pub identity: Identity,
    /// The decoded body: a JSON object, or the pairs of a form.
    pub payload: Map<String, Value>,
    /// Where the request came from.
    #[serde(default)]
    pub origin: Origin,
    /// What is to be done with it.
    #[serde(default, skip_serializing_if = "Intent::is_capture")]
    pub intent: Intent,
}

/// What is to be done with an event; its format says it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// A lead is captured from it.
    #[default]
    Capture,
    /// The platform sent ids only: the answers are fetched, then a lead is captured from them.
    Fetch,
    /// It only stands in the log: a platform's test, or news that is no lead.
    Log {
        /// Why no lead is made of it, in words for a person.
        reason: String,
    },
    /// It stands in the log as failed: the platform takes a refusal for a broken endpoint and would stop sending.
    Fail {
        /// What is wrong with it and where; never a value of it.
        reason: String,
    },
    /// Another account tells of a lead of its own; its fields are the payload.
    Sync(Box<SyncHead>),
    /// The lead that an earlier event of this source made is to be erased.
    Erase {
        /// The earlier event, by the sender's id.
        external_id: String,
    },
}

impl Intent {
    /// Whether it is the usual one.
    #[must_use]
    pub fn is_capture(&self) -> bool {
        *self == Self::Capture
    }
}

/// How a repeat of an event is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// By the sender's own id, of which the event id is derived.
    External(String),
    /// By the hash of the canonical body.
    Body(String),
}

/// Where a request came from, as far as the gateway knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The sender's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The page that posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The sender's program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// An event with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The event.
    pub received: Received,
    /// What became of it.
    pub status: EventStatus,
    /// Why, in words for a person, when it did not simply go through.
    pub reason: Option<String>,
    /// The lead that it made or met.
    pub lead: Option<LeadId>,
    /// When it was settled.
    pub settled_at: Timestamp,
    /// What its source let it do when it was settled; `None` where the config had no such source, and in records from before
    /// this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<Behaviour>,
    /// How often it was tried again after it had failed.
    #[serde(default)]
    pub retries: u32,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// It made a lead.
    Created,
    /// It changed a known lead.
    Updated,
    /// It met a known lead, which stays as it is.
    Unchanged,
    /// It is a repeat of an event that was taken before.
    Duplicate,
    /// It met a known lead and waits for review.
    Flagged,
    /// The source rejects what it met.
    Rejected,
    /// It could not be captured; it can be retried when the cause is mended.
    Failed,
}

impl EventStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Duplicate, Self::Flagged, Self::Rejected, Self::Failed];

    /// The status as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Duplicate => "duplicate",
            Self::Flagged => "flagged",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}
