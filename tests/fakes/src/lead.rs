//! A lead that was given to somebody, as evaluate leaves it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, Cause, Outcome, Standing};
use leadyard_domain::decision::State;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Origin, Received};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{AccountId, AssigneeId, DeliveryId, DestinationId, EventId, LeadId, SourceId};
use leadyard_domain::lead::{LastEvent, Lead};
use leadyard_domain::trace::Trace;
use leadyard_store::{Commit, LeadWrite, Settled, Store};

/// Writes lead `number`, which `assignee` was given and which is to be delivered to `destination`; answers that delivery.
pub async fn assigned_lead(
    store: &Store,
    account: &AccountId,
    number: u32,
    assignee: &str,
    destination: &str,
    at: Timestamp,
) -> DeliveryId {
    sold_lead(store, account, number, assignee, &[destination], None, at).await.remove(0)
}

/// The same for a price and to several destinations, by the rule `north`; answers the deliveries.
pub async fn sold_lead(
    store: &Store,
    account: &AccountId,
    number: u32,
    assignee: &str,
    destinations: &[&str],
    price: Option<&str>,
    at: Timestamp,
) -> Vec<DeliveryId> {
    let (source, assignee) = (SourceId::new("web").unwrap(), AssigneeId::new(assignee).unwrap());
    let destinations: Vec<DestinationId> = destinations.iter().map(|id| DestinationId::new(*id).unwrap()).collect();
    let price = price.map(|price| price.parse().unwrap());
    let event = EventId::from_external(account, &source, &number.to_string());
    let id = LeadId::from_event(&event);
    let deliveries: Vec<_> = destinations.iter().map(|destination| DeliveryId::of(&id, 1, destination)).collect();
    let field = |name: &str, text: &str| (FieldName::new(name).unwrap(), FieldValue::Text(text.to_owned()));
    let lead = Lead {
        id: id.clone(),
        account: account.clone(),
        entity: "lead".parse().unwrap(),
        version: 1,
        source: source.clone(),
        fields: BTreeMap::from([field("full_name", "Jane Doe"), field("email", "jane@example.com")]),
        extra: BTreeMap::new(),
        owner: Some(assignee.clone()),
        standing: Standing::Assigned { attempt: 1, deliveries: deliveries.clone(), at },
        holdings: Vec::new(),
        first_assigned_at: None,
        first_contact_at: None,
        erased_at: None,
        duplicate_count: 0,
        activities: 0,
        edited: Default::default(),
        last_event: LastEvent { event: event.clone(), at, body_hash: None },
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at: at,
        updated_at: at,
    };
    let assignment = Assignment {
        lead: id.clone(),
        attempt: 1,
        cause: Cause::Event { event: event.clone() },
        config_version: 1,
        profile: None,
        rule: Some("north".parse().unwrap()),
        outcome: Outcome::Assigned { assignee, pool: None, picks: Vec::new(), destinations, price },
        decided_at: at,
        trace: Trace::default(),
    };
    let received = Received {
        account: account.clone(),
        source,
        event,
        received_at: at,
        identity: Identity::External(number.to_string()),
        payload: serde_json::Map::new(),
        origin: Origin::default(),
        intent: Intent::Capture,
    };
    let record = EventRecord {
        received,
        status: EventStatus::Created,
        reason: None,
        lead: Some(id),
        settled_at: at,
        behaviour: None,
        retries: 0,
    };
    let write = LeadWrite { lead, previous: None, keys: Vec::new() };
    let settled = vec![Settled {
        record: Some(record),
        lead: Some(write),
        assignments: vec![assignment],
        seen: None,
        activity: None,
    }];
    let (before, after) = (State::default(), State::default());
    let commit = Commit { account: account.clone(), now: at, log_days: 30, had_days: 0, settled, before, after };
    store.commit(&commit).await.unwrap();
    deliveries
}
