//! Accounts with automations to each other, and the wire between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use evaluate::fetch::Fetcher;
use evaluate::lanes::Lanes;
use evaluate::outbox::Outbox;
use evaluate::point::Points;
use evaluate::{Evaluate, Now};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::Checked;
use leadyard_domain::delivery::payload;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Origin, Received};
use leadyard_domain::field::FieldName;
use leadyard_domain::id::{AccountId, DeliveryId, EventId, LeadId, SourceId};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_fakes::{Queue, Schedules, Table};
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{Metrics, Record, RecordResult};
use leadyard_sources::{Request, Split, format, identify};
use leadyard_store::{PublishConfig, RulesCache};
use serde_json::{Value, json};

/// A moment in a summer, on a Tuesday.
const START: &str = "2026-07-21T10:00:00Z";

pub fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

/// A request on the wire: what one account sends another.
#[derive(Debug, Clone)]
pub struct OnTheWire {
    pub to: AccountId,
    /// The delivery's id, the same on each try.
    pub id: String,
    pub body: Value,
    asked: DeliveryMessage,
}

pub struct World {
    pub table: Table,
    webhook: Queue,
    email: Queue,
    leads: Queue,
    schedules: Schedules,
    evaluate: Evaluate,
    clock: Arc<AtomicI64>,
    /// How many messages of the webhook queue were put on the wire.
    taken: usize,
    numbered: usize,
    /// Deliveries that were sent.
    sent: BTreeSet<(AccountId, DeliveryId)>,
    /// The config in force, by account.
    configs: BTreeMap<AccountId, Checked>,
    /// What is under way, the oldest first.
    pub wire: VecDeque<OnTheWire>,
    /// How many requests arrived.
    pub arrived: usize,
    /// Every event that came, by account.
    pub events: BTreeMap<AccountId, BTreeSet<EventId>>,
}

/// A config that tells each of `peers`, and takes from everybody. `more` goes into the connector.
pub fn config(peers: &[&str], more: &Value) -> Value {
    let mut connector = json!({
        "id": "sync", "format": "account_sync", "verify": { "standard_webhooks": { "secret": "s" } }, "sync": {},
    });
    connector.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let all = ["lead_created", "lead_updated", "lead_deleted", "activity_created"];
    let automation = |peer: &&str| json!({ "id": format!("tell-{peer}"), "state": "published", "on": all, "push": peer, "peer": peer });
    let destination =
        |peer: &&str| json!({ "id": peer, "channel": { "webhook": { "url": "https://other.example.com/" } } });
    json!({
        "sources": [
            { "id": "web", "format": "json", "on_duplicate": "update" },
            connector,
        ],
        "destinations": peers.iter().map(destination).collect::<Vec<_>>(),
        "automations": peers.iter().map(automation).collect::<Vec<_>>(),
    })
}

impl World {
    /// Accounts by name, each with its config.
    pub async fn start(accounts: &[(&str, Value)]) -> Self {
        let clock = Arc::new(AtomicI64::new(START.parse::<Timestamp>().unwrap().as_microsecond()));
        let (table, schedules) = (Table::start().await, Schedules::start().await);
        let (webhook, email, leads) = (Queue::start().await, Queue::start().await, Queue::start().await);
        let moved = Arc::clone(&clock);
        let now: Now = Arc::new(move || Timestamp::from_microsecond(moved.load(Ordering::SeqCst)).unwrap());
        let store = table.store.clone();
        let evaluate = Evaluate {
            rules: RulesCache::new(store.clone()),
            fetcher: Fetcher::new(store.clone(), AddressPolicy::parse("127.0.0.0/8", "true").unwrap()),
            store,
            outbox: Outbox {
                webhook: webhook.sender(),
                email: email.sender(),
                leads: leads.sender(),
                later: schedules.scheduler(),
                points: Points::default(),
            },
            lanes: Lanes::default(),
            metrics: Metrics::new("evaluate"),
            now,
        };
        let mut world = Self {
            table,
            webhook,
            email,
            leads,
            schedules,
            evaluate,
            clock,
            taken: 0,
            numbered: 0,
            sent: BTreeSet::new(),
            configs: BTreeMap::new(),
            wire: VecDeque::new(),
            arrived: 0,
            events: BTreeMap::new(),
        };
        for (name, config) in accounts {
            world.publish(name, config).await;
        }
        world
    }

