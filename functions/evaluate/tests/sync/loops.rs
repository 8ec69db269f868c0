//! Three accounts, with and without a word of who is behind a destination.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{World, config};

/// Each tells the next one, and does not know whom it tells.
fn blind(to: &str) -> Value {
    let mut config = config(&[to], &json!({}));
    config["automations"][0].as_object_mut().unwrap().remove("peer");
    config
}

#[tokio::test]
async fn a_loop_made_on_purpose_ends_as_an_echo() {
    let mut world = World::start(&[("a", blind("b")), ("b", blind("c")), ("c", blind("a"))]).await;
    world.form("a", json!({ "email": "ann@example.com", "company": "One" })).await;
    world.settle().await;
    assert_eq!(world.arrived, 3, "round once");
    assert_eq!(
        world.outcomes("a").await,
        [("unchanged".to_owned(), Some("an echo: all of it came through this account before".to_owned()))]
    );
    world.pass(SignedDuration::from_secs(1));
    world.form("c", json!({ "email": "ann@example.com", "company": "Two" })).await;
    world.settle().await;
    let expected = json!({ "email": "ann@example.com", "company": "Two" });
    for name in ["a", "b", "c"] {
        assert_eq!(world.fields(name).await, std::slice::from_ref(&expected), "{name}");
    }
}

#[tokio::test]
async fn everybody_tells_everybody_and_it_gets_quiet() {
    let mut world = World::start(&[
        ("a", config(&["b", "c"], &json!({}))),
        ("b", config(&["a", "c"], &json!({}))),
        ("c", config(&["a", "b"], &json!({}))),
    ])
    .await;
    world.form("a", json!({ "email": "ann@example.com" })).await;
    world.form("b", json!({ "email": "ann@example.com", "company": "B" })).await;
    world.pass(SignedDuration::from_millis(1));
    world.form("c", json!({ "email": "ann@example.com", "company": "C", "job_title": "Boss" })).await;
    world.settle().await;
    let expected = json!({ "email": "ann@example.com", "company": "C", "job_title": "Boss" });
    for name in ["a", "b", "c"] {
        assert_eq!(world.fields(name).await, std::slice::from_ref(&expected), "{name}");
    }
}
