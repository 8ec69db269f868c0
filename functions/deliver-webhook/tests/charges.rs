//! What a partner is charged for a delivery by webhook, over a real table and a receiver on this machine.
#![cfg(test)] // clippy takes helper functions for test code only so

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use deliver_webhook::handler::DeliverWebhook;
use leadyard_domain::assignment::{Assignment, Cause, Outcome, Standing};
use leadyard_domain::decision::State;
use leadyard_domain::delivery::{Attempt, DeliveryStatus, Exchange, Verdict};
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Origin, Received};
use leadyard_domain::id::{AccountId, DeliveryId, EventId, LeadId};
use leadyard_domain::lead::{LastEvent, Lead};
use leadyard_domain::ledger::Entry;
use leadyard_domain::message::DeliveryMessage;
use leadyard_domain::trace::Trace;
use leadyard_fakes::{Queue, Service, Table};
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{FollowUps, Metrics, Record, Scheduler, now};
use leadyard_store::{Claim, ClaimRequest, Commit, LeadWrite, PublishConfig, Settled};
use serde_json::{Map, json};

struct Setting {
    table: Table,
    queue: Queue,
    aws: Service,
    lead: LeadId,
}

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

/// A receiver that answers each request with a status. It ends with the test's process.
fn receiver(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/leads", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            // The body of a lead without fields comes with its head, or right behind it.
            while !request.ends_with(b"}") {
                let mut part = [0; 4096];
                match stream.read(&mut part).unwrap() {
                    0 => break,
                    read => request.extend_from_slice(&part[..read]),
                }
            }
            write!(stream, "HTTP/1.1 {status} So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
    });
    url
}

impl Setting {
    /// A lead that was given to a partner for a price, to be delivered to two places.
    async fn start(crm: u16, copy: u16) -> Self {
        let table = Table::start().await;
        let webhook = |id: &str, status| json!({ "id": id, "channel": { "webhook": { "url": receiver(status) } } });
        let config = json!({
            "sources": [{ "id": "web", "format": "json" }],
            "assignees": [{ "id": "acme", "name": "Acme", "kind": "partner", "destinations": ["crm", "copy"] }],
            "destinations": [webhook("crm", crm), webhook("copy", copy)],
        });
        let publish = PublishConfig::new(account(), config.to_string(), 0, "test", now());
        table.store.publish_config(&publish).await.unwrap();
        let lead = sold_lead(&table).await;
        Self { table, queue: Queue::start().await, aws: Service::start(|_| (200, json!({}))).await, lead }
    }

    fn delivery(&self, to: &str) -> DeliveryId {
        DeliveryId::of(&self.lead, 1, &to.parse().unwrap())
    }

    /// Handles the message that asks for the first try, in a fresh execution environment.
    async fn handle(&self, delivery: &DeliveryId) -> DeliveryStatus {
        let scheduler = Scheduler::new(self.aws.aws().scheduler(), "group", "role", "queue");
        let deliver = DeliverWebhook::new(
            self.table.store.clone(),
            FollowUps::new(self.queue.sender(), scheduler, self.queue.sender()),
            AddressPolicy::parse("127.0.0.0/8", "true").unwrap(),
            Metrics::new("deliver-webhook"),
            Arc::new(now),
        );
        let message = DeliveryMessage::first(&account(), delivery);
        let deadline = jiff::Timestamp::MAX;
        let record = Record { message_id: "m".into(), receive_count: 1, sent_at: None, deadline, message };
        deliver.handle(record).await.unwrap();
        self.table.store.delivery(&account(), delivery).await.unwrap().unwrap().status
    }

    async fn ledger(&self) -> Vec<Entry> {
        let month = now().to_string()[..7].parse().unwrap();
        self.table.store.ledger(&account(), &"acme".parse().unwrap(), month, 10, None).await.unwrap().rows
    }
}

