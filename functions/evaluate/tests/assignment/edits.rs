//! Fields of a lead that are changed by hand.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::LeadId;
use leadyard_domain::lead::Lead;
use leadyard_domain::message::LeadsMessage;
use serde_json::{Value, json};

use crate::setting::{Setting, account};

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json", "on_duplicate": "update" }],
        "assignees": [{ "id": "anna", "name": "Anna", "capacity": { "leads": 1 } }],
        "pools": [{ "id": "all", "members": ["anna"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

/// Texts that fields of a lead are to have, or none, asked for at a moment.
pub fn edit(lead: &LeadId, fields: Value, at: Timestamp) -> LeadsMessage {
    let fields: BTreeMap<FieldName, Option<FieldValue>> = serde_json::from_value(fields).unwrap();
    LeadsMessage::Edit { account: account(), lead: lead.clone(), fields, by: "ops".to_owned(), at }
}

fn text(lead: &Lead, field: &str) -> Option<String> {
    lead.fields.get(&FieldName::new(field).unwrap()).map(ToString::to_string)
}

#[tokio::test]
async fn fields_are_set_and_taken_away_once() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com", "city": "Bonn", "message": "hello" })).await;
    let before = setting.read(&lead).await;
    let now = setting.now() + SignedDuration::from_mins(1);
    setting.set_now(now);
    for _ in 0..2 {
        setting.send(edit(&lead, json!({ "city": "Berlin", "message": null, "company": null }), now)).await;
        let after = setting.read(&lead).await;
        assert_eq!(text(&after, "city").as_deref(), Some("Berlin"));
        assert_eq!((text(&after, "message"), text(&after, "email")), (None, Some("a@example.com".to_owned())));
        assert_eq!((after.version, after.updated_at), (before.version + 1, now));
        assert_eq!((&after.standing, &after.holdings), (&before.standing, &before.holdings));
    }
    // What it says already changes nothing.
    setting.send(edit(&lead, json!({ "city": "Berlin" }), now + SignedDuration::from_secs(1))).await;
    assert_eq!(setting.read(&lead).await.version, before.version + 1);
    setting.prove().await;
}

#[tokio::test]
async fn the_edit_that_was_asked_for_last_counts() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let (first, second) = (setting.now(), setting.now() + SignedDuration::from_secs(1));
    setting.send(edit(&lead, json!({ "city": "Rome", "company": "ACME" }), second)).await;
    // It was asked for before, and comes later; what the other one does not name is changed by it.
    setting.send(edit(&lead, json!({ "city": "Bonn", "state": "NRW" }), first)).await;
    let after = setting.read(&lead).await;
    assert_eq!((text(&after, "city"), text(&after, "state")), (Some("Rome".to_owned()), Some("NRW".to_owned())));
    // What was taken away does not come back with a message that comes again.
    setting.send(edit(&lead, json!({ "city": null }), second + SignedDuration::from_secs(1))).await;
    setting.send(edit(&lead, json!({ "city": "Rome", "company": "ACME" }), second)).await;
    assert_eq!(text(&setting.read(&lead).await, "city"), None);
    setting.prove().await;
}

#[tokio::test]
async fn a_stage_means_what_it_means_everywhere() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let waits = setting.lead(json!({ "email": "b@example.com" })).await;
    let closed = setting.lead(json!({ "email": "c@example.com" })).await;
    assert_eq!([setting.whose(&lead).await, setting.whose(&waits).await], ["anna", "parked"]);
    setting.send(edit(&closed, json!({ "stage": "lost" }), setting.now())).await;
    assert_eq!(setting.whose(&closed).await, "nobody", "a lead that waits and is closed waits for nobody");
    setting.send(edit(&lead, json!({ "stage": "won", "city": "Bonn" }), setting.now())).await;
    assert_eq!(setting.whose(&waits).await, "anna", "a place was freed");
    assert!(!setting.read(&lead).await.holdings[0].open);
    setting.prove().await;
}

#[tokio::test]
async fn a_lead_is_known_by_its_new_address_unless_another_one_is() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let other = setting.lead(json!({ "email": "b@example.com" })).await;
    setting.send(edit(&lead, json!({ "email": "new@example.com", "phone": "+4930123456" }), setting.now())).await;
    setting.lead(json!({ "email": "new@example.com", "city": "Bonn" })).await;
    assert_eq!(text(&setting.read(&lead).await, "city").as_deref(), Some("Bonn"), "by the new one");
    setting.lead(json!({ "email": "a@example.com", "city": "Rome" })).await;
    assert_eq!(text(&setting.read(&lead).await, "city").as_deref(), Some("Rome"), "and by the former one");

    let at = setting.now() + SignedDuration::from_secs(1);
    setting.send(edit(&lead, json!({ "email": "b@example.com" }), at)).await;
    assert_eq!(text(&setting.read(&lead).await, "email").as_deref(), Some("b@example.com"));
    setting.lead(json!({ "email": "b@example.com", "city": "Oslo" })).await;
    assert_eq!(text(&setting.read(&other).await, "city").as_deref(), Some("Oslo"), "it stays with whoever has it");
    setting.prove().await;
}

#[tokio::test]
async fn a_lead_does_not_outgrow_its_fields() {
    let setting = Setting::start(&config()).await;
    let many: serde_json::Map<String, Value> = (0..199).map(|number| (format!("x{number}"), json!(number))).collect();
    let mut payload = json!(many);
    payload["email"] = json!("a@example.com");
    let lead = setting.lead(payload).await;
    setting.send(edit(&lead, json!({ "city": "Bonn" }), setting.now())).await;
    assert_eq!(text(&setting.read(&lead).await, "city"), None);
    let at = setting.now() + SignedDuration::from_secs(1);
    setting.send(edit(&lead, json!({ "city": "Bonn", "email": null }), at)).await;
    assert_eq!(text(&setting.read(&lead).await, "city").as_deref(), Some("Bonn"));
}
