//! Leads that are closed: what is open, capacities that free, and inquiries that come again.

use leadyard_domain::id::LeadId;
use leadyard_domain::message::LeadsMessage;
use serde_json::{Value, json};

use crate::setting::{Setting, account};

fn config(redistribute: &str) -> Value {
    json!({
        "account": { "value_field": "worth" },
        "fields": [{ "name": "worth", "type": "number" }],
        "sources": [{ "id": "web", "format": "json", "on_duplicate": "update" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "capacity": { "leads": 2, "value": 100 } },
            { "id": "bo", "name": "Bo" },
        ],
        "pools": [{ "id": "all", "members": ["anna"] }, { "id": "others", "members": ["bo"] }],
        "profiles": [{
            "id": "leads",
            "redistribute": redistribute,
            "rules": [
                { "id": "again", "when": { "field": "message", "op": "eq", "value": "again" }, "then": ["keep_owner", { "pool": "others" }] },
                { "id": "move", "when": { "field": "message", "op": "eq", "value": "move" }, "then": [{ "pool": "others" }] },
            ],
            "default": { "pool": "all" },
        }],
    })
}

fn stage(lead: &LeadId, stage: &str) -> LeadsMessage {
    LeadsMessage::Changed { account: account(), lead: lead.clone(), stage: stage.to_owned() }
}

async fn inquiry(setting: &Setting, number: usize, payload: Value) -> LeadId {
    let mut payload = payload;
    payload["email"] = json!(format!("lead{number}@example.com"));
    setting.lead(payload).await
}

#[tokio::test]
async fn who_closes_a_lead_can_take_the_oldest_that_waits() {
    let setting = Setting::start(&config("never")).await;
    let mut leads = Vec::new();
    for number in 0..4 {
        setting.set_now(setting.now() + jiff::SignedDuration::from_secs(1));
        leads.push(inquiry(&setting, number, json!({ "worth": 10 })).await);
    }
    assert_eq!([setting.whose(&leads[1]).await, setting.whose(&leads[2]).await], ["anna", "parked"]);
    setting.send(stage(&leads[0], "Won")).await;
    assert_eq!([setting.whose(&leads[2]).await, setting.whose(&leads[3]).await], ["anna", "parked"]);
    setting.prove().await;
    // By an event of the source, as a CRM sends it.
    inquiry(&setting, 1, json!({ "stage": "lost" })).await;
    assert_eq!(setting.whose(&leads[3]).await, "anna");
    setting.prove().await;
    // A lead that waits and is closed waits for nobody.
    let fifth = inquiry(&setting, 4, json!({})).await;
    assert_eq!(setting.whose(&fifth).await, "parked");
    setting.send(stage(&fifth, "closed")).await;
    assert_eq!(setting.whose(&fifth).await, "nobody");
    setting.prove().await;
}

#[tokio::test]
async fn what_is_worth_too_much_is_not_given() {
    let setting = Setting::start(&config("never")).await;
    let large = inquiry(&setting, 1, json!({ "worth": 80 })).await;
    let too_much = inquiry(&setting, 2, json!({ "worth": 21 })).await;
    let fits = inquiry(&setting, 3, json!({ "worth": 20 })).await;
    assert_eq!(
        [setting.whose(&large).await, setting.whose(&too_much).await, setting.whose(&fits).await],
        ["anna", "parked", "anna"]
    );
    // Opened again, it counts again.
    setting.send(stage(&large, "lost")).await;
    assert_eq!(setting.whose(&too_much).await, "anna");
    setting.send(stage(&large, "new")).await;
    setting.prove().await;
    let state = setting.history().await.state;
    assert_eq!(state.counters_of(&"anna".parse().unwrap()).open.value.to_string(), "121");
}

#[tokio::test]
async fn a_closed_lead_that_inquires_again_goes_to_its_owner_first() {
    let setting = Setting::start(&config("closed")).await;
    let lead = inquiry(&setting, 1, json!({})).await;
    inquiry(&setting, 1, json!({ "message": "again" })).await;
    assert_eq!(setting.assignments(&lead).await.len(), 1, "an open lead stays as it is");
    setting.send(stage(&lead, "lost")).await;
    inquiry(&setting, 1, json!({ "message": "again", "company": "ACME" })).await;
    assert_eq!(setting.whose(&lead).await, "anna", "the owner keeps it");
    assert_eq!(setting.assignments(&lead).await.len(), 2, "and is given it anew");
    assert!(setting.read(&lead).await.holdings[1].open);
    setting.prove().await;
}

#[tokio::test]
async fn where_it_is_always_decided_anew_another_rule_may_move_it() {
    let setting = Setting::start(&config("always")).await;
    let lead = inquiry(&setting, 1, json!({})).await;
    inquiry(&setting, 1, json!({ "message": "move" })).await;
    assert_eq!(setting.whose(&lead).await, "bo");
    let read = setting.read(&lead).await;
    assert_eq!((read.owner.unwrap().as_str(), read.holdings.len()), ("bo", 2));
    setting.prove().await;
}
