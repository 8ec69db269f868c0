//! What partners take and do not take, with what the table remembers.

use leadyard_domain::event::EventStatus;
use leadyard_domain::id::LeadId;
use serde_json::{Value, json};

use crate::setting::{Setting, account, event, hand_over, record};

fn config() -> Value {
    json!({
        "sources": [
            { "id": "web", "format": "json" },
        ],
        "assignees": [
            {
                "id": "buyer", "name": "Buyer", "kind": "partner", "duplicate_days": 30,
                "filter": { "field": "country", "op": "eq", "value": "DE" },
            },
            { "id": "house", "name": "House", "external_id": "H-1", "email": "house@example.com" },
        ],
        "pools": [{ "id": "partners", "members": ["buyer"] }],
        "profiles": [{
            "id": "leads",
            "rules": [{ "id": "named", "when": { "field": "job_title", "op": "exists" }, "then": [{ "named": "job_title" }] }],
            "default": [{ "pool": "partners" }, { "assign_to": "house" }],
        }],
    })
}

#[tokio::test]
async fn a_partner_gets_no_second_lead_of_the_same_person_for_a_while() {
    let setting = Setting::start(&config()).await;
    let person = |email: &str, phone: &str| json!({ "email": email, "phone": phone, "country": "DE" });
    let first = setting.lead(person("a@example.com", "+4930111111")).await;
    assert_eq!(setting.whose(&first).await, "buyer");
    // Another email, the same phone: search keys are by email first, so this makes the source find the same lead; a third
    // person shares nothing.
    let other = setting.lead(person("b@example.com", "+4930222222")).await;
    assert_eq!(setting.whose(&other).await, "buyer");
    let abroad = setting.lead(json!({ "email": "c@example.com", "country": "FR" })).await;
    assert_eq!(setting.whose(&abroad).await, "house");
    setting.prove().await;
    // Without search keys every event makes a lead: only the partner's memory knows the person.
    let mut keyless = config();
    keyless["sources"][0]["search_by"] = json!([]);
    setting.publish(&keyless).await;
    let again = setting.lead(person("A@example.com", "+4930999999")).await;
    assert_eq!(setting.whose(&again).await, "house");
    let last = setting.assignments(&again).await.pop().unwrap();
    let reason = last.trace.actions[0].candidates[0].ineligible.as_ref().unwrap();
    assert_eq!(reason.to_string(), "had a lead of the same person within 30 days");
    setting.wait_until("2026-08-21T10:00:00Z").await;
    let later = setting.lead(person("A@example.com", "+4930888888")).await;
    assert_eq!(setting.whose(&later).await, "buyer");
    setting.prove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_same_person_at_once_the_partner_gets_one() {
    let mut keyless = config();
    keyless["sources"][0]["search_by"] = json!([]);
    let setting = Setting::start(&keyless).await;
    let events: Vec<_> = (0..8)
        .map(|number| setting.accept(json!({ "email": "a@example.com", "country": "DE", "message": number })))
        .collect();
    let tasks: Vec<_> = events
        .iter()
        .map(|received| {
            let (evaluate, batch) = (setting.evaluate(), vec![record("m".to_owned(), event(received))]);
            tokio::spawn(async move { hand_over(&evaluate, vec![batch]).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut buyers = 0;
    for received in &events {
        buyers += usize::from(setting.whose(&LeadId::from_event(&received.event)).await == "buyer");
    }
    assert_eq!(buyers, 1);
    setting.prove().await;
}

#[tokio::test]
async fn a_lead_names_its_assignee_or_fails() {
    let setting = Setting::start(&config()).await;
    for (number, name) in ["house", "H-1", "House@example.com"].into_iter().enumerate() {
        let lead = setting.lead(json!({ "email": format!("{number}@example.com"), "job_title": name })).await;
        assert_eq!(setting.whose(&lead).await, "house", "{name}");
    }
    let received = setting.accept(json!({ "email": "x@example.com", "job_title": "nobody@example.com" }));
    setting.send(event(&received)).await;
    let record = setting.table.store.event(&account(), &received.event).await.unwrap().unwrap();
    let reason = record.reason.unwrap();
    assert_eq!((record.status, record.lead), (EventStatus::Failed, None));
    assert!(reason.contains("'job_title'") && !reason.contains("nobody@"), "{reason}");
    setting.prove().await;
}
