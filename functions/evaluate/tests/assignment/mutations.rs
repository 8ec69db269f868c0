//! A commit without one of its conditions, in a program that forgot it: the history no longer holds together, and the
//! checker says so. So the checker can fail, and each of these conditions is needed.
//!
//! The race is not left to chance: one writer has read and decided and is about to commit; the other reads, decides and
//! commits; then the first goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};

use evaluate::point::{Point, Points};
use leadyard_domain::event::Received;
use serde_json::{Value, json};

use crate::setting::{Setting, event, hand_over, record};

/// The first event overtaken by the second, which may be the same, in a program without some conditions: what is wrong then.
async fn overtaken(
    setting: &Setting,
    first: &Received,
    second: &Received,
    conditions: fn(&str, &str) -> bool,
) -> Vec<String> {
    let (about_to_commit, is_about_to) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let (may_go_on, overtaken) = (Mutex::new(may_go_on), AtomicBool::new(false));
    let points = Points::calling(move |point| {
        if point == Point::BeforeCommit && !overtaken.swap(true, Ordering::SeqCst) {
            about_to_commit.send(()).unwrap();
            // In place, so that nothing else waits with it.
            tokio::task::block_in_place(|| may_go_on.lock().unwrap().recv().unwrap());
        }
    });
    let store = || setting.table.store_without_conditions(conditions);
    let (slow, quick) = (setting.evaluate_with(store(), points), setting.evaluate_with(store(), Points::default()));
    let (first, second) = (record("1".to_owned(), event(first)), record("2".to_owned(), event(second)));
    let slow = tokio::spawn(async move { hand_over(&slow, vec![vec![first]]).await });
    tokio::task::spawn_blocking(move || is_about_to.recv().unwrap()).await.unwrap();
    hand_over(&quick, vec![vec![second]]).await;
    go_on.send(()).unwrap();
    slow.await.unwrap();
    setting.wrong().await
}

/// Two who take different leads from one pool: whom one gets moves no counter of the other.
async fn at_one_pool(conditions: fn(&str, &str) -> bool) -> Vec<String> {
    let takes = |company: &str| json!({ "field": "company", "op": "eq", "value": company });
    let setting = Setting::start(&json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "filter": takes("a") },
            { "id": "bo", "name": "Bo", "filter": takes("b") },
        ],
        "pools": [{ "id": "all", "members": ["anna", "bo"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    }))
    .await;
    let lead = |company: &str| setting.accept(json!({ "email": format!("{company}@example.com"), "company": company }));
    let (first, second) = (lead("a"), lead("b"));
    overtaken(&setting, &first, &second, conditions).await
}

/// Two leads for one who may have one a day.
async fn at_one_cap(conditions: fn(&str, &str) -> bool) -> Vec<String> {
    let setting = Setting::start(&json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [{ "id": "anna", "name": "Anna", "caps": [{ "period": "day", "limit": 1 }] }],
        "profiles": [{ "id": "leads", "default": { "assign_to": "anna" } }],
    }))
    .await;
    let lead = |number: u32| setting.accept(json!({ "email": format!("{number}@example.com") }));
    let (first, second) = (lead(1), lead(2));
    overtaken(&setting, &first, &second, conditions).await
}

/// One message that comes to two processes.
async fn with_one_lead(conditions: fn(&str, &str) -> bool) -> Vec<String> {
    let members = ["anna", "bo"];
    let assignees: Vec<Value> = members.iter().map(|id| json!({ "id": id, "name": id })).collect();
    let setting = Setting::start(&json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": assignees,
        "pools": [{ "id": "all", "members": members }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    }))
    .await;
    let lead = setting.accept(json!({ "email": "a@example.com" }));
    overtaken(&setting, &lead, &lead, conditions).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_condition_the_history_holds_together() {
    let none = |_: &str, _: &str| false;
    assert_eq!(at_one_pool(none).await, Vec::<String>::new());
    assert_eq!(at_one_cap(none).await, Vec::<String>::new());
    assert_eq!(with_one_lead(none).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_condition_on_the_rotation_moves_are_lost() {
    let wrong = at_one_pool(|pk, _| pk.contains("#POOL#")).await;
    assert!(wrong.iter().any(|wrong| wrong.contains("or a number stands twice")), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_condition_on_the_counters_a_cap_is_exceeded() {
    let wrong = at_one_cap(|pk, _| pk.contains("#ASSIGNEE#")).await;
    assert!(wrong.iter().any(|wrong| wrong.contains("and the cap is 1")), "{wrong:#?}");
    assert!(wrong.iter().any(|wrong| wrong.contains("the counters say 1")), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_conditions_on_event_and_lead_a_lead_is_decided_twice() {
    // Each of these alone refuses the second decision: event, lead and key hold each other.
    let wrong = with_one_lead(|pk, _| pk.contains("#EVENT#") || pk.contains("#LEAD#") || pk.contains("#KEY#")).await;
    assert!(wrong.iter().any(|wrong| wrong.contains("or a number stands twice")), "{wrong:#?}");
    assert!(wrong.iter().any(|wrong| wrong.contains("the counters say")), "{wrong:#?}");
}
