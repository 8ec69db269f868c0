//! Events, leads and deliveries as the other functions leave them in the table.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::{Assignment, Cause, Holding, Outcome, Standing};
use leadyard_domain::config::Behaviour;
use leadyard_domain::decision::State;
use leadyard_domain::delivery::{Attempt, DeliveryStatus, Exchange, Verdict};
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Origin, Received};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{AccountId, DeliveryId, DestinationId, EventId, LeadId};
use leadyard_domain::lead::{LastEvent, Lead};
use leadyard_domain::trace::{RuleTrace, Trace};
use leadyard_store::{Claim, ClaimRequest, Commit, LeadWrite, Lease, Settled, Store};
use serde_json::json;

pub fn account() -> AccountId {
    "main".parse().unwrap()
}

pub fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub fn event_id(number: u32) -> EventId {
    EventId::from_external(&account(), &"web".parse().unwrap(), &number.to_string())
}

pub fn lead_id(number: u32) -> LeadId {
    LeadId::from_event(&event_id(number))
}

/// The delivery of the lead that an event made.
pub fn delivery_id(number: u32, destination: &str) -> DeliveryId {
    DeliveryId::of(&lead_id(number), 1, &destination.parse().unwrap())
}

fn record(number: u32, status: EventStatus, received_at: Timestamp) -> EventRecord {
    EventRecord {
        received: Received {
            account: account(),
            source: "web".parse().unwrap(),
            event: event_id(number),
            received_at,
            identity: Identity::External(number.to_string()),
            payload: json!({"email": "anna@example.com"}).as_object().unwrap().clone(),
            origin: Origin { ip: Some("203.0.113.7".to_owned()), ..Origin::default() },
            intent: Intent::Capture,
        },
        status,
        reason: (status == EventStatus::Failed).then(|| "field 'age' is no number".to_owned()),
        lead: None,
        settled_at: received_at,
        behaviour: Some(Behaviour::CreateAndUpdate),
        retries: 0,
    }
}

async fn commit(store: &Store, settled: Settled) {
    let now = settled.record.as_ref().map_or(Timestamp::UNIX_EPOCH, |record| record.settled_at);
    let (before, after) = (State::default(), State::default());
    let commit = Commit { account: account(), now, log_days: 90, had_days: 0, settled: vec![settled], before, after };
    store.commit(&commit).await.unwrap();
}

/// An event without a lead.
pub async fn event(store: &Store, number: u32, status: EventStatus, received_at: Timestamp) {
    let record = record(number, status, received_at);
    commit(store, Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None })
        .await;
}

/// An event without a lead that was tried again so often.
pub async fn tried_again(store: &Store, number: u32, status: EventStatus, retries: u32, received_at: Timestamp) {
    let record = EventRecord { retries, ..record(number, status, received_at) };
    commit(store, Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None })
        .await;
}

/// An event without a lead that another source sent.
pub async fn event_of(store: &Store, source: &str, number: u32, status: EventStatus, received_at: Timestamp) {
    let mut record = record(number, status, received_at);
    record.received.source = source.parse().unwrap();
    commit(store, Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None })
        .await;
}

/// An event that made a lead, which went to `anna` and is to be delivered to some destinations.
pub async fn lead(store: &Store, number: u32, destinations: &[&str], received_at: Timestamp) {
    let destinations: Vec<DestinationId> = destinations.iter().map(|id| id.parse().unwrap()).collect();
    let id = lead_id(number);
    let standing = Standing::Assigned {
        attempt: 1,
        deliveries: destinations.iter().map(|destination| DeliveryId::of(&id, 1, destination)).collect(),
        at: received_at,
    };
    let lead = Lead {
        owner: Some("anna".parse().unwrap()),
        holdings: vec![held(1, "anna", received_at)],
        first_assigned_at: Some(received_at),
        ..bare(number, standing, received_at)
    };
    let trace = Trace { rules: vec![RuleTrace::matched("large".parse().unwrap())], ..Trace::default() };
    let assignment = Assignment {
        lead: id.clone(),
        attempt: 1,
        cause: Cause::Event { event: event_id(number) },
        config_version: 3,
        profile: Some("inbound".parse().unwrap()),
        rule: Some("large".parse().unwrap()),
        outcome: Outcome::Assigned {
            assignee: "anna".parse().unwrap(),
            pool: Some("sales".parse().unwrap()),
            picks: Vec::new(),
            destinations,
            price: None,
        },
        decided_at: received_at,
        trace,
    };
    let mut record = record(number, EventStatus::Created, received_at);
    record.lead = Some(id);
    let lead = Some(LeadWrite { lead, previous: None, keys: Vec::new() });
    commit(store, Settled { record: Some(record), lead, assignments: vec![assignment], seen: None, activity: None })
        .await;
}