    pub async fn publish(&mut self, name: &str, config: &Value) {
        let before =
            self.table.store.config_pointer(&account(name)).await.unwrap().map_or(0, |pointer| pointer.version);
        let publish = PublishConfig::new(account(name), config.to_string(), before, "test", self.now());
        self.table.store.publish_config(&publish).await.unwrap();
        let checked = self.table.store.published_config(&account(name), before + 1).await.unwrap();
        self.configs.insert(account(name), checked);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub fn pass(&self, time: SignedDuration) {
        self.clock.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// An event of a form in an account.
    pub async fn form(&mut self, name: &str, payload: Value) -> LeadId {
        self.numbered += 1;
        let (account, source) = (account(name), SourceId::new("web").unwrap());
        let id = self.numbered.to_string();
        let received = Received {
            event: EventId::from_external(&account, &source, &id),
            account,
            source,
            received_at: self.now(),
            identity: Identity::External(id),
            payload: payload.as_object().unwrap().clone(),
            origin: Origin::default(),
            intent: Intent::Capture,
        };
        let event = received.event.clone();
        self.receive(received).await;
        self.record(name, &event).await.lead.unwrap_or_else(|| LeadId::from_event(&event))
    }

    async fn receive(&mut self, received: Received) {
        self.events.entry(received.account.clone()).or_default().insert(received.event.clone());
        self.send(LeadsMessage::Received { event: Box::new(received), retry: false }).await;
    }

    /// Handles a message of an account and puts what follows on the wire.
    pub async fn send(&mut self, message: LeadsMessage) {
        let mut again = vec![message];
        let mut tries = 0;
        while let Some(message) = again.pop() {
            tries += 1;
            assert!(tries < 50, "the message is never done");
            let record = Record {
                message_id: "m".to_owned(),
                receive_count: 1,
                sent_at: None,
                deadline: Timestamp::MAX,
                message: message.clone(),
            };
            let results = self.evaluate.handle(vec![record]).await;
            if results.iter().any(|result| matches!(result, RecordResult::Retry { .. })) {
                again.push(message);
            }
        }
        self.put_on_the_wire().await;
    }

    /// What the webhook queue has got since, as deliver-webhook would send it now.
    async fn put_on_the_wire(&mut self) {
        let new: Vec<DeliveryMessage> = self.webhook.sent_after(self.taken);
        self.taken += new.len();
        for message in new {
            // One that was sent is claimed: asking for it again sends nothing.
            if !self.sent.insert((message.account.clone(), message.delivery.clone())) {
                continue;
            }
            let request = self.request(&message).await;
            self.wire.extend(request);
        }
        let others = self.email.entries().len() + self.leads.entries().len() + self.schedules.waiting().len();
        assert_eq!(others, 0, "nothing else follows");
    }

    /// The same delivery as it would be sent now: a further try tells of the lead as it is by then.
    pub async fn again(&self, request: &OnTheWire) -> Option<OnTheWire> {
        self.request(&request.asked).await
    }

    async fn request(&self, message: &DeliveryMessage) -> Option<OnTheWire> {
        let DeliveryMessage { account: from, delivery, .. } = message;
        let order = self.table.store.order(from, delivery).await.unwrap().unwrap();
        if order.over(delivery).is_some() {
            return None;
        }
        let body = payload(&order.told(), delivery, &self.configs[from]);
        Some(OnTheWire {
            to: account(delivery.destination().as_str()),
            id: delivery.to_string(),
            body,
            asked: message.clone(),
        })
    }

    /// A request arrives: intake reads it and evaluate settles it.
    pub async fn arrive(&mut self, request: OnTheWire) {
        self.arrived += 1;
        self.post(request.to.as_str(), &request.id, request.body).await;
    }

    /// A request of anybody to an account's connector.
    pub async fn post(&mut self, to: &str, id: &str, body: Value) {
        let to = account(to);
        let source = self.configs[&to].source(&SourceId::new("sync").unwrap()).unwrap().clone();
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        let body = body.to_string();
        let asked = Request {
            id: "request",
            method: &http::Method::POST,
            url: "https://api.example.com/in/key",
            query: "",
            headers: &headers,
            received_at: self.now(),
            body: body.as_bytes(),
        };
        let Split::Events(parts) = format("account_sync").unwrap().read(&source, &asked).unwrap() else {
            panic!("a push is an event")
        };
        for (index, part) in parts.into_iter().enumerate() {
            let (event, identity) = identify(&to, &source.id, asked.id, index, &part);
            let received = Received {
                account: to.clone(),
                source: source.id.clone(),
                event,
                received_at: self.now(),
                identity,
                payload: part.payload,
                origin: Origin::default(),
                intent: part.intent,
            };
            self.receive(received).await;
        }
    }

    /// Lets everything arrive that is under way, the oldest first, until nothing is.
    pub async fn settle(&mut self) {
        let mut left = 10_000;
        while let Some(request) = self.wire.pop_front() {
            left -= 1;
            assert!(left > 0, "it never gets quiet");
            self.arrive(request).await;
        }
    }

    pub async fn record(&self, name: &str, event: &EventId) -> EventRecord {
        self.table.store.events(&account(name), &[event.clone()].into()).await.unwrap().remove(event).unwrap()
    }

    /// What became of the pushes that came to an account, in no order: status and reason.
    pub async fn outcomes(&self, name: &str) -> Vec<(String, Option<String>)> {
        let known = self.events.get(&account(name)).cloned().unwrap_or_default();
        let records = self.table.store.events(&account(name), &known).await.unwrap();
        let pushes = records.into_values().filter(|record| matches!(record.received.intent, Intent::Sync(_)));
        pushes.map(|record| (record.status.name().to_owned(), record.reason)).collect()
    }

    /// Every lead that events of an account made or met.
    pub async fn leads(&self, name: &str) -> Vec<Lead> {
        let known = self.events.get(&account(name)).cloned().unwrap_or_default();
        let records = self.table.store.events(&account(name), &known).await.unwrap();
        let ids: BTreeSet<LeadId> = records.into_values().filter_map(|record| record.lead).collect();
        if ids.is_empty() {
            return Vec::new();
        }
        self.table.store.leads(&account(name), &ids, true).await.unwrap().into_values().collect()
    }

    /// The fields of each lead of an account as JSON, in the order of their emails.
    pub async fn fields(&self, name: &str) -> Vec<Value> {
        let leads = self.leads(name).await;
        let of = |lead: &Lead| -> Value {
            lead.fields
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let mut fields: Vec<Value> = leads.iter().map(of).collect();
        fields.sort_by_key(Value::to_string);
        fields
    }

    /// Somebody takes the value out of a field of a lead.
    pub async fn empty(&mut self, name: &str, lead: &LeadId, field: &str) {
        let fields = BTreeMap::from([(FieldName::new(field).unwrap(), None)]);
        let (by, at) = ("test".to_owned(), self.now());
        self.send(LeadsMessage::Edit { account: account(name), lead: lead.clone(), fields, by, at }).await;
    }

    /// Tries every failed event of an account once more, as the API asks for it.
    pub async fn retry_failed(&mut self, name: &str) {
        let known = self.events.get(&account(name)).cloned().unwrap_or_default();
        let records = self.table.store.events(&account(name), &known).await.unwrap();
        for record in records.into_values().filter(|record| record.status == EventStatus::Failed) {
            self.send(LeadsMessage::Received { event: Box::new(record.received), retry: true }).await;
        }
    }
}
