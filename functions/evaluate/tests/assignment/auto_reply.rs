//! The answer to who sent a lead: asked for once, however often its event comes, and for new leads only.

use jiff::SignedDuration;
use leadyard_domain::event::{Identity, Received};
use leadyard_domain::id::{DeliveryId, EventId, LeadId};
use leadyard_domain::message::DeliveryMessage;
use serde_json::{Value, json};

use crate::setting::{Setting, account, event};

fn config(more: Value) -> Value {
    let mut config = json!({
        "sources": [{ "id": "web", "format": "json", "auto_reply": "thanks" }],
        "assignees": [{ "id": "anna", "name": "Anna", "destinations": ["crm"] }],
        "destinations": [
            { "id": "crm", "channel": { "webhook": { "url": "https://crm.example.com/" } } },
            { "id": "thanks", "channel": { "email": { "to": ["{{ lead.fields.email }}"], "subject": "Thank you" } } },
        ],
        "profiles": [{ "id": "all", "default": [{ "assign_to": "anna" }] }],
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config
}

fn replies(setting: &Setting) -> Vec<DeliveryId> {
    setting.email.sent::<DeliveryMessage>().into_iter().map(|message| message.delivery).collect()
}

fn reply_to(lead: &LeadId) -> DeliveryId {
    DeliveryId::of_reply(lead, &"thanks".parse().unwrap())
}

#[tokio::test]
async fn a_new_lead_is_answered_once() {
    let setting = Setting::start(&config(json!({}))).await;
    let first = setting.lead(json!({ "email": "anna@example.com" })).await;
    assert_eq!(replies(&setting), [reply_to(&first)]);
    let file = setting.table.store.lead_file(&account(), &first).await.unwrap().unwrap();
    assert!(file.pending.contains(&reply_to(&first)), "a person sees that it is asked for: {:?}", file.pending);

    // What updates the lead is not answered, nor is a duplicate.
    setting.lead(json!({ "email": "anna@example.com", "company": "ACME" })).await;
    setting.lead(json!({ "email": "anna@example.com" })).await;
    assert_eq!(replies(&setting).len(), 1);
    // Who has the lead gets it all the same.
    assert_eq!(setting.webhook.sent::<DeliveryMessage>().len(), 1);
    setting.prove().await;
}

#[tokio::test]
async fn an_event_that_comes_again_asks_for_the_same_answer() {
    let setting = Setting::start(&config(json!({}))).await;
    let received = setting.accept(json!({ "email": "anna@example.com" }));
    let lead = LeadId::from_event(&received.event);
    setting.send(event(&received)).await;
    // The lead has changed before the message comes again: the answer may not have been asked for the first time.
    setting.set_now(setting.now() + SignedDuration::from_secs(1));
    setting.lead(json!({ "email": "anna@example.com", "company": "ACME" })).await;
    setting.send(event(&received)).await;
    // By the same id, of which one try is claimed once.
    assert_eq!(replies(&setting), [reply_to(&lead), reply_to(&lead)]);
}

#[tokio::test]
async fn who_left_no_address_and_who_is_in_a_file_is_not_answered() {
    let setting = Setting::start(&config(json!({}))).await;
    setting.lead(json!({ "phone": "+4930123456" })).await;
    let row = "imp_01234567890123456789012345:7";
    let received = setting.accept(json!({ "email": "anna@example.com" }));
    let imported = Received {
        event: EventId::from_external(&account(), &received.source, row),
        identity: Identity::External(row.to_owned()),
        ..received
    };
    setting.send(event(&imported)).await;
    assert_eq!(setting.read(&LeadId::from_event(&imported.event)).await.version, 1, "the lead is there");
    assert_eq!(replies(&setting), []);
}

#[tokio::test]
async fn a_disabled_destination_answers_nobody() {
    let mut config = config(json!({}));
    config["destinations"][1]["enabled"] = json!(false);
    let setting = Setting::start(&config).await;
    setting.lead(json!({ "email": "anna@example.com" })).await;
    assert_eq!(replies(&setting), []);
}
