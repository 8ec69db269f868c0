//! Events: the inbox and the log in one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leadyard_domain::config::Behaviour;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Origin, Received};
use leadyard_domain::id::{AccountId, EventId, LeadId, SourceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Store;
use crate::codec::{Deflated, Item, expires_at, from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key, Kind};
use crate::listing::{Cursor, DayRange, Listing, Page, Test};

/// An event as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its id.
    pub id: EventId,
    /// When intake answered for it, to the millisecond.
    pub received_at: Timestamp,
    /// Where it came in.
    pub source: SourceId,
    /// What became of it.
    pub status: EventStatus,
    /// Why, when it did not simply go through.
    pub reason: Option<String>,
    /// The lead that it made or met.
    pub lead: Option<LeadId>,
    /// Whether it was tried again after it had failed.
    pub retried: bool,
}

/// Which events are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events of this source.
    pub source: Option<SourceId>,
    /// Of events that were never tried again: only those that this became of.
    pub at_once: BTreeSet<EventStatus>,
    /// Of events that were tried again after they had failed: only those that this became of.
    pub retried: BTreeSet<EventStatus>,
}

impl Default for EventFilter {
    fn default() -> Self {
        Self::with_status(None)
    }
}

impl EventFilter {
    /// Events of every source that this became of; all where nothing is given.
    #[must_use]
    pub fn with_status(status: Option<EventStatus>) -> Self {
        let statuses: BTreeSet<EventStatus> = match status {
            Some(status) => [status].into(),
            None => EventStatus::ALL.into(),
        };
        Self { source: None, at_once: statuses.clone(), retried: statuses }
    }

    /// Whether nothing can fit.
    fn is_empty(&self) -> bool {
        self.at_once.is_empty() && self.retried.is_empty()
    }

    fn tests(&self) -> Vec<Test> {
        let one_of = |statuses: &BTreeSet<EventStatus>| {
            Test::OneOf("status", statuses.iter().map(|status| status.name().to_owned()).collect())
        };
        let mut tests: Vec<Test> = self.source.iter().map(|source| Test::Is("source", source.to_string())).collect();
        if self.at_once != self.retried {
            let at_once = vec![one_of(&self.at_once), Test::IsNot("kind", RETRIED.to_owned())];
            let retried = vec![one_of(&self.retried), Test::Is("kind", RETRIED.to_owned())];
            let sides = [(&self.at_once, at_once), (&self.retried, retried)];
            let sides = sides.into_iter().filter(|(statuses, _)| !statuses.is_empty()).map(|(_, tests)| tests);
            tests.push(Test::Any(sides.collect()));
        } else if self.at_once.len() < EventStatus::ALL.len() {
            tests.push(one_of(&self.at_once));
        }
        tests
    }
}

/// What an event's `kind` says when it was tried again after it had failed.
const RETRIED: &str = "retried";

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The item of an event, beside its keys. `status`, `source`, `lead_id`, `reason` and `kind` are in the index by time.
#[derive(Serialize, Deserialize)]
struct EventItem {
    event_id: EventId,
    status: EventStatus,
    source: SourceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lead_id: Option<LeadId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    received_at: Timestamp,
    settled_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behaviour: Option<Behaviour>,
    #[serde(default, skip_serializing_if = "is_zero")]
    retries: u32,
    /// [`RETRIED`] of an event that was tried again. The index shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    request: Deflated<Request>,
    /// Kept that long at least; a repeat is told by the item for as long as it is there.
    expires_at: i64,
}

/// What arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Request {
    payload: Map<String, Value>,
    identity: Identity,
    #[serde(default)]
    origin: Origin,
    #[serde(default, skip_serializing_if = "Intent::is_capture")]
    intent: Intent,
}

/// The event as an item, with its place in the index by time.
pub(crate) fn event_item(record: &EventRecord, log_days: u16) -> Result<(Key, Item), StoreError> {
    let EventRecord { received, status, reason, lead, settled_at, behaviour, retries } = record;
    let key = keys::event(&received.account, &received.event);
    let stored = EventItem {
        event_id: received.event.clone(),
        status: *status,
        source: received.source.clone(),
        lead_id: lead.clone(),
        reason: reason.clone(),
        received_at: received.received_at,
        settled_at: *settled_at,
        behaviour: *behaviour,
        retries: *retries,
        kind: (*retries > 0).then(|| RETRIED.to_owned()),
        request: Deflated(Request {
            payload: received.payload.clone(),
            identity: received.identity.clone(),
            origin: received.origin.clone(),
            intent: received.intent.clone(),
        }),
        expires_at: expires_at(*settled_at, log_days),
    };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    item.extend(keys::by_time(&received.account, Kind::Event, received.received_at, received.event.as_str()));
    Ok((key, item))
}

fn read_event(account: &AccountId, item: Item) -> Result<EventRecord, StoreError> {
    let name = Key::of(&item).map_or_else(|| format!("an event of account {account}"), |key| key.to_string());
    let EventItem {
        event_id,
        status,
        source,
        lead_id,
        reason,
        received_at,
        settled_at,
        behaviour,
        retries,
        request,
        ..
    } = from_item(&name, item)?;
    let Request { payload, identity, origin, intent } = request.0;
    let received =
        Received { account: account.clone(), source, event: event_id, received_at, identity, payload, origin, intent };
    Ok(EventRecord { received, status, reason, lead: lead_id, settled_at, behaviour, retries })
}

impl Store {
    /// The events that were settled before, of those that are named. Reads are consistent: what is missing was not
    /// settled when this was called.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events(
        &self,
        account: &AccountId,
        ids: &BTreeSet<EventId>,
    ) -> Result<BTreeMap<EventId, EventRecord>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| keys::event(account, id)).collect();
        let items = self.get_many(&keys, true).await?;
        let named = |item| read_event(account, item).map(|record| (record.received.event.clone(), record));
        items.into_iter().map(named).collect()
    }

    /// One event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event(&self, account: &AccountId, id: &EventId) -> Result<Option<EventRecord>, StoreError> {
        let item = self.get(&keys::event(account, id), true).await?;
        item.map(|item| read_event(account, item)).transpose()
    }

    /// The events of some days (UTC, by when they were received), newest first, at most `limit`. The list may be a
    /// second behind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_events(
        &self,
        account: &AccountId,
        days: DayRange,
        filter: &EventFilter,
        limit: usize,
        cursor: Option<&Cursor>,
    ) -> Result<Page<EventRow>, StoreError> {
        if filter.is_empty() {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let listing = Listing { account, kind: Kind::Event, days, filters: filter.tests(), limit, cursor };
        self.list_by_time(&listing, event_row).await
    }
}

#[derive(Deserialize)]
struct RowItem {
    status: EventStatus,
    source: SourceId,
    #[serde(default)]
    lead_id: Option<LeadId>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    kind: Option<String>,
}

fn event_row(at: Timestamp, id: &str, item: Item) -> Result<EventRow, StoreError> {
    let name = format!("event {id} in the index by time");
    let id = id.parse().map_err(|error| StoreError::corrupt(&name, error))?;
    let RowItem { status, source, lead_id, reason, kind } = from_item(&name, item)?;
    let retried = kind.as_deref() == Some(RETRIED);
    Ok(EventRow { id, received_at: at, source, status, reason, lead: lead_id, retried })
}