/// A lead with an email and a score of 75.5, that nobody was given.
pub fn bare(number: u32, standing: Standing, received_at: Timestamp) -> Lead {
    Lead {
        id: lead_id(number),
        account: account(),
        entity: "lead".parse().unwrap(),
        version: 1,
        source: "web".parse().unwrap(),
        fields: BTreeMap::from([
            (FieldName::new("email").unwrap(), FieldValue::Text("anna@example.com".to_owned())),
            (FieldName::new("score").unwrap(), FieldValue::Number { number: "75.50".parse().unwrap() }),
        ]),
        extra: BTreeMap::from([("colour".to_owned(), json!("red"))]),
        owner: None,
        standing,
        holdings: Vec::new(),
        first_assigned_at: None,
        first_contact_at: None,
        erased_at: None,
        duplicate_count: 0,
        activities: 0,
        edited: Default::default(),
        last_event: LastEvent { event: event_id(number), at: received_at, body_hash: None },
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at: received_at,
        updated_at: received_at,
    }
}

/// Somebody who was given a lead by an attempt and has it.
pub fn held(attempt: u32, assignee: &str, since: Timestamp) -> Holding {
    Holding {
        attempt,
        rule: Some("large".parse().unwrap()),
        assignee: assignee.parse().unwrap(),
        pool: Some("sales".parse().unwrap()),
        since,
        value: "0".parse().unwrap(),
        open: true,
        timers: None,
        contacted_at: None,
        ended: None,
    }
}

/// A lead as it is, without what made it.
pub async fn put(store: &Store, lead: Lead) {
    let lead = Some(LeadWrite { lead, previous: None, keys: Vec::new() });
    commit(store, Settled { record: None, lead, assignments: Vec::new(), seen: None, activity: None }).await;
}

/// The next version of a lead as it is, with something that happened to it.
pub async fn happened(store: &Store, lead: Lead, activity: Activity) {
    let (standing, now) = (lead.standing.clone(), lead.updated_at);
    commit(store, Settled { activity: Some(activity), ..Settled::known(lead, standing, Vec::new(), now) }).await;
}

/// A lead that waits in a queue.
pub async fn queued(store: &Store, number: u32, queue: &str, since: Timestamp) {
    let standing = Standing::Queued { attempt: 1, queue: queue.parse().unwrap(), since };
    put(store, bare(number, standing, since)).await;
}

/// A lead that nobody could take.
pub async fn parked(store: &Store, number: u32, line: &str, since: Timestamp) {
    let standing = Standing::Parked {
        attempt: 1,
        reason: "nobody in pool sales is eligible".to_owned(),
        line: line.to_owned(),
        since,
        group: "inbound/large".to_owned(),
        until: Some(since + SignedDuration::from_hours(1)),
    };
    put(store, bare(number, standing, since)).await;
}

/// Begins the given try of a delivery; its function has it for a minute.
pub async fn begin(store: &Store, delivery: &DeliveryId, number: u32, now: Timestamp) -> Lease {
    let claim = ClaimRequest {
        account: account(),
        delivery: delivery.clone(),
        number,
        source: "web".parse().unwrap(),
        channel: "webhook".to_owned(),
        lease_until: now.saturating_add(SignedDuration::from_mins(1)).unwrap(),
        now,
        at_most_once: false,
    };
    match store.claim_delivery(&claim).await.unwrap() {
        Claim::Claimed(lease) => lease,
        other => unreachable!("nobody else claims: {other:?}"),
    }
}

/// Makes the given try of a delivery, with this end.
pub async fn attempt(store: &Store, delivery: &DeliveryId, number: u32, verdict: Verdict, now: Timestamp) {
    let lease = begin(store, delivery, number, now).await;
    let (status, ..) = verdict.clone().into_parts();
    let attempt = Attempt {
        number,
        at: now,
        elapsed_ms: 12,
        status,
        code: None,
        reason: None,
        exchange: Exchange {
            to: "https://crm.example/leads".to_owned(),
            request_headers: vec![("webhook-id".to_owned(), delivery.to_string())],
            request_body: "{}".to_owned(),
            response_status: Some(if status == DeliveryStatus::Delivered { 200 } else { 500 }),
            response_headers: Vec::new(),
            response_body: "thanks".to_owned(),
        },
    };
    store.finish_delivery(&lease, &attempt, &verdict, 90, now).await.unwrap();
}

pub fn dead() -> Verdict {
    Verdict::Dead { reason: "the receiver answered 500".to_owned() }
}
