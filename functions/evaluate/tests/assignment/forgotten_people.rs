//! Leads that a person has erased.

use jiff::SignedDuration;
use leadyard_domain::assignment::{Assignment, Ending, Standing};
use leadyard_domain::event::EventStatus;
use leadyard_domain::id::{EventId, LeadId};
use leadyard_domain::message::LeadsMessage;
use leadyard_domain::trace::Trace;
use serde_json::{Value, json};

use crate::activities::{call, told};
use crate::edits::edit;
use crate::setting::{Setting, account, event};

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json", "on_duplicate": "update" }],
        "assignees": [{ "id": "anna", "name": "Anna", "capacity": { "leads": 1 } }],
        "pools": [{ "id": "all", "members": ["anna"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

fn erase(lead: &LeadId) -> LeadsMessage {
    let at = "2026-07-21T11:00:00Z".parse().unwrap();
    LeadsMessage::Erase { account: account(), lead: lead.clone(), by: "admin".to_owned(), at }
}

async fn payload_of(setting: &Setting, event: &EventId) -> usize {
    setting.table.store.event(&account(), event).await.unwrap().unwrap().received.payload.len()
}

#[tokio::test]
async fn everything_personal_goes_with_the_activities() {
    let setting = Setting::start(&config()).await;
    let made = setting.accept(json!({ "email": "a@example.com", "city": "Bonn", "colour": "red" }));
    setting.send(event(&made)).await;
    let lead = LeadId::from_event(&made.event);
    let met = setting.accept(json!({ "email": "a@example.com", "city": "Rome" }));
    setting.send(event(&met)).await;
    let waits = setting.lead(json!({ "email": "b@example.com" })).await;
    for number in 0..60 {
        setting.send(call(&lead, &number.to_string(), "busy", setting.now())).await;
    }
    setting.send(call(&waits, "1", "busy", setting.now())).await;
    assert_eq!((told(&setting, &lead).await.len(), setting.whose(&waits).await.as_str()), (60, "parked"));
    let before = setting.read(&lead).await;
    setting.set_now(setting.now() + SignedDuration::from_mins(1));
    for _ in 0..2 {
        setting.send(erase(&lead)).await;
        let after = setting.read(&lead).await;
        assert!(after.fields.is_empty() && after.extra.is_empty() && after.owner.is_none());
        assert_eq!((after.erased_at, after.version, after.activities), (Some(setting.now()), before.version + 1, 0));
        assert!(matches!(after.standing, Standing::Unassigned { attempt: 1 }));
        assert_eq!(after.ended(1), Some(Ending::Erased));
        assert!(told(&setting, &lead).await.is_empty());
    }
    let quoting = |decisions: &[Assignment]| decisions.iter().filter(|its| its.trace != Trace::default()).count();
    assert_eq!([quoting(&setting.assignments(&lead).await), quoting(&setting.assignments(&waits).await)], [0, 2]);
    // The one that made it, and the last one.
    assert_eq!([payload_of(&setting, &made.event).await, payload_of(&setting, &met.event).await], [0, 0]);
    let record = setting.table.store.event(&account(), &made.event).await.unwrap().unwrap();
    assert_eq!((record.status, record.lead.as_ref()), (EventStatus::Created, Some(&lead)));
    assert_eq!(record.reason.as_deref(), Some("what it brought was erased"));
    assert_eq!(setting.whose(&waits).await, "anna", "a place was freed");
    assert_eq!(told(&setting, &waits).await.len(), 1, "others keep theirs");

    // Nothing stands in it again, and the same person makes another lead.
    let erased = setting.read(&lead).await;
    setting.send(call(&lead, "61", "busy", setting.now())).await;
    setting.send(edit(&lead, json!({ "city": "Oslo" }), setting.now())).await;
    setting.send(event(&made)).await;
    assert_eq!((setting.read(&lead).await, told(&setting, &lead).await.len()), (erased, 0));
    let again = setting.lead(json!({ "email": "a@example.com" })).await;
    assert_ne!(again, lead);
    assert!(setting.read(&again).await.erased_at.is_none());
}

#[tokio::test]
async fn a_lead_that_waits_leaves_its_line() {
    let setting = Setting::start(&config()).await;
    setting.lead(json!({ "email": "a@example.com" })).await;
    let waits = setting.lead(json!({ "email": "b@example.com" })).await;
    setting.send(erase(&waits)).await;
    assert_eq!(setting.whose(&waits).await, "nobody");
    assert!(setting.table.store.parked_leads(&account(), 10, None).await.unwrap().rows.is_empty());
    assert!(setting.read(&waits).await.erased_at.is_some());
}

#[tokio::test]
async fn a_lead_that_is_not_there_is_done() {
    let setting = Setting::start(&config()).await;
    let lead = LeadId::from_event(&crate::setting::received(7, json!({}), setting.now()).event);
    setting.send(erase(&lead)).await;
}
