//! Many evaluators at once on one pool, with messages that come twice and queues that fail: each lead is decided once,
//! delivered once, within its caps and by its share.
#![cfg(test)] // clippy takes helper functions for test code only so

use std::collections::{BTreeMap, BTreeSet};

use evaluate::Evaluate;
use evaluate::fan_out::DeliveryQueues;
use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, Outcome};
use leadyard_domain::decision::Needs;
use leadyard_domain::event::{EventStatus, Identity, Origin, Received};
use leadyard_domain::id::{AccountId, AssigneeId, EventId, LeadId, PoolId, SourceId, body_hash};
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_domain::rotation::LEAD;
use leadyard_fakes::{Queue, Table};
use leadyard_runtime::{Metrics, Record, RecordResult};
use leadyard_store::{PublishConfig, RulesCache};
use serde_json::{Value, json};

const LEADS: usize = 160;
const EVALUATORS: usize = 8;
/// Bo's share of the leads would be more than this.
const CAP: u32 = 24;

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "weight": 1, "destinations": ["crm"] },
            { "id": "bo", "name": "Bo", "weight": 2, "destinations": ["crm"], "caps": [{ "period": "lifetime", "limit": CAP }] },
            { "id": "cy", "name": "Cy", "weight": 0.5, "destinations": ["crm"] },
            { "id": "di", "name": "Di", "weight": 3, "destinations": ["crm"] },
        ],
        "destinations": [{ "id": "crm", "channel": { "webhook": { "url": "https://crm.example" } } }],
        "pools": [{ "id": "all", "members": ["anna", "bo", "cy", "di"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

fn received(number: usize, payload: Value) -> Received {
    let (account, source) = (account(), SourceId::new("web").unwrap());
    Received {
        event: EventId::from_external(&account, &source, &number.to_string()),
        account,
        source,
        received_at: leadyard_runtime::now(),
        identity: Identity::External(number.to_string()),
        payload: payload.as_object().unwrap().clone(),
        origin: Origin::default(),
    }
}

fn record(message_id: String, event: &Received) -> Record<LeadsMessage> {
    Record {
        message_id,
        receive_count: 1,
        sent_at: None,
        deadline: Timestamp::MAX,
        message: LeadsMessage::Received { event: Box::new(event.clone()), retry: false },
    }
}

struct Setting {
    table: Table,
    webhook: Queue,
    email: Queue,
}

impl Setting {
    async fn start() -> Self {
        let table = Table::start().await;
        let publish = PublishConfig::new(account(), config().to_string(), 0, "test", leadyard_runtime::now());
        table.store.publish_config(&publish).await.unwrap();
        Self { table, webhook: Queue::start().await, email: Queue::start().await }
    }

    /// One execution environment of the function.
    fn evaluate(&self) -> Evaluate {
        Evaluate {
            store: self.table.store.clone(),
            rules: RulesCache::new(self.table.store.clone()),
            queues: DeliveryQueues { webhook: self.webhook.sender(), email: self.email.sender() },
            metrics: Metrics::new("evaluate"),
            now: leadyard_runtime::now,
        }
    }

    async fn assignments(&self, lead: &LeadId) -> Vec<Assignment> {
        self.table.store.lead_file(&account(), lead).await.unwrap().map(|file| file.assignments).unwrap_or_default()
    }
}

/// Hands batches to an evaluator until it has called every message done, as SQS does with a queue.
async fn drain(evaluate: &Evaluate, mut batches: Vec<Vec<Record<LeadsMessage>>>) {
    for _ in 0..200 {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_lead_once_within_caps_and_by_its_share() {
    let setting = Setting::start().await;
    let events: Vec<Received> = (0..LEADS)
        .map(|number| received(number, json!({ "email": format!("lead{number}@example.com"), "company": "ACME" })))
        .collect();
    // Each message comes to two evaluators, in other company.
    let mut tasks = Vec::new();
    for evaluator in 0..EVALUATORS {
        let evaluate = setting.evaluate();
        let mut mine: Vec<_> = (0..LEADS)
            .filter(|number| number % EVALUATORS == evaluator || (number / 3) % EVALUATORS == evaluator)
            .map(|number| record(format!("m{evaluator}-{number}"), &events[number]))
            .collect();
        if evaluator % 2 == 0 {
            mine.reverse();
        }
        let batches: Vec<Vec<_>> = mine.chunks(10).map(<[_]>::to_vec).collect();
        tasks.push(tokio::spawn(async move { drain(&evaluate, batches).await }));
    }
    // The delivery queue fails for a moment while they are at work.
    setting.webhook.set_down(true);
    while setting.table.store.event(&account(), &events[0].event).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    setting.webhook.set_down(false);
    for task in tasks {
        task.await.unwrap();
    }

    let mut given: BTreeMap<AssigneeId, i64> = BTreeMap::new();
    let mut entitled: BTreeMap<AssigneeId, i64> = BTreeMap::new();
    for event in &events {
        let lead = LeadId::from_event(&event.event);
        let assignments = setting.assignments(&lead).await;
        assert_eq!(assignments.len(), 1, "{lead} was decided once");
        let Outcome::Assigned { assignee, pick: Some(pick), .. } = &assignments[0].outcome else {
            panic!("{:?}", assignments[0].outcome)
        };
        *given.entry(assignee.clone()).or_default() += 1;
        for (member, share) in &pick.shares {
            *entitled.entry(member.clone()).or_default() += share;
        }
    }
    let bo = AssigneeId::new("bo").unwrap();
    assert_eq!(given[&bo], i64::from(CAP), "the cap was reached and not exceeded");
    for (member, share) in &entitled {
        let apart = (given[member] * LEAD - share).abs();
        assert!(apart < LEAD * 3 / 2, "{member} is {apart} millionths of a lead from its share");
    }

    let needs = Needs { pools: [PoolId::new("all").unwrap()].into(), assignees: given.keys().cloned().collect() };
    let state = setting.table.store.load_state(&account(), &needs).await.unwrap();
    let pool = state.pools.values().next().unwrap();
    assert_eq!(pool.members.values().map(|member| member.credit).sum::<i64>(), 0);
    for (member, count) in &given {
        assert_eq!(i64::from(state.counters[member].counts["lifetime"].leads), *count, "{member}");
        assert_eq!(pool.members[member].assigned, u64::try_from(*count).unwrap(), "{member}");
    }

    // Each delivery was asked for; asking more than once is harmless, for its first try is claimed once.
    let asked: BTreeSet<String> =
        setting.webhook.sent::<DeliveryMessage>().iter().map(|message| message.delivery.to_string()).collect();
    assert_eq!(asked.len(), LEADS);
}

#[tokio::test]
async fn the_same_lead_twice_at_once_is_one_lead() {
    let setting = Setting::start().await;
    let same = json!({ "email": "jane@example.com", "phone": "+4930123456" });
    let events: Vec<Received> = (0..16).map(|number| received(number, same.clone())).collect();
    let tasks: Vec<_> = events
        .iter()
        .map(|event| {
            let (evaluate, batch) = (setting.evaluate(), vec![record(event.event.to_string(), event)]);
            tokio::spawn(async move { drain(&evaluate, vec![batch]).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let ids = events.iter().map(|event| event.event.clone()).collect();
    let records = setting.table.store.events(&account(), &ids).await.unwrap();
    let created: Vec<_> = records.values().filter(|record| record.status == EventStatus::Created).collect();
    assert_eq!(created.len(), 1);
    let leads: BTreeSet<_> = records.values().map(|record| record.lead.clone().unwrap()).collect();
    assert_eq!(leads.len(), 1);
    assert_eq!(setting.assignments(leads.first().unwrap()).await.len(), 1);
}

#[tokio::test]
async fn a_body_without_a_key_that_comes_twice_within_a_minute_is_one_lead() {
    let setting = Setting::start().await;
    let payload = json!({ "company": "ACME", "message": "call me" });
    let hash = body_hash(payload.to_string().as_bytes());
    let event = |number: usize, seconds: i64| {
        let mut event = received(number, payload.clone());
        event.identity = Identity::Body(hash.clone());
        event.received_at =
            "2026-07-21T10:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds);
        event
    };
    let (first, soon, later) = (event(1, 0), event(2, 59), event(3, 61));
    let evaluate = setting.evaluate();
    // In one batch, in which they meet, and alone.
    let batch = vec![record("a".into(), &first), record("b".into(), &soon)];
    drain(&evaluate, vec![vec![record("c".into(), &later)], batch]).await;
    let ids = [&first, &soon, &later].map(|event| event.event.clone()).into();
    let records = setting.table.store.events(&account(), &ids).await.unwrap();
    let statuses = [&first, &soon, &later].map(|event| records[&event.event].status);
    assert_eq!(statuses, [EventStatus::Created, EventStatus::Duplicate, EventStatus::Created]);
}

#[tokio::test]
async fn a_queue_that_is_down_gives_the_messages_back_and_loses_nothing() {
    let setting = Setting::start().await;
    let event = received(1, json!({ "email": "jane@example.com" }));
    let evaluate = setting.evaluate();
    setting.webhook.set_down(true);
    let results = evaluate.handle(vec![record("m".into(), &event)]).await;
    assert!(matches!(results.as_slice(), [RecordResult::Retry { .. }]), "{results:?}");
    let lead = LeadId::from_event(&event.event);
    assert_eq!(setting.assignments(&lead).await.len(), 1, "the decision is committed");
    assert!(setting.webhook.entries().is_empty());

    setting.webhook.set_down(false);
    let results = evaluate.handle(vec![record("m".into(), &event)]).await;
    assert!(matches!(results.as_slice(), [RecordResult::Done { .. }]), "{results:?}");
    assert_eq!(setting.webhook.sent::<DeliveryMessage>().len(), 1);
    assert_eq!(setting.assignments(&lead).await.len(), 1, "and it is the same one");
}

#[tokio::test]
async fn a_failed_event_is_kept_and_goes_through_when_it_is_retried() {
    let setting = Setting::start().await;
    let event = received(1, json!({ "email": "not an address" }));
    let evaluate = setting.evaluate();
    drain(&evaluate, vec![vec![record("m".into(), &event)]]).await;
    let failed = setting.table.store.event(&account(), &event.event).await.unwrap().unwrap();
    assert_eq!((failed.status, failed.received.payload.len()), (EventStatus::Failed, 1));
    assert!(failed.reason.unwrap().contains("'email'"));
    // Without being asked to, a repeat changes nothing.
    drain(&evaluate, vec![vec![record("m2".into(), &event)]]).await;

    let mut mended = config();
    mended["sources"][0]["mapping"] = json!([{ "from": "email", "to": "message" }]);
    let publish = PublishConfig::new(account(), mended.to_string(), 1, "test", leadyard_runtime::now());
    setting.table.store.publish_config(&publish).await.unwrap();
    let mut retried = record("m3".into(), &event);
    retried.message = LeadsMessage::Received { event: Box::new(event.clone()), retry: true };
    drain(&setting.evaluate(), vec![vec![retried]]).await;
    let created = setting.table.store.event(&account(), &event.event).await.unwrap().unwrap();
    assert_eq!(created.status, EventStatus::Created);
    assert_eq!(setting.assignments(&LeadId::from_event(&event.event)).await[0].config_version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_decided_by_one_version_while_others_are_published() {
    let setting = Setting::start().await;
    // The rule of each version has its name, so that a decision tells which one it saw.
    let version = |number: u64| {
        let mut config = config();
        let rule = json!({ "id": format!("v{number}"), "then": [{ "pool": "all" }] });
        config["profiles"][0]["rules"] = json!([rule]);
        config.to_string()
    };
    let publish = async |number: u64| {
        let publish = PublishConfig::new(account(), version(number), number - 1, "test", leadyard_runtime::now());
        setting.table.store.publish_config(&publish).await.unwrap();
    };
    publish(2).await;
    let events: Vec<Received> =
        (0..60).map(|number| received(number, json!({ "email": format!("lead{number}@example.com") }))).collect();
    let work = async {
        for batch in events.chunks(5) {
            let records = batch.iter().enumerate().map(|(place, event)| record(format!("m{place}"), event)).collect();
            // A fresh environment each, so that every batch looks which version is in force.
            drain(&setting.evaluate(), vec![records]).await;
        }
    };
    let publishing = async {
        for number in 3..12 {
            publish(number).await;
        }
    };
    tokio::join!(work, publishing);
    let mut versions = BTreeSet::new();
    for batch in events.chunks(5) {
        let mut of_batch = BTreeSet::new();
        for event in batch {
            for assignment in setting.assignments(&LeadId::from_event(&event.event)).await {
                let rule = assignment.rule.unwrap();
                assert_eq!(rule.as_str(), format!("v{}", assignment.config_version));
                of_batch.insert(assignment.config_version);
            }
        }
        assert_eq!(of_batch.len(), 1, "a batch was decided by versions {of_batch:?}");
        versions.extend(of_batch);
    }
    assert!(versions.len() > 1, "nothing was published while leads were decided");
}
