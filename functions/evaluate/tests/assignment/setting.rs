//! What every test begins with: a table with a published config, the queues, the schedules, and a clock that stands still.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use evaluate::fetch::Fetcher;
use evaluate::lanes::Lanes;
use evaluate::outbox::Outbox;
use evaluate::point::Points;
use evaluate::{Evaluate, Now};
use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, Standing};
use leadyard_domain::config::Checked;
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::{AccountId, AssigneeId, EventId, LeadId, SourceId};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::{Queue, Schedules, Table};
use leadyard_history::History;
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{Metrics, Record, RecordResult};
use leadyard_store::{PublishConfig, RulesCache, Store};
use serde_json::Value;

/// A moment in a summer, on a Tuesday.
pub const START: &str = "2026-07-21T10:00:00Z";

pub fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

pub fn assignee(id: &str) -> AssigneeId {
    id.parse().unwrap()
}

pub fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// The event of a number, with an id of the sender's.
pub fn received(number: usize, payload: Value, received_at: Timestamp) -> Received {
    let (account, source) = (account(), SourceId::new("web").unwrap());
    Received {
        event: EventId::from_external(&account, &source, &number.to_string()),
        account,
        source,
        received_at,
        identity: Identity::External(number.to_string()),
        payload: payload.as_object().unwrap().clone(),
        origin: Origin::default(),
        intent: Intent::Capture,
    }
}

pub fn record(message_id: String, message: LeadsMessage) -> Record<LeadsMessage> {
    Record { message_id, receive_count: 1, sent_at: None, deadline: Timestamp::MAX, message }
}

pub fn event(received: &Received) -> LeadsMessage {
    LeadsMessage::Received { event: Box::new(received.clone()), retry: false }
}

pub struct Setting {
    pub table: Table,
    pub webhook: Queue,
    pub email: Queue,
    pub leads: Queue,
    pub schedules: Schedules,
    clock: Arc<AtomicI64>,
    taken: AtomicUsize,
    numbered: AtomicUsize,
    accepted: Mutex<BTreeSet<EventId>>,
}

impl Setting {
    /// With a config in force, at [`START`].
    pub async fn start(config: &Value) -> Self {
        let setting = Self {
            table: Table::start().await,
            webhook: Queue::start().await,
            email: Queue::start().await,
            leads: Queue::start().await,
            schedules: Schedules::start().await,
            clock: Arc::new(AtomicI64::new(at(START).as_microsecond())),
            taken: AtomicUsize::new(0),
            numbered: AtomicUsize::new(0),
            accepted: Mutex::default(),
        };
        setting.publish(config).await;
        setting
    }

