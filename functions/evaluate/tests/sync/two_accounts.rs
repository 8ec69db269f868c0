//! Two accounts, both with automations to the other.

use jiff::SignedDuration;
use serde_json::json;

use crate::world::{World, config};

async fn pair() -> World {
    World::start(&[("north", config(&["south"], &json!({}))), ("south", config(&["north"], &json!({})))]).await
}

#[tokio::test]
async fn a_lead_made_in_one_is_made_in_the_other_by_one_request() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com", "first_name": "Ann", "utm": { "source": "news" } })).await;
    world.settle().await;
    assert_eq!(world.arrived, 1, "nothing comes back");
    let expected =
        json!({ "email": "ann@example.com", "first_name": "Ann", "utm.source": "news", "lead_source": "news" });
    for name in ["north", "south"] {
        assert_eq!(world.fields(name).await, [expected.clone()], "{name}");
    }
    let there = &world.leads("south").await[0];
    let here = &world.leads("north").await[0];
    assert_eq!(there.sync.links[&"north".parse().unwrap()].lead, here.id.as_str());
}

#[tokio::test]
async fn each_change_is_one_request_whichever_side_makes_it() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com" })).await;
    world.settle().await;
    for (number, side) in ["south", "north", "south", "south"].into_iter().enumerate() {
        world.pass(SignedDuration::from_secs(1));
        world.form(side, json!({ "email": "ann@example.com", "company": format!("Company {number}") })).await;
        world.settle().await;
        assert_eq!(world.arrived, 2 + number, "one for the creation and one for each change");
        let expected = json!({ "email": "ann@example.com", "company": format!("Company {number}") });
        assert_eq!(
            (world.fields("north").await, world.fields("south").await),
            (vec![expected.clone()], vec![expected])
        );
    }
}

#[tokio::test]
async fn the_same_person_made_on_both_sides_at_once_is_one_lead_on_each() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com", "company": "North Inc" })).await;
    world.pass(SignedDuration::from_millis(5));
    world.form("south", json!({ "email": "ann@example.com", "job_title": "Boss", "company": "South Inc" })).await;
    world.settle().await;
    let expected = json!({ "email": "ann@example.com", "company": "South Inc", "job_title": "Boss" });
    for name in ["north", "south"] {
        assert_eq!(
            world.fields(name).await,
            [expected.clone()],
            "{name}: the later value of what both have, and all else"
        );
    }
    // Each told the other once, and north what south has beside.
    assert_eq!(world.arrived, 2);
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_changes_nothing_the_second_time() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com" })).await;
    let request = world.wire[0].clone();
    world.settle().await;
    let before = world.leads("south").await;
    world.arrive(request).await;
    world.settle().await;
    assert_eq!((world.leads("south").await, world.arrived), (before, 2));
}

#[tokio::test]
async fn an_older_push_that_comes_late_overwrites_nothing() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com", "company": "Old" })).await;
    let first = world.wire.pop_front().unwrap();
    world.pass(SignedDuration::from_secs(1));
    world.form("north", json!({ "email": "ann@example.com", "company": "New" })).await;
    world.settle().await;
    world.arrive(first).await;
    assert_eq!(world.fields("south").await, [json!({ "email": "ann@example.com", "company": "New" })]);
    let outcomes = world.outcomes("south").await;
    let late = outcomes.iter().find(|(status, _)| status == "unchanged").expect("it stands in the log");
    assert_eq!(late.1.as_deref(), Some("a newer version of the lead arrived before it"));
}

#[tokio::test]
async fn a_lead_without_any_key_is_found_by_the_other_accounts_id() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com", "company": "One" })).await;
    world.settle().await;
    // Both are taken for the person's new address; the search keys no longer lead from one to the other.
    let mut request = None;
    world.pass(SignedDuration::from_secs(1));
    world.form("north", json!({ "email": "ann@example.com", "company": "Two" })).await;
    if let Some(mut push) = world.wire.pop_front() {
        push.body["lead"]["fields"].as_object_mut().unwrap().remove("email");
        push.body["lead"]["stamps"].as_object_mut().unwrap().remove("email");
        request = Some(push);
    }
    world.arrive(request.expect("the change is told")).await;
    let leads = world.leads("south").await;
    assert_eq!(leads.len(), 1);
    assert_eq!(world.fields("south").await, [json!({ "email": "ann@example.com", "company": "Two" })]);
    let (_, reason) = world.outcomes("south").await.into_iter().find(|(status, _)| status == "updated").unwrap();
    assert_eq!(reason.as_deref(), Some("every search key is empty: it is found by the other account's id alone"));
}
