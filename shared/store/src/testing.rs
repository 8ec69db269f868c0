//! A table for one test, in an emulator inside the process, and the values that tests store.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::activity::{Activity, ActivityOrigin};
use leadyard_domain::assignment::{Assignment, Cause, Holding, Outcome, Standing};
use leadyard_domain::decision::State;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Origin, Received};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{
    AccountId, AccountName, ActivityId, AssigneeId, DeliveryId, DestinationId, EventId, LeadId, SourceId,
};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::lead::{LastEvent, Lead};
use leadyard_domain::trace::Trace;
use serde_json::json;

use crate::codec::Item;
use crate::keys::Key;
use crate::{Commit, LeadWrite, Settled, Store, table};

const TABLE: &str = "leadyard-test";

/// An empty table. The emulator lives as long as the test's runtime.
pub(crate) async fn store() -> Store {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let client = client(&endpoint);
    table::create(&client, TABLE).await.unwrap();
    Store::new(client, TABLE.to_owned())
}

/// A client of an endpoint on this machine. It does not retry: a test sees each answer.
pub(crate) fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

impl Store {
    /// An item as it lies in the table.
    pub(crate) async fn raw(&self, key: &Key) -> Option<Item> {
        self.get(key, true).await.unwrap()
    }

    /// How many items the table holds.
    pub(crate) async fn items(&self) -> usize {
        let pages = self.client.scan().table_name(&self.table).into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await.unwrap().len()
    }
}

pub(crate) fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

pub(crate) fn source() -> SourceId {
    SourceId::new("web").unwrap()
}

pub(crate) fn assignee(name: &str) -> AssigneeId {
    AssigneeId::new(name).unwrap()
}

/// Some seconds after a moment in a summer.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-07-21T10:00:00.123456Z".parse().unwrap();
    start.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

pub(crate) fn event_id(number: u32) -> EventId {
    EventId::from_external(&account(), &source(), &number.to_string())
}

/// The delivery of the lead that an event made, by its first assignment.
pub(crate) fn delivery_id(number: u32) -> DeliveryId {
    DeliveryId::of(&LeadId::from_event(&event_id(number)), 1, &destination())
}

pub(crate) fn destination() -> DestinationId {
    DestinationId::new("crm").unwrap()
}

pub(crate) fn record(number: u32, status: EventStatus) -> EventRecord {
    let body = json!({"email": "anna.schmidt@example.com", "phone": "+49 30 901820", "name": "Anna Schmidt"});
    let payload = body.as_object().unwrap().clone();
    EventRecord {
        received: Received {
            account: account(),
            source: source(),
            event: event_id(number),
            received_at: at(0),
            identity: Identity::External(number.to_string()),
            payload,
            origin: Origin { ip: Some("203.0.113.7".to_owned()), ..Origin::default() },
            intent: Intent::Capture,
        },
        status,
        reason: None,
        lead: None,
        settled_at: at(1),
        behaviour: None,
        retries: 0,
    }
}

/// The lead that an event makes, given to `anna`.
pub(crate) fn lead(number: u32) -> Lead {
    let field = |(name, text): (&str, &str)| (FieldName::new(name).unwrap(), FieldValue::Text(text.to_owned()));
    Lead {
        id: LeadId::from_event(&event_id(number)),
        account: account(),
        entity: "lead".parse().unwrap(),
        version: 1,
        source: source(),
        fields: [("email", "anna.schmidt@example.com"), ("name", "Anna Schmidt")].map(field).into(),
        extra: BTreeMap::from([("score".to_owned(), json!({"raw": [1, 2.5, null]}))]),
        owner: Some(assignee("anna")),
        standing: Standing::Assigned { attempt: 1, deliveries: vec![delivery_id(number)], at: at(1) },
        holdings: vec![holding()],
        first_assigned_at: Some(at(1)),
        first_contact_at: None,
        erased_at: None,
        duplicate_count: 0,
        activities: 0,
        edited: Default::default(),
        last_event: LastEvent { event: event_id(number), at: at(0), body_hash: None },
        sync: Default::default(),
        own_deliveries: Vec::new(),
        created_at: at(0),
        updated_at: at(1),
    }
}

/// What `anna` has of a lead.
fn holding() -> Holding {
    Holding {
        attempt: 1,
        assignee: assignee("anna"),
        rule: None,
        pool: None,
        since: at(1),
        value: Default::default(),
        open: true,
        timers: None,
        contacted_at: None,
        ended: None,
    }
}

/// A call of the lead that an event made, that happened so many seconds after the start.
pub(crate) fn activity(number: u32, external_id: &str, happened_s: i64) -> Activity {
    let (account, id) = (account(), ActivityId::from_external(&account(), external_id));
    Activity {
        lead: lead(number).id,
        kind: "call".parse().unwrap(),
        at: at(happened_s),
        fields: [("note".to_owned(), json!("asked for a visit")), ("minutes".to_owned(), json!(12.5))].into(),
        origin: ActivityOrigin { account: AccountName::of(&account), id: id.to_string() },
        version: 1,
        updated_at: at(happened_s + 1),
        via: Vec::new(),
        created_at: at(happened_s + 2),
        account,
        id,
    }
}

pub(crate) fn key(value: &str) -> UniqueKey {
    UniqueKey { entity: "lead".parse().unwrap(), source: None, fields: "email".to_owned(), digest: value.to_owned() }
}

pub(crate) fn assignment(number: u32, attempt: u32) -> Assignment {
    Assignment {
        lead: LeadId::from_event(&event_id(number)),
        attempt,
        cause: Cause::Event { event: event_id(number) },
        config_version: 3,
        profile: None,
        rule: None,
        outcome: Outcome::Assigned {
            assignee: assignee("anna"),
            pool: None,
            picks: Vec::new(),
            destinations: vec![destination()],
            price: None,
        },
        decided_at: at(1),
        trace: Trace::default(),
    }
}

/// An event that made a lead, which went to `anna`.
pub(crate) fn created(number: u32) -> Settled {
    let lead = lead(number);
    let mut record = record(number, EventStatus::Created);
    record.lead = Some(lead.id.clone());
    Settled {
        record: Some(record),
        lead: Some(LeadWrite { lead, previous: None, keys: vec![key(&format!("key{number}")).into()] }),
        assignments: vec![assignment(number, 1)],
        seen: None,
        activity: None,
    }
}

/// A commit that leaves rotations and counters alone.
pub(crate) fn commit(settled: Vec<Settled>) -> Commit {
    let (before, after) = (State::default(), State::default());
    Commit { account: account(), now: at(1), log_days: 90, had_days: 30, settled, before, after }
}
