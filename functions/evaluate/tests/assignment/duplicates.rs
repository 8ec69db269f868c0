//! Which known leads an event is about: by the window and the scope of its source, and however many come at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use leadyard_domain::event::{EventStatus, Identity, Received};
use leadyard_domain::id::{EventId, LeadId, SourceId, body_hash};
use serde_json::{Value, json};

use crate::setting::{Setting, account, event, hand_over, record};

fn config(duplicates: Value) -> Value {
    json!({
        "sources": [
            { "id": "web", "format": "json", "duplicates": duplicates },
            { "id": "ads", "format": "json", "duplicates": duplicates },
            { "id": "all", "format": "json" },
        ],
        "assignees": [
            { "id": "buyer", "name": "Buyer", "kind": "partner", "duplicate_days": 30 },
            { "id": "house", "name": "House" },
        ],
        "pools": [{ "id": "partners", "members": ["buyer"] }],
        "profiles": [{ "id": "leads", "default": [{ "pool": "partners" }, { "assign_to": "house" }] }],
    })
}

fn anna() -> Value {
    json!({ "email": "anna@example.com", "phone": "+4930123456" })
}

/// An event of a source, accepted now.
fn came(setting: &Setting, source: &str, payload: Value) -> Received {
    let received = setting.accept(payload);
    let source = SourceId::new(source).unwrap();
    let Identity::External(id) = &received.identity else { panic!("the setting names its events") };
    let event = EventId::from_external(&account(), &source, id);
    Received { source, event, ..received }
}

/// Handles events at once, each by an evaluator of its own, and says what became of each.
async fn at_once(setting: &Setting, events: &[Received]) -> Vec<(EventStatus, LeadId)> {
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
    let ids: BTreeSet<EventId> = events.iter().map(|event| event.event.clone()).collect();
    let records = setting.table.store.events(&account(), &ids).await.unwrap();
    let became = |event: &Received| (records[&event.event].status, records[&event.event].lead.clone().unwrap());
    events.iter().map(became).collect()
}

async fn one(setting: &Setting, source: &str, payload: Value) -> (EventStatus, LeadId) {
    at_once(setting, &[came(setting, source, payload)]).await.pop().unwrap()
}

