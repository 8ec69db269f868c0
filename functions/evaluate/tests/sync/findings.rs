//! What went wrong once, each as it was found.

use jiff::SignedDuration;
use leadyard_domain::message::LeadsMessage;
use serde_json::{Value, json};

use crate::world::{World, account, config};

#[tokio::test]
async fn two_connectors_that_name_a_lead_source_get_quiet_and_leave_each_others_alone() {
    let named = |name: &str| json!({ "lead_source": name });
    let mut world = World::start(&[
        ("north", config(&["south"], &named("from the south"))),
        ("south", config(&["north"], &named("from the north"))),
    ])
    .await;
    world.form("north", json!({ "email": "ann@example.com", "lead_source": "web" })).await;
    world.settle().await;
    world.pass(SignedDuration::from_secs(1));
    world.form("south", json!({ "email": "ann@example.com", "company": "ACME" })).await;
    world.settle().await;
    assert_eq!(world.arrived, 2);
    let of = |source: &str| vec![json!({ "email": "ann@example.com", "company": "ACME", "lead_source": source })];
    assert_eq!((world.fields("north").await, world.fields("south").await), (of("web"), of("from the north")));
}

#[tokio::test]
async fn what_is_emptied_stays_empty_although_there_is_a_default() {
    let default = json!({ "mapping": [{ "from": "city", "to": "city", "default": "Bonn" }] });
    let mut world =
        World::start(&[("north", config(&["south"], &json!({}))), ("south", config(&["north"], &default))]).await;
    let lead = world.form("north", json!({ "email": "ann@example.com", "city": "Kiel" })).await;
    world.settle().await;
    world.pass(SignedDuration::from_secs(1));
    world.empty("north", &lead, "city").await;
    world.settle().await;
    let expected = vec![json!({ "email": "ann@example.com" })];
    assert_eq!((world.fields("north").await, world.fields("south").await), (expected.clone(), expected));
}

#[tokio::test]
async fn as_many_are_told_of_one_version_as_there_are() {
    let peers: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
    let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
    let mut world = World::start(&[("north", config(&peers, &json!({})))]).await;
    world.form("north", json!({ "email": "ann@example.com" })).await;
    assert_eq!(world.wire.len(), 30);
    world.form("north", json!({ "email": "ann@example.com", "company": "ACME" })).await;
    assert_eq!(world.wire.len(), 60);
    assert!(world.leads("north").await[0].own_deliveries.len() <= 30, "what was asked for before is forgotten in time");
}

#[tokio::test]
async fn the_same_id_on_two_leads_is_two_activities() {
    let all = json!({ "sync": { "activities": {} } });
    let mut world = World::start(&[("south", config(&[], &all))]).await;
    let push = |lead: &str, notes: &str| {
        json!({
            "type": "activity.created", "hops": ["crm"], "origin": { "account": "crm", "lead": lead, "version": 1 },
            "lead": {
                "entity": "lead", "fields": { "email": format!("{lead}@example.com") },
                "created_at": "2026-07-21T09:00:00Z", "updated_at": "2026-07-21T09:00:00Z",
            },
            "activity": {
                "origin": { "account": "crm", "id": "1" }, "type": "call", "at": "2026-07-21T09:00:00Z",
                "fields": { "notes": notes }, "updated_at": "2026-07-21T09:00:00Z",
            },
        })
    };
    world.post("south", "1", push("ann", "of Ann")).await;
    world.post("south", "2", push("bob", "of Bob")).await;
    let mut notes = Vec::new();
    for lead in world.leads("south").await {
        let page = world.table.store.activities(&account("south"), &lead.id, 10, None).await.unwrap();
        assert_eq!(page.rows.len(), 1);
        notes.push(page.rows[0].fields["notes"].clone());
    }
    notes.sort_by_key(Value::to_string);
    assert_eq!(notes, [json!("of Ann"), json!("of Bob")]);
}