    pub async fn publish(&self, config: &Value) {
        let before = self.table.store.config_pointer(&account()).await.unwrap().map_or(0, |pointer| pointer.version);
        let publish = PublishConfig::new(account(), config.to_string(), before, "test", self.now());
        self.table.store.publish_config(&publish).await.unwrap();
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub fn set_now(&self, now: Timestamp) {
        self.clock.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// One execution environment of the function.
    pub fn evaluate(&self) -> Evaluate {
        self.evaluate_with(self.table.store.clone(), Points::default())
    }

    pub fn evaluate_with(&self, store: Store, points: Points) -> Evaluate {
        let clock = Arc::clone(&self.clock);
        let now: Now = Arc::new(move || Timestamp::from_microsecond(clock.load(Ordering::SeqCst)).unwrap());
        Evaluate {
            rules: RulesCache::new(store.clone()),
            fetcher: Fetcher::new(store.clone(), AddressPolicy::parse("127.0.0.0/8", "true").unwrap()),
            store,
            outbox: Outbox {
                webhook: self.webhook.sender(),
                email: self.email.sender(),
                leads: self.leads.sender(),
                later: self.schedules.scheduler(),
                points,
            },
            lanes: Lanes::default(),
            metrics: Metrics::new("evaluate"),
            now,
        }
    }

    /// An event that is accepted now.
    pub fn accept(&self, payload: Value) -> Received {
        let received = received(self.numbered.fetch_add(1, Ordering::SeqCst), payload, self.now());
        self.accepted.lock().unwrap().insert(received.event.clone());
        received
    }

    /// From now on an event counts as accepted that something else than [`Setting::accept`] has made.
    pub fn expect(&self, event: EventId) {
        self.accepted.lock().unwrap().insert(event);
    }

    /// Accepts an event and handles it, with all that follows at once.
    pub async fn lead(&self, payload: Value) -> LeadId {
        let received = self.accept(payload);
        self.send(event(&received)).await;
        LeadId::from_event(&received.event)
    }

    /// Handles a message, and the messages that the function sends itself because of it.
    pub async fn send(&self, message: LeadsMessage) {
        hand_over(&self.evaluate(), vec![vec![record("m".to_owned(), message)]]).await;
        self.own_messages().await;
    }

    /// Handles what the function has sent itself, until nothing is left.
    pub async fn own_messages(&self) {
        loop {
            let sent: Vec<LeadsMessage> = self.leads.sent();
            let taken = self.taken.swap(sent.len(), Ordering::SeqCst);
            if taken == sent.len() {
                return;
            }
            for message in sent.into_iter().skip(taken) {
                hand_over(&self.evaluate(), vec![vec![record("own".to_owned(), message)]]).await;
            }
        }
    }

    /// Lets time pass: each schedule that is due until then runs at its moment.
    pub async fn wait_until(&self, time: &str) {
        let until = at(time);
        while let Some(next) = self.schedules.waiting().first()
            && at(&format!("{}Z", next.at)) <= until
        {
            let (moment, message) = self.schedules.run_next::<LeadsMessage>().unwrap();
            self.set_now(at(&format!("{moment}Z")).max(self.now()));
            self.send(message).await;
        }
        self.set_now(until);
    }

    pub async fn read(&self, lead: &LeadId) -> Lead {
        self.table.store.leads(&account(), &[lead.clone()].into(), true).await.unwrap().remove(lead).unwrap()
    }

    pub async fn assignments(&self, lead: &LeadId) -> Vec<Assignment> {
        self.table.store.lead_file(&account(), lead).await.unwrap().map(|file| file.assignments).unwrap_or_default()
    }

    /// Who has the lead, or how it stands.
    pub async fn whose(&self, lead: &LeadId) -> String {
        let lead = self.read(lead).await;
        match &lead.standing {
            Standing::Assigned { .. } => {
                lead.held().map(|holding| holding.assignee.to_string()).collect::<Vec<_>>().join(" ")
            }
            Standing::Parked { .. } => "parked".to_owned(),
            Standing::Queued { .. } => "queued".to_owned(),
            Standing::Unassigned { .. } => "nobody".to_owned(),
        }
    }

    /// The config in force.
    pub async fn config(&self) -> Checked {
        let pointer = self.table.store.config_pointer(&account()).await.unwrap().unwrap();
        self.table.store.published_config(&account(), pointer.version).await.unwrap()
    }

    /// Everything that is on record of the accepted events, as far as the emulator's table tells it.
    pub async fn history(&self) -> History {
        let accepted = self.accepted.lock().unwrap().clone();
        History::read(&self.table.store, &account(), &accepted, &self.config().await).await.unwrap()
    }

    /// What does not hold together in it.
    pub async fn wrong(&self) -> Vec<String> {
        let accepted = self.accepted.lock().unwrap().clone();
        self.history().await.check(&accepted, &self.config().await)
    }

    /// Proves that everything holds together.
    pub async fn prove(&self) {
        let wrong = self.wrong().await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Hands batches to an evaluator until it has called every message done, as SQS does with a queue.
pub async fn hand_over(evaluate: &Evaluate, mut batches: Vec<Vec<Record<LeadsMessage>>>) {
    // Ten times as often as ever needed.
    for _ in 0..batches.len() * 10 + 200 {
        let Some(batch) = batches.pop() else { return };
        let results = evaluate.handle(batch.clone()).await;
        let done: BTreeSet<&str> = results
            .iter()
            .filter_map(|result| match result {
                RecordResult::Done { message_id } => Some(message_id.as_str()),
                RecordResult::Retry { .. } => None,
            })
            .collect();
        let again: Vec<_> = batch.into_iter().filter(|record| !done.contains(record.message_id.as_str())).collect();
        if !again.is_empty() {
            batches.insert(0, again);
        }
    }
    panic!("the queue does not become empty");
}
