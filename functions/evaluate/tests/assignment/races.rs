//! Many evaluators at once on one pool, with messages that come twice and queues that fail: each lead is decided once,
//! delivered once, within its caps and by its share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use leadyard_domain::event::{EventStatus, Identity, Received};
use leadyard_domain::id::{AssigneeId, LeadId, body_hash};
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_domain::rotation::LEAD;
use leadyard_history::max_deviation;
use leadyard_runtime::RecordResult;
use serde_json::{Value, json};

use crate::setting::{Setting, account, event, hand_over, record};

/// Leads of the large race.
const LEADS: usize = 5_000;
const WRITERS: usize = 16;

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "weight": 1, "destinations": ["crm"] },
            { "id": "bo", "name": "Bo", "weight": 2, "destinations": ["crm"], "caps": [{ "period": "lifetime", "limit": 400 }] },
            { "id": "cy", "name": "Cy", "weight": 0.5, "destinations": ["crm"] },
            { "id": "di", "name": "Di", "weight": 3, "destinations": ["crm"] },
            { "id": "ed", "name": "Ed", "weight": 1, "destinations": ["crm"], "caps": [{ "period": "day", "limit": 333 }] },
            { "id": "flo", "name": "Flo", "weight": 0.333333, "destinations": ["crm"] },
            { "id": "gus", "name": "Gus", "weight": 5, "destinations": ["crm"] },
            { "id": "hal", "name": "Hal", "weight": 2, "destinations": ["crm"] },
        ],
        "destinations": [{ "id": "crm", "channel": { "webhook": { "url": "https://crm.example" } } }],
        "pools": [{
            "id": "all",
            "members": ["anna", "bo", "cy", "di", "ed", "flo", "gus", { "assignee": "hal", "caps": [{ "period": "hour", "limit": 250 }] }],
        }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_leads_by_sixteen_writers_each_once_within_caps_and_by_its_share() {
    let setting = Arc::new(Setting::start(&config()).await);
    let events: Vec<Received> = (0..LEADS)
        .map(|number| setting.accept(json!({ "email": format!("lead{number}@example.com"), "company": "ACME" })))
        .collect();
    // Each message comes to one writer, and every tenth to another too, in other company.
    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let evaluate = setting.evaluate();
        let mine = (0..LEADS)
            .filter(|number| number % WRITERS == writer || (number % 10 == 3 && (number / 10) % WRITERS == writer));
        let mut mine: Vec<_> =
            mine.map(|number| record(format!("m{writer}-{number}"), event(&events[number]))).collect();
        if writer % 2 == 0 {
            mine.reverse();
        }
        let batches = mine.chunks(10).map(<[_]>::to_vec).collect();
        tasks.push(tokio::spawn(async move { hand_over(&evaluate, batches).await }));
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

    setting.prove().await;
    let history = setting.history().await;
    let deviation = max_deviation(&history);
    assert!(deviation < LEAD * 3 / 2, "somebody was {deviation} millionths of a lead from its share");
    let mut given: BTreeMap<&AssigneeId, u32> = BTreeMap::new();
    for file in &history.leads {
        assert_eq!(file.assignments.len(), 1, "{} was decided once", file.lead.id);
        *given.entry(&file.lead.holdings[0].assignee).or_default() += 1;
    }
    let given = |id: &str| given.get(&id.parse::<AssigneeId>().unwrap()).copied().unwrap_or_default();
    assert_eq!([given("bo"), given("ed"), given("hal")], [400, 333, 250], "every cap was reached and none exceeded");

    // Each delivery was asked for; asking more than once is harmless, for its first try is claimed once.
    let asked: BTreeSet<String> =
        setting.webhook.sent::<DeliveryMessage>().iter().map(|message| message.delivery.to_string()).collect();
    assert_eq!(asked.len(), LEADS);
}

#[tokio::test]
async fn the_same_lead_twice_at_once_is_one_lead() {
    let setting = Setting::start(&config()).await;
    let same = json!({ "email": "jane@example.com", "phone": "+4930123456" });
    let events: Vec<Received> = (0..16).map(|_| setting.accept(same.clone())).collect();
    let tasks: Vec<_> = events
        .iter()
        .map(|received| {
            let (evaluate, batch) = (setting.evaluate(), vec![record(received.event.to_string(), event(received))]);
            tokio::spawn(async move { hand_over(&evaluate, vec![batch]).await })
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
    let setting = Setting::start(&config()).await;
    let payload = json!({ "company": "ACME", "message": "call me" });
    let hash = body_hash(payload.to_string().as_bytes());
    let came = |seconds: i64| {
        let mut received = setting.accept(payload.clone());
        received.identity = Identity::Body(hash.clone());
        received.received_at += SignedDuration::from_secs(seconds);
        received
    };
    let (first, soon, later) = (came(0), came(59), came(61));
    let evaluate = setting.evaluate();
    // In one batch, in which they meet, and alone.
    let batch = vec![record("a".into(), event(&first)), record("b".into(), event(&soon))];
    hand_over(&evaluate, vec![vec![record("c".into(), event(&later))], batch]).await;
    let ids = [&first, &soon, &later].map(|event| event.event.clone()).into();
    let records = setting.table.store.events(&account(), &ids).await.unwrap();
    let statuses = [&first, &soon, &later].map(|event| records[&event.event].status);
    assert_eq!(statuses, [EventStatus::Created, EventStatus::Duplicate, EventStatus::Created]);
}

#[tokio::test]
async fn a_queue_that_is_down_gives_the_messages_back_and_loses_nothing() {
    let setting = Setting::start(&config()).await;
    let received = setting.accept(json!({ "email": "jane@example.com" }));
    let evaluate = setting.evaluate();
    setting.webhook.set_down(true);
    let results = evaluate.handle(vec![record("m".into(), event(&received))]).await;
    assert!(matches!(results.as_slice(), [RecordResult::Retry { .. }]), "{results:?}");
    let lead = LeadId::from_event(&received.event);
    assert_eq!(setting.assignments(&lead).await.len(), 1, "the decision is committed");
    assert!(setting.webhook.entries().is_empty());

    setting.webhook.set_down(false);
    let results = evaluate.handle(vec![record("m".into(), event(&received))]).await;
    assert!(matches!(results.as_slice(), [RecordResult::Done { .. }]), "{results:?}");
    assert_eq!(setting.webhook.sent::<DeliveryMessage>().len(), 1);
    assert_eq!(setting.assignments(&lead).await.len(), 1, "and it is the same one");
}

#[tokio::test]
async fn a_failed_event_is_kept_and_goes_through_when_it_is_retried() {
    let setting = Setting::start(&config()).await;
    let received = setting.accept(json!({ "email": "not an address" }));
    let evaluate = setting.evaluate();
    hand_over(&evaluate, vec![vec![record("m".into(), event(&received))]]).await;
    let failed = setting.table.store.event(&account(), &received.event).await.unwrap().unwrap();
    assert_eq!((failed.status, failed.received.payload.len()), (EventStatus::Failed, 1));
    assert!(failed.reason.unwrap().contains("'email'"));
    // Without being asked to, a repeat changes nothing.
    hand_over(&evaluate, vec![vec![record("m2".into(), event(&received))]]).await;

    let mut mended = config();
    mended["sources"][0]["mapping"] = json!([{ "from": "email", "to": "message" }]);
    setting.publish(&mended).await;
    let retried = LeadsMessage::Received { event: Box::new(received.clone()), retry: true };
    hand_over(&setting.evaluate(), vec![vec![record("m3".into(), retried)]]).await;
    let created = setting.table.store.event(&account(), &received.event).await.unwrap().unwrap();
    assert_eq!(created.status, EventStatus::Created);
    assert_eq!(setting.assignments(&LeadId::from_event(&received.event)).await[0].config_version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_decided_by_one_version_while_others_are_published() {
    let setting = Setting::start(&config()).await;
    // The rule of each version has its name, so that a decision tells which one it saw.
    let version = |number: u64| {
        let mut config = config();
        let rule = json!({ "id": format!("v{number}"), "then": [{ "pool": "all" }] });
        config["profiles"][0]["rules"] = json!([rule]);
        config
    };
    setting.publish(&version(2)).await;
    let events: Vec<Received> =
        (0..60).map(|number| setting.accept(json!({ "email": format!("lead{number}@example.com") }))).collect();
    let work = async {
        for batch in events.chunks(5) {
            let records = batch.iter().enumerate();
            let records = records.map(|(place, received)| record(format!("m{place}"), event(received))).collect();
            // A fresh environment each, so that every batch looks which version is in force.
            hand_over(&setting.evaluate(), vec![records]).await;
        }
    };
    let publishing = async {
        for number in 3..12 {
            setting.publish(&version(number)).await;
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