async fn sold_lead(table: &Table) -> LeadId {
    let (source, at) = ("web".parse().unwrap(), now());
    let event = EventId::from_external(&account(), &source, "1");
    let id = LeadId::from_event(&event);
    let lead = Lead {
        id: id.clone(),
        account: account(),
        entity: "lead".parse().unwrap(),
        version: 1,
        source: source.clone(),
        fields: BTreeMap::new(),
        extra: BTreeMap::new(),
        owner: Some("acme".parse().unwrap()),
        standing: Standing::Assigned { attempt: 1, deliveries: Vec::new(), at },
        holdings: Vec::new(),
        first_assigned_at: None,
        first_contact_at: None,
        duplicate_count: 0,
        last_event: LastEvent { event: event.clone(), at, body_hash: None },
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
        outcome: Outcome::Assigned {
            assignee: "acme".parse().unwrap(),
            pool: None,
            picks: Vec::new(),
            destinations: vec!["crm".parse().unwrap(), "copy".parse().unwrap()],
            price: Some("42.5".parse().unwrap()),
        },
        decided_at: at,
        trace: Trace::default(),
    };
    let received = Received {
        account: account(),
        source,
        event,
        received_at: at,
        identity: Identity::External("1".to_owned()),
        payload: Map::new(),
        origin: Origin::default(),
    };
    let record =
        EventRecord { received, status: EventStatus::Created, reason: None, lead: Some(id.clone()), settled_at: at };
    let write = LeadWrite { lead, previous: None, keys: Vec::new() };
    let settled = vec![Settled { record: Some(record), lead: Some(write), assignments: vec![assignment], seen: None }];
    let (before, after) = (State::default(), State::default());
    let commit = Commit { account: account(), now: at, log_days: 30, had_days: 0, settled, before, after };
    table.store.commit(&commit).await.unwrap();
    id
}

#[tokio::test]
async fn a_lead_is_charged_once_however_often_its_messages_come_and_wherever_it_goes() {
    let setting = Setting::start(200, 200).await;
    let (crm, copy) = (setting.delivery("crm"), setting.delivery("copy"));
    for delivery in [&crm, &crm, &copy, &crm, &copy] {
        assert_eq!(setting.handle(delivery).await, DeliveryStatus::Delivered);
    }
    let [charge] = setting.ledger().await.try_into().unwrap();
    assert_eq!((charge.kind.name(), charge.amount.to_string()), ("charge", "42.5".to_owned()));
    assert_eq!((charge.attempt, &charge.delivery, charge.rule.unwrap().as_str()), (1, &crm, "north"));
}

#[tokio::test]
async fn what_did_not_arrive_is_not_charged_and_the_place_where_it_did_is_enough() {
    let setting = Setting::start(400, 200).await;
    assert_eq!(setting.handle(&setting.delivery("crm")).await, DeliveryStatus::Dead);
    assert_eq!(setting.ledger().await, []);
    assert_eq!(setting.handle(&setting.delivery("copy")).await, DeliveryStatus::Delivered);
    let [charge] = setting.ledger().await.try_into().unwrap();
    assert_eq!(charge.delivery, setting.delivery("copy"));
}

#[tokio::test]
async fn a_charge_that_a_process_left_behind_is_made_when_the_message_comes_again() {
    let setting = Setting::start(200, 200).await;
    let crm = setting.delivery("crm");
    // The outcome is on record, and its function ended there.
    let order = setting.table.store.order(&account(), &crm).await.unwrap().unwrap();
    let at = now();
    let claim = ClaimRequest {
        account: account(),
        delivery: crm.clone(),
        number: 1,
        source: order.lead.source,
        channel: "webhook".to_owned(),
        lease_until: at,
        now: at,
        at_most_once: false,
    };
    let Claim::Claimed(lease) = setting.table.store.claim_delivery(&claim).await.unwrap() else {
        panic!("nobody else claims")
    };
    let attempt = Attempt {
        number: 1,
        at,
        elapsed_ms: 1,
        status: DeliveryStatus::Delivered,
        code: None,
        reason: None,
        exchange: Exchange::default(),
    };
    let verdict = Verdict::Delivered;
    setting.table.store.finish_delivery(&lease, &attempt, &verdict, 30, at).await.unwrap();
    assert_eq!(setting.ledger().await, []);
    setting.handle(&crm).await;
    assert_eq!(setting.ledger().await.len(), 1);
}
