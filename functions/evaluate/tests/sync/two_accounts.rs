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
        assert_eq!(world.fields(name).await, std::slice::from_ref(&expected), "{name}");
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
            std::slice::from_ref(&expected),
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

#[tokio::test]
async fn values_of_every_type_arrive_as_they_are_and_change_on_both_sides() {
    let fields = json!([
        { "name": "score", "type": "number" },
        { "name": "tags", "type": "list" },
        { "name": "vip", "type": "boolean" },
        { "name": "born", "type": "date" },
        { "name": "meeting", "type": "datetime" },
        { "name": "call_at", "type": "time" },
        { "name": "spot", "type": "geo" },
        { "name": "size", "type": "choice", "options": ["S", "L"] },
        { "name": "second_phone", "type": "phone" },
    ]);
    let of = |peer: &str| {
        let mut config = config(&[peer], &json!({}));
        config["fields"] = fields.clone();
        config
    };
    let mut world = World::start(&[("north", of("south")), ("south", of("north"))]).await;
    let first = json!({
        "email": "ann@example.com", "score": "75.50", "tags": ["a", "b, c"], "vip": true, "born": "1990-02-01",
        "meeting": "2026-09-01T10:00:00Z", "call_at": "08:30", "spot": { "lat": 52.5, "lon": 13.4 }, "size": "S",
        "second_phone": "+4930123456", "consent": { "text": "  I agree. " },
    });
    let second = json!({
        "email": "ann@example.com", "score": 9_007_199_254_740_993_u64, "tags": ["d"], "vip": false, "born": "1991-03-02",
        "meeting": "2027-09-01T10:00:00Z", "call_at": "09:00", "spot": { "lat": -1.25, "lon": 0.5 }, "size": "L",
        "second_phone": "+4930123457", "consent": { "text": "I agree" },
    });
    for (side, values) in [("north", first), ("south", second)] {
        world.pass(SignedDuration::from_secs(1));
        world.form(side, values).await;
        world.settle().await;
        let (north, south) = (world.fields("north").await, world.fields("south").await);
        assert_eq!((north.len(), &north), (1, &south), "{side}");
        assert_eq!(north[0].as_object().unwrap().len(), 11, "{side}: {north:?}");
    }
    assert_eq!(world.arrived, 2);
}

#[tokio::test]
async fn a_value_that_is_said_to_be_set_next_year_wins_over_nothing() {
    let mut world = pair().await;
    world.form("north", json!({ "email": "ann@example.com", "company": "One" })).await;
    let mut push = world.wire.pop_front().unwrap();
    push.body["lead"]["stamps"]["company"]["at"] = json!("2027-07-21T10:00:00Z");
    world.arrive(push).await;
    let [(status, reason)] = world.outcomes("south").await.try_into().unwrap();
    let reason = reason.unwrap();
    assert_eq!(status, "failed");
    assert!(reason.contains("company") && reason.contains("north") && reason.contains("clock"), "{reason}");
}
