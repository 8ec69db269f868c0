//! A sender that waits for what becomes of its lead: the table is asked for the event's record, with growing pauses.
//!
//! The event is in the queue before anybody waits, so nothing is lost by it: who waits in vain is answered like everybody.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_http::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use leadyard_domain::config::Source;
use leadyard_domain::event::{EventRecord, EventStatus, Received};
use leadyard_domain::id::{AccountId, EventId};
use leadyard_domain::lead::Lead;
use leadyard_sources::{Format, Reply};
use leadyard_store::{Published, Store, StoreError};
use serde_json::json;

/// The longest that a sender waits; the pauses below end there too.
const WAIT_MAX: SignedDuration = SignedDuration::from_secs(3);

/// Before each look, in milliseconds. Most leads are decided within the first ones; later ones cost little.
const PAUSES_MS: [u64; 8] = [60, 90, 150, 250, 400, 550, 700, 800];

/// The format whose senders may wait: the others are platforms and browsers.
const FORMAT: &str = "json";

/// Waits for so long.
pub type Pause = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The event whose outcome the sender waits for: it asks with `?wait=1`, the owner allows it, and there is one event.
#[must_use]
pub fn asked(source: &Source, format: &Format, query: &str, events: &[Received]) -> Option<EventId> {
    let asks = query.split('&').any(|pair| pair == "wait=1");
    match events {
        [only] if asks && source.answers.outcome && format.name == FORMAT => Some(only.event.clone()),
        _ => None,
    }
}

/// Waits for outcomes.
pub(crate) struct Waiter {
    store: Store,
    now: fn() -> Timestamp,
    pub(crate) pause: Pause,
}

impl Waiter {
    pub(crate) fn new(store: Store, now: fn() -> Timestamp) -> Self {
        Self { store, now, pause: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))) }
    }

    /// What the sender is told when its event is settled in time; `None` when it is not, or the table can't be asked.
    pub(crate) async fn outcome(
        &self,
        account: &AccountId,
        published: &Published,
        source: &Source,
        event: &EventId,
    ) -> Option<Reply> {
        match self.settled(account, event).await {
            Ok(Some((record, lead))) => Some(reply(published, source, &record, lead.as_ref())),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%account, %event, %error, "the outcome of an event could not be read");
                None
            }
        }
    }

    /// The event's record, and the lead that it made.
    async fn settled(
        &self,
        account: &AccountId,
        event: &EventId,
    ) -> Result<Option<(EventRecord, Option<Lead>)>, StoreError> {
        let began = (self.now)();
        for pause_ms in PAUSES_MS {
            (self.pause)(Duration::from_millis(pause_ms)).await;
            if let Some(record) = self.store.event(account, event).await? {
                // Only what it made is its sender's business. It is written with the record, in one transaction.
                let made = record.lead.clone().filter(|_| record.status == EventStatus::Created);
                let lead = match made {
                    Some(id) => self.store.leads(account, &[id.clone()].into(), true).await?.remove(&id),
                    None => None,
                };
                return Ok(Some((record, lead)));
            }
            // A table that answers slowly makes nobody wait longer.
            if (self.now)().duration_since(began) >= WAIT_MAX {
                break;
            }
        }
        Ok(None)
    }
}

/// The answer. A lead that was known tells neither its id nor who has it: that is between its own sender and the owner.
fn reply(published: &Published, source: &Source, record: &EventRecord, lead: Option<&Lead>) -> Reply {
    let outcome = match record.status {
        EventStatus::Created => "accepted",
        EventStatus::Updated | EventStatus::Unchanged | EventStatus::Duplicate | EventStatus::Flagged => "duplicate",
        EventStatus::Rejected => "rejected",
        EventStatus::Failed => "failed",
    };
    // An event that met no lead and made none only stands in the log.
    let outcome = if record.status == EventStatus::Unchanged && record.lead.is_none() { "ignored" } else { outcome };
    let reason = match record.status {
        EventStatus::Updated => Some("the lead is known, and was updated"),
        _ => record.reason.as_deref(),
    };
    let mut body = json!({ "events": [record.received.event], "outcome": outcome, "reason": reason });
    if let Some(lead) = lead {
        body["lead"] = json!(lead.id);
        if source.answers.assignee {
            let owner = lead.owner.as_ref().and_then(|owner| published.checked.assignee(owner));
            body["assignee"] = json!(owner.and_then(|owner| owner.public_name.as_deref()));
        }
    }
    let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Reply { status: StatusCode::OK, headers, body: body.to_string() }
}
