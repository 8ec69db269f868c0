//! A function with all that surrounds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use deliver_webhook::handler::{DeliverError, DeliverWebhook};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::{End, Ending, Holding};
use leadyard_domain::decision::State;
use leadyard_domain::delivery::{Attempt, DeliveryRecord};
use leadyard_domain::id::{AccountId, DeliveryId, SecretName};
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_fakes::{Answered, Came, Queue, Receiver, Schedules, Table, assigned_lead};
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{FollowUps, Metrics, Record};
use leadyard_store::{Commit, PublishConfig, Secret, SetSecret, Settled};
use serde_json::{Value, json};

pub struct Setting {
    pub table: Table,
    pub queue: Queue,
    pub leads: Queue,
    pub alerts: Queue,
    pub schedules: Schedules,
    pub receiver: Receiver,
    clock: Arc<AtomicI64>,
    deliver: DeliverWebhook,
}

pub fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

pub const BEGIN: &str = "2026-07-21T10:00:00Z";

impl Setting {
    /// A receiver that answers so, and a destination with these settings, of which `webhook` gets the receiver's address.
    pub async fn start(
        webhook: Value,
        destination: Value,
        script: impl FnMut(&Came) -> Answered + Send + 'static,
    ) -> Self {
        let (table, queue, leads) = (Table::start().await, Queue::start().await, Queue::start().await);
        let alerts = Queue::start().await;
        let (schedules, receiver) = (Schedules::start().await, Receiver::start(script).await);
        let clock = Arc::new(AtomicI64::new(BEGIN.parse::<Timestamp>().unwrap().as_millisecond()));
        let now = Arc::clone(&clock);
        let deliver = DeliverWebhook::new(
            table.store.clone(),
            FollowUps::new(queue.sender(), schedules.scheduler(), leads.sender()).with_alerts(alerts.sender()),
            AddressPolicy::parse("127.0.0.0/8", "true").unwrap(),
            Metrics::new("deliver-webhook"),
            Arc::new(move || Timestamp::from_millisecond(now.load(Ordering::SeqCst)).unwrap()),
        );
        let setting = Self { table, queue, leads, alerts, schedules, receiver, clock, deliver };
        for name in ["token", "hook"] {
            setting.set_secret(name, "top-secret").await;
        }
        setting.set_secret("access", "acc-3ss-key").await;
        setting.set_secret("secret", "s3cr3t-key").await;
        let slack = format!("{}/services/T0/B0/x", setting.receiver.url());
        setting.set_secret("slack", &slack).await;
        setting.publish(webhook, destination, 0).await;
        setting
    }

    pub async fn set_secret(&self, name: &str, value: &str) {
        let (name, value) = (SecretName::new(name).unwrap(), Secret::new(value));
        let (account, now) = (account(), self.now());
        let set = SetSecret { account, name, value, keep_previous: false, by: "test".to_owned(), now };
        self.table.store.set_secret(&set).await.unwrap();
    }

    pub async fn publish(&self, mut webhook: Value, mut destination: Value, version: u64) {
        if webhook.get("access_key").is_some() {
            webhook["host"] = self.receiver.url().into();
            destination["channel"] = json!({ "leadsquared": webhook });
        } else if webhook.get("secret").is_none_or(|secret| secret != "slack") {
            webhook["url"] = format!("{}{}", self.receiver.url(), webhook["url"].as_str().unwrap_or("/hook")).into();
            if let Some(token) = webhook.pointer_mut("/auth/oauth2/token_url") {
                *token = format!("{}/token", self.receiver.url()).into();
            }
            destination["channel"] = json!({ "webhook": webhook });
        } else {
            destination["channel"] = json!({ "slack": webhook });
        }
        destination["id"] = "crm".into();
        let config = json!({
            "sources": [{ "id": "web", "format": "json" }],
            "assignees": [{ "id": "anna", "name": "Anna", "destinations": ["crm"] }],
            "destinations": [destination],
        });
        let publish = PublishConfig::new(account(), config.to_string(), version, "test", self.now());
        self.table.store.publish_config(&publish).await.unwrap();
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub fn pass(&self, seconds: i64) {
        let wait = SignedDuration::from_secs(seconds);
        self.clock.fetch_add(i64::try_from(wait.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// A lead that is to be delivered.
    pub async fn lead(&self, number: u32) -> DeliveryId {
        assigned_lead(&self.table.store, &account(), number, "anna", "crm", self.now()).await
    }

    /// Ends the attempt of a delivery, as evaluate does when a lead is returned.
    pub async fn take_away(&self, delivery: &DeliveryId) {
        let (store, now) = (&self.table.store, self.now());
        let id = delivery.lead();
        let mut lead = store.leads(&account(), &[id.clone()].into(), true).await.unwrap().remove(&id).unwrap();
        let standing = lead.standing.clone();
        let end = End { how: Ending::Returned, at: now, by: None, reason: None, refunds: Vec::new() };
        let held: Holding = serde_json::from_value(json!({
            "attempt": 1, "assignee": "anna", "since": now, "open": true,
        }))
        .unwrap();
        lead.holdings.push(Holding { ended: Some(end), ..held });
        let settled = vec![Settled::known(lead, standing, Vec::new(), now)];
        let (before, after) = (State::default(), State::default());
        let commit = Commit { account: account(), now, log_days: 30, had_days: 0, settled, before, after };
        store.commit(&commit).await.unwrap();
    }

    pub async fn handle(&self, message: DeliveryMessage) -> Result<(), DeliverError> {
        let record =
            Record { message_id: "m".into(), receive_count: 1, sent_at: None, deadline: Timestamp::MAX, message };
        self.deliver.handle(record).await
    }

    pub async fn try_it(&self, delivery: &DeliveryId, number: u32) {
        self.handle(DeliveryMessage::try_number(&account(), delivery, number)).await.unwrap();
    }

    pub async fn record(&self, delivery: &DeliveryId) -> Option<DeliveryRecord> {
        self.table.store.delivery(&account(), delivery).await.unwrap()
    }

    pub async fn status(&self, delivery: &DeliveryId) -> &'static str {
        self.record(delivery).await.map_or("none", |record| record.status.name())
    }

    pub async fn last(&self, delivery: &DeliveryId) -> Attempt {
        self.table.store.attempts(&account(), delivery).await.unwrap().pop().unwrap()
    }

    /// What was put back into the queue: the messages and for how long each is held back.
    pub fn put_off(&self) -> Vec<(DeliveryMessage, u64)> {
        let delay = |entry: &Value| entry["DelaySeconds"].as_u64().unwrap_or_default();
        self.queue.sent().into_iter().zip(self.queue.entries().iter().map(delay)).collect()
    }

    pub fn told_evaluate(&self) -> Vec<LeadsMessage> {
        self.leads.sent()
    }
}
