//! A commit without one of its conditions, in a program that forgot it: the history no longer holds together, and the
//! checker says so. So the checker can fail, and each of these conditions is needed.

use std::sync::Arc;

use evaluate::point::Points;
use serde_json::json;

use crate::setting::{Setting, event, hand_over, record};

const LEADS: usize = 96;
const EVALUATORS: usize = 8;

/// Decides many leads at once, each message handed to two evaluators, without some conditions.
async fn wrong_without(conditions: fn(&str, &str) -> bool) -> Vec<String> {
    let config = json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [
            { "id": "anna", "name": "Anna" },
            { "id": "bo", "name": "Bo", "caps": [{ "period": "lifetime", "limit": 10 }] },
            { "id": "cy", "name": "Cy" },
        ],
        "pools": [
            { "id": "all", "members": ["anna", "bo", "cy"] },
            { "id": "others", "members": ["bo", "cy"] },
        ],
        "profiles": [{
            "id": "leads",
            "rules": [{ "id": "odd", "when": { "field": "company", "op": "eq", "value": "odd" }, "then": [{ "pool": "others" }] }],
            "default": { "pool": "all" },
        }],
    });
    let setting = Arc::new(Setting::start(&config).await);
    let events: Vec<_> = (0..LEADS)
        .map(|number| {
            let company = if number % 2 == 1 { "odd" } else { "even" };
            setting.accept(json!({ "email": format!("lead{number}@example.com"), "company": company }))
        })
        .collect();
    let mut tasks = Vec::new();
    for evaluator in 0..EVALUATORS {
        let store = setting.table.store_without_conditions(conditions);
        let evaluate = setting.evaluate_with(store, Points::default());
        let mine =
            (0..LEADS).filter(|number| number % EVALUATORS == evaluator || (number / 2) % EVALUATORS == evaluator);
        let records: Vec<_> = mine.map(|number| record(format!("m{number}"), event(&events[number]))).collect();
        let batches = records.chunks(4).map(<[_]>::to_vec).collect();
        tasks.push(tokio::spawn(async move { hand_over(&evaluate, batches).await }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    setting.wrong().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_condition_the_history_holds_together() {
    assert_eq!(wrong_without(|_, _| false).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_condition_on_the_rotation_moves_are_lost() {
    let wrong = wrong_without(|pk, _| pk.contains("#POOL#")).await;
    assert!(wrong.iter().any(|wrong| wrong.contains("or a number stands twice")), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_condition_on_the_counters_leads_are_not_counted() {
    let wrong = wrong_without(|pk, _| pk.contains("#ASSIGNEE#")).await;
    assert!(wrong.iter().any(|wrong| wrong.contains("the counters say")), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_conditions_on_event_and_lead_a_lead_is_decided_twice() {
    let wrong = wrong_without(|pk, _| pk.contains("#EVENT#") || pk.contains("#LEAD#") || pk.contains("#KEY#")).await;
    // The second decision overwrites the first, whose moves and counts stay behind.
    assert!(!wrong.is_empty());
}
