//! What a partner is charged for a delivery by webhook, over a real table and a receiver on this machine.
#![cfg(test)] // clippy takes helper functions for test code only so

use std::sync::Arc;

use deliver_webhook::handler::DeliverWebhook;
use leadyard_domain::delivery::{Attempt, DeliveryStatus, Exchange, Verdict};
use leadyard_domain::id::{AccountId, DeliveryId, LeadId};
use leadyard_domain::ledger::Entry;
use leadyard_domain::message::DeliveryMessage;
use leadyard_fakes::{Answered, Queue, Receiver, Service, Table, sold_lead};
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{FollowUps, Metrics, Record, Scheduler, now};
use leadyard_store::{Claim, ClaimRequest, PublishConfig};
use serde_json::json;

struct Setting {
    table: Table,
    queue: Queue,
    aws: Service,
    lead: LeadId,
}

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

impl Setting {
    /// A lead that was given to a partner for a price, to be delivered to two places.
    async fn start(crm: u16, copy: u16) -> Self {
        let table = Table::start().await;
        let crm = Receiver::start(move |_| Answered::status(crm)).await;
        let copy = Receiver::start(move |_| Answered::status(copy)).await;
        let webhook = |id: &str, to: &Receiver| json!({ "id": id, "channel": { "webhook": { "url": to.url() } } });
        let config = json!({
            "sources": [{ "id": "web", "format": "json" }],
            "assignees": [{ "id": "acme", "name": "Acme", "kind": "partner", "destinations": ["crm", "copy"] }],
            "destinations": [webhook("crm", &crm), webhook("copy", &copy)],
        });
        let publish = PublishConfig::new(account(), config.to_string(), 0, "test", now());
        table.store.publish_config(&publish).await.unwrap();
        let deliveries = sold_lead(&table.store, &account(), 1, "acme", &["crm", "copy"], Some("42.5"), now()).await;
        let lead = deliveries[0].lead();
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