#[tokio::test]
async fn a_sender_without_stamps_is_taken_at_its_word() {
    let mut world = World::start(&[("south", config(&["east"], &json!({})))]).await;
    let push = |version: u64, company: &str| {
        json!({
            "type": "lead.updated", "hops": ["crm"], "origin": { "account": "crm", "lead": "1", "version": version },
            "lead": {
                "entity": "lead", "fields": { "email": "ann@example.com", "company": company },
                "created_at": "2026-07-21T09:00:00Z", "updated_at": format!("2026-07-21T09:00:0{version}Z"),
            },
        })
    };
    for (version, company) in [(1, "One"), (2, "Two")] {
        world.post("south", &format!("{version}"), push(version, company)).await;
        assert_eq!(world.fields("south").await, [json!({ "email": "ann@example.com", "company": company })]);
    }
    assert_eq!(world.wire.len(), 2, "the east is told");
}

#[tokio::test]
async fn one_of_two_leads_that_are_one_here_is_deleted_and_the_other_lives() {
    let all = json!({ "sync": { "deletes": true } });
    let mut world =
        World::start(&[("north", config(&["south"], &json!({}))), ("south", config(&["north"], &all))]).await;
    let by_email = world.form("north", json!({ "email": "ann@example.com" })).await;
    world.form("north", json!({ "phone": "+4930123456" })).await;
    world.form("south", json!({ "email": "ann@example.com", "phone": "+4930123456" })).await;
    world.wire.retain(|request| request.to == account("south"));
    world.settle().await;
    let (at, by) = (world.now(), "test".to_owned());
    world.send(LeadsMessage::Erase { account: account("north"), lead: by_email, by, at }).await;
    world.settle().await;
    assert!(world.leads("south").await.iter().all(|lead| lead.erased_at.is_none()));
    assert!(world.outcomes("south").await.iter().any(|(status, _)| status == "flagged"));
}

#[tokio::test]
async fn a_deletion_is_told_also_where_the_lead_would_not_be_told_today() {
    let mut picky = config(&["south"], &json!({}));
    picky["automations"][0]["when"] = json!({ "field": "country", "op": "eq", "value": "DE" });
    let all = json!({ "sync": { "deletes": true } });
    let mut world = World::start(&[("north", picky), ("south", config(&[], &all))]).await;
    let lead = world.form("north", json!({ "email": "ann@example.com", "country": "DE" })).await;
    world.settle().await;
    let (at, by) = (world.now(), "test".to_owned());
    world.send(LeadsMessage::Erase { account: account("north"), lead, by, at }).await;
    world.settle().await;
    assert!(world.leads("south").await[0].erased_at.is_some());
}

#[tokio::test]
async fn what_counts_by_the_connectors_word_is_told_on_and_not_undone() {
    // The hub takes from B what B says, also when it is older than what C said.
    let theirs = json!({ "sync": { "conflicts": "theirs" } });
    let mut world = World::start(&[
        ("hub", config(&["b", "c"], &theirs)),
        ("b", config(&["hub"], &json!({}))),
        ("c", config(&["hub"], &json!({}))),
    ])
    .await;
    world.form("b", json!({ "email": "ann@example.com", "company": "B" })).await;
    let late = world.wire.pop_front().unwrap();
    world.pass(SignedDuration::from_secs(1));
    world.form("c", json!({ "email": "ann@example.com", "company": "C" })).await;
    world.settle().await;
    world.arrive(late).await;
    world.settle().await;
    for name in ["hub", "b", "c"] {
        assert_eq!(world.fields(name).await, [json!({ "email": "ann@example.com", "company": "B" })], "{name}");
    }
}

#[tokio::test]
async fn a_source_for_one_account_takes_nothing_of_another() {
    let only = json!({ "sync": { "account": "east", "deletes": true } });
    let mut world = World::start(&[("north", config(&["south"], &json!({}))), ("south", config(&[], &only))]).await;
    world.form("north", json!({ "email": "ann@example.com" })).await;
    world.settle().await;
    let [(status, reason)] = world.outcomes("south").await.try_into().unwrap();
    let reason = reason.unwrap();
    assert_eq!(status, "failed");
    assert!(reason.contains("'north'") && reason.contains("'east'"), "{reason}");
}