fn created(outcomes: &[(EventStatus, LeadId)]) -> usize {
    outcomes.iter().filter(|(status, _)| *status == EventStatus::Created).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_that_is_older_than_the_window_makes_room_for_one_new_lead() {
    let setting = Setting::start(&config(json!({ "within_days": 30 }))).await;
    let (_, first) = one(&setting, "web", anna()).await;
    setting.set_now(setting.now() + SignedDuration::from_hours(24 * 30));
    assert_eq!(one(&setting, "web", anna()).await, (EventStatus::Unchanged, first.clone()), "on the last day");

    setting.set_now(setting.now() + SignedDuration::from_secs(1));
    let many: Vec<Received> = (0..24).map(|_| came(&setting, "web", anna())).collect();
    let outcomes = at_once(&setting, &many).await;
    let leads: BTreeSet<&LeadId> = outcomes.iter().map(|(_, lead)| lead).collect();
    assert_eq!((created(&outcomes), leads.len()), (1, 1), "{outcomes:?}");
    let second = outcomes[0].1.clone();
    assert_ne!(second, first);
    assert_eq!(setting.read(&second).await.duplicate_count, 23);
    assert_eq!(setting.read(&first).await.duplicate_count, 1, "the old lead stays as it is");
    // Another source without a window finds the newest of the two.
    assert_eq!(one(&setting, "all", anna()).await.1, second);
    // One key is enough to find it, though the other was never the new one's before.
    assert_eq!(one(&setting, "web", json!({ "phone": "+4930123456", "company": "ACME" })).await.1, second);
}

#[tokio::test]
async fn keys_that_differ_move_with_the_lead_that_was_met() {
    let setting = Setting::start(&config(json!({ "within_days": 30 }))).await;
    let (_, old) = one(&setting, "web", json!({ "email": "anna@example.com" })).await;
    setting.set_now(setting.now() + SignedDuration::from_hours(24 * 40));
    let (_, new) = one(&setting, "web", json!({ "phone": "+4930123456" })).await;
    // The email leads to a lead that counts no more, the phone to one that does: that one has both from now on.
    assert_eq!(one(&setting, "web", anna()).await, (EventStatus::Updated, new.clone()));
    assert_eq!(one(&setting, "all", json!({ "email": "anna@example.com" })).await.1, new);
    assert_ne!(old, new);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_scope_of_a_source_each_source_has_one_lead_of_a_person() {
    let setting = Setting::start(&config(json!({ "scope": "source" }))).await;
    let sources = ["web", "ads"];
    let events: Vec<Received> = (0..24).map(|number| came(&setting, sources[number % 2], anna())).collect();
    let outcomes = at_once(&setting, &events).await;
    let mut of_source: BTreeMap<&SourceId, BTreeSet<&LeadId>> = BTreeMap::new();
    for (event, (_, lead)) in events.iter().zip(&outcomes) {
        of_source.entry(&event.source).or_default().insert(lead);
    }
    assert_eq!(created(&outcomes), 2, "{outcomes:?}");
    assert!(of_source.values().all(|leads| leads.len() == 1), "{of_source:?}");
    for source in sources {
        let own = of_source[&SourceId::new(source).unwrap()].first().copied().unwrap().clone();
        assert_eq!(setting.read(&own).await.source.as_str(), source);
        assert_eq!(one(&setting, source, json!({ "email": "anna@example.com" })).await.1, own);
    }
    // A source that counts all leads makes none beside them.
    let (status, _) = one(&setting, "all", anna()).await;
    assert_eq!(status, EventStatus::Unchanged);
}

#[tokio::test]
async fn a_source_that_gets_a_scope_later_still_knows_its_own_leads() {
    let setting = Setting::start(&config(json!({}))).await;
    let (_, first) = one(&setting, "web", anna()).await;
    setting.publish(&config(json!({ "scope": "source" }))).await;
    assert_eq!(one(&setting, "web", anna()).await.1, first);
    let (status, other) = one(&setting, "ads", anna()).await;
    assert_eq!(status, EventStatus::Created);
    // It still does when the account's key has moved to the newer lead.
    assert_eq!(one(&setting, "all", anna()).await.1, other);
    assert_eq!(one(&setting, "web", anna()).await.1, first);
}

#[tokio::test]
async fn a_lead_from_before_its_source_had_a_scope_does_not_lose_its_only_key() {
    let setting = Setting::start(&config(json!({}))).await;
    let (_, first) = one(&setting, "web", anna()).await;
    setting.publish(&config(json!({ "scope": "source" }))).await;
    // Before its own source has met it again.
    assert_eq!(one(&setting, "ads", anna()).await.0, EventStatus::Created);
    assert_eq!(one(&setting, "web", anna()).await.1, first);
}

#[tokio::test]
async fn a_source_knows_its_lead_by_what_another_source_added() {
    let setting = Setting::start(&config(json!({ "scope": "source" }))).await;
    let (_, first) = one(&setting, "web", json!({ "email": "anna@example.com" })).await;
    assert_eq!(one(&setting, "all", anna()).await, (EventStatus::Updated, first.clone()));
    let (_, other) = one(&setting, "ads", json!({ "phone": "+4930123456" })).await;
    assert_ne!(other, first);
    assert_eq!(one(&setting, "web", json!({ "phone": "+4930123456" })).await.1, first);
}

#[tokio::test]
async fn with_the_scope_of_partners_each_event_is_a_lead_and_who_had_the_person_is_passed_over() {
    let setting = Setting::start(&config(json!({ "scope": "partner" }))).await;
    let (status, first) = one(&setting, "web", anna()).await;
    assert_eq!((status, setting.whose(&first).await.as_str()), (EventStatus::Created, "buyer"));
    let (status, second) = one(&setting, "web", anna()).await;
    assert_eq!((status, setting.whose(&second).await.as_str()), (EventStatus::Created, "house"));
    let last = setting.assignments(&second).await.pop().unwrap();
    let reason = last.trace.actions[0].candidates[0].ineligible.as_ref().unwrap();
    assert_eq!(reason.name(), "duplicate_for_partner");
    // A repeat is none: the same body again, at once and after another one of the same person.
    let body = |text: &str| {
        let payload = json!({ "email": "anna@example.com", "message": text });
        let identity = Identity::Body(body_hash(payload.to_string().as_bytes()));
        Received { identity, ..came(&setting, "web", payload) }
    };
    // Without a record: a repeat that finds its body in the table names no lead.
    let mut made = Vec::new();
    for bodies in [vec![body("a"), body("a"), body("a")], vec![body("b")], vec![body("a")]] {
        let evaluate = setting.evaluate();
        let records = bodies.iter().map(|received| record(received.event.to_string(), event(received)));
        hand_over(&evaluate, records.map(|record| vec![record]).collect()).await;
        let ids = bodies.iter().map(|received| received.event.clone()).collect();
        let records = setting.table.store.events(&account(), &ids).await.unwrap();
        made.push(records.values().filter(|record| record.status == EventStatus::Created).count());
    }
    assert_eq!(made, [1, 1, 0]);
}

#[tokio::test]
async fn an_empty_key_never_matches() {
    for duplicates in [json!({}), json!({ "within_days": 30 }), json!({ "scope": "source" })] {
        let mut config = config(duplicates);
        for source in config["sources"].as_array_mut().unwrap() {
            source["search_by"] = json!(["email", "phone+company"]);
        }
        let setting = Setting::start(&config).await;
        let mut leads = BTreeSet::new();
        let parts = [
            json!({ "email": "", "phone": "+4930123456", "company": " " }),
            json!({ "email": null, "phone": "+4930123456" }),
            json!({ "phone": "", "company": "ACME" }),
            json!({ "email": "  ", "company": "ACME" }),
        ];
        for payload in parts {
            let (status, lead) = one(&setting, "web", payload).await;
            assert_eq!(status, EventStatus::Created);
            leads.insert(lead);
        }
        assert_eq!(leads.len(), 4);
        let whole = json!({ "phone": "+4930123456", "company": "ACME" });
        let (status, lead) = one(&setting, "web", whole.clone()).await;
        assert_eq!((status, leads.contains(&lead)), (EventStatus::Created, false));
        assert_eq!(one(&setting, "web", whole).await.1, lead);
    }
}
