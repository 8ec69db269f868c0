//! Activities and deletions.

use jiff::SignedDuration;
use leadyard_domain::activity::{Activity, ActivityOrigin};
use leadyard_domain::id::{AccountName, ActivityId, LeadId};
use leadyard_domain::message::LeadsMessage;
use serde_json::{Value, json};

use crate::world::{World, account, config};

/// Two accounts that take everything from each other; `sync` goes into the settings of the south.
async fn pair(sync: Value) -> World {
    let all = json!({ "sync": { "deletes": true, "activities": {} } });
    World::start(&[("north", config(&["south"], &all)), ("south", config(&["north"], &json!({ "sync": sync })))]).await
}

impl World {
    async fn call(&mut self, name: &str, lead: &LeadId, id: &str, outcome: &str) {
        let now = self.now();
        let id = ActivityId::from_external(&account(name), id);
        let activity = Activity {
            account: account(name),
            lead: lead.clone(),
            kind: "call".parse().unwrap(),
            at: now,
            fields: [("outcome".to_owned(), json!(outcome)), ("notes".to_owned(), json!("n"))].into(),
            origin: ActivityOrigin { account: AccountName::of(&account(name)), id: id.to_string() },
            id,
            version: 1,
            updated_at: now,
            via: Vec::new(),
            created_at: now,
        };
        self.send(LeadsMessage::Activity { account: account(name), activity: Box::new(activity) }).await;
    }

    async fn delete(&mut self, name: &str, lead: &LeadId) {
        let at = self.now();
        let by = "test".to_owned();
        self.send(LeadsMessage::Erase { account: account(name), lead: lead.clone(), by, at }).await;
    }

    /// What is known of an account's only lead: type and fields of each activity.
    async fn calls(&self, name: &str) -> Vec<(String, Value)> {
        let lead = self.only_lead(name).await;
        let page = self.table.store.activities(&account(name), &lead, 100, None).await.unwrap();
        page.rows.into_iter().map(|its| (its.kind.to_string(), json!(its.fields))).collect()
    }

    async fn only_lead(&self, name: &str) -> LeadId {
        let leads = self.leads(name).await;
        assert_eq!(leads.len(), 1, "{name}");
        leads[0].id.clone()
    }
}

#[tokio::test]
async fn what_happens_to_a_lead_is_told_once_and_corrected_from_either_side() {
    let mut world = pair(json!({ "activities": {} })).await;
    let lead = world.form("north", json!({ "email": "ann@example.com" })).await;
    world.settle().await;
    world.call("north", &lead, "1", "busy").await;
    world.settle().await;
    assert_eq!(world.arrived, 2, "the lead and the call");
    world.pass(SignedDuration::from_secs(1));
    world.call("north", &lead, "1", "reached").await;
    world.settle().await;
    assert_eq!(world.arrived, 3);
    let expected = [("call".to_owned(), json!({ "outcome": "reached", "notes": "n" }))];
    assert_eq!((world.calls("north").await, world.calls("south").await), (expected.to_vec(), expected.to_vec()));
    // One of the south's own comes to the north.
    world.pass(SignedDuration::from_secs(1));
    let there = world.only_lead("south").await;
    world.call("south", &there, "1", "wants an offer").await;
    world.settle().await;
    assert_eq!(
        (world.arrived, world.calls("north").await.len()),
        (4, 2),
        "the same name in another account is another call"
    );
    assert_eq!(world.calls("north").await, world.calls("south").await);
}

#[tokio::test]
async fn each_behaviour_with_new_and_known_activities() {
    for (behaviour, first, second) in [
        ("create_and_update", Some("busy"), Some("reached")),
        ("create_only", Some("busy"), Some("busy")),
        ("update_only", None, None),
    ] {
        let mut world = pair(json!({ "activities": { "behaviour": behaviour } })).await;
        let lead = world.form("north", json!({ "email": "ann@example.com" })).await;
        for (outcome, expected) in [("busy", first), ("reached", second)] {
            world.pass(SignedDuration::from_secs(1));
            world.call("north", &lead, "1", outcome).await;
            world.settle().await;
            let calls = world.calls("south").await;
            let outcomes: Vec<Option<&str>> = calls.iter().map(|(_, fields)| fields["outcome"].as_str()).collect();
            assert_eq!(outcomes, expected.into_iter().map(Some).collect::<Vec<_>>(), "{behaviour} {outcome}");
        }
    }
}

#[tokio::test]
async fn activities_have_a_mapping_of_their_own_and_may_be_left() {
    let mapping = json!({ "activities": {
        "types": { "call": "phone_call" },
        "mapping": [{ "from": "outcome", "to": "result" }, { "from": "notes", "to": "notes", "enabled": false }],
    } });
    for (sync, expected) in
        [(mapping, vec![("phone_call".to_owned(), json!({ "result": "busy" }))]), (json!({}), Vec::new())]
    {
        let mut world = pair(sync.clone()).await;
        let lead = world.form("north", json!({ "email": "ann@example.com" })).await;
        world.settle().await;
        world.call("north", &lead, "1", "busy").await;
        world.settle().await;
        assert_eq!(world.calls("south").await, expected, "{sync}");
    }
}

#[tokio::test]
async fn an_activity_of_a_lead_that_is_not_known_brings_the_lead() {
    let mut world = pair(json!({ "activities": {} })).await;
    let lead = world.form("north", json!({ "email": "ann@example.com" })).await;
    world.wire.clear();
    world.call("north", &lead, "1", "busy").await;
    world.settle().await;
    assert_eq!(world.fields("south").await, [json!({ "email": "ann@example.com" })]);
    assert_eq!(world.calls("south").await.len(), 1);
}

#[tokio::test]
async fn a_deletion_is_carried_out_where_that_is_allowed_and_nowhere_else() {
    for (allowed, erased) in [(true, true), (false, false)] {
        let mut world = pair(json!({ "deletes": allowed, "activities": {} })).await;
        let lead = world.form("north", json!({ "email": "ann@example.com" })).await;
        world.settle().await;
        world.call("north", &lead, "1", "busy").await;
        world.settle().await;
        world.delete("north", &lead).await;
        world.settle().await;
        assert_eq!(world.arrived, 3, "the lead, the call, the deletion, and nothing comes back");
        let there = world.leads("south").await;
        assert_eq!(there.len(), 1);
        assert_eq!((there[0].erased_at.is_some(), there[0].fields.is_empty()), (erased, erased), "{allowed}");
        let reasons: Vec<String> = world.outcomes("south").await.into_iter().filter_map(|(_, reason)| reason).collect();
        let said = if allowed { "the other account has deleted its own" } else { "lets it delete nothing here" };
        assert!(reasons.iter().any(|reason| reason.contains(said)), "{reasons:?}");
    }
}

#[tokio::test]
async fn what_is_told_of_a_lead_that_was_erased_here_brings_nothing_back() {
    let mut world = pair(json!({ "activities": {} })).await;
    world.form("north", json!({ "email": "ann@example.com" })).await;
    world.settle().await;
    let there = world.only_lead("south").await;
    world.delete("south", &there).await;
    world.wire.clear();
    world.pass(SignedDuration::from_secs(1));
    world.form("north", json!({ "email": "ann@example.com", "company": "New" })).await;
    world.settle().await;
    let leads = world.leads("south").await;
    assert_eq!((leads.len(), leads[0].fields.len()), (1, 0));
    let reasons: Vec<String> = world.outcomes("south").await.into_iter().filter_map(|(_, reason)| reason).collect();
    assert_eq!(reasons, ["the lead was erased here"]);
}
