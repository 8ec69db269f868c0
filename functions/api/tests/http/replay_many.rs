//! Sending again all deliveries of a filter.

use std::collections::BTreeSet;

use axum::http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::delivery::Verdict;
use serde_json::{Value, json};

use crate::seeds::{self, delivery_id};
use crate::services::{Answer, Services};

const PATH: &str = "/v1/deliveries/replay";
const CONFIG: &str = "
destinations:
  - { id: crm, channel: { webhook: { url: \"https://crm.example/leads\" } } }
  - { id: mail, channel: { email: { to: [\"anna@example.com\"] } } }
";

/// Dead deliveries of so many leads to the CRM, begun a second after another some hours ago.
async fn services(dead: u32) -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    for number in 1..=dead {
        put(&services, number, "crm", seeds::dead()).await;
    }
    services
}

async fn put(services: &Services, number: u32, destination: &str, end: Verdict) {
    let at = begun(number);
    seeds::lead(&services.store, number, &[destination], at).await;
    seeds::attempt(&services.store, &delivery_id(number, destination), 1, end, at).await;
}

fn begun(number: u32) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(1) + SignedDuration::from_secs(number.into())
}

async fn ask(services: &Services, body: &Value) -> Answer {
    services.json(Method::POST, "main-operator", PATH, body).await
}

fn numbers(answer: &Answer) -> [u64; 4] {
    assert_eq!(answer.status, 202, "{answer:?}");
    ["replayed", "skipped", "failed", "left"].map(|name| answer.body[name].as_u64().unwrap())
}

#[tokio::test]
async fn what_is_counted_is_sent_again_once() {
    let services = services(3).await;
    put(&services, 4, "mail", seeds::dead()).await;
    put(&services, 5, "crm", Verdict::Delivered).await;
    let counted = ask(&services, &json!({"dry_run": true})).await;
    assert_eq!((counted.status, &counted.body), (200, &json!({"count": 4, "more": false})));
    for (filter, count) in [
        (json!({"destination": "crm"}), 3),
        (json!({"destination": "gone"}), 0),
        (json!({"status": "delivered"}), 1),
        (json!({"source": "web"}), 4),
        (json!({"source": "page"}), 0),
        (json!({"from": "2020-01-01", "to": "2020-01-02"}), 0),
    ] {
        let mut body = filter.clone();
        body["dry_run"] = json!(true);
        assert_eq!(ask(&services, &body).await.body["count"], count, "{filter}");
    }
    assert_eq!(services.sent(), []);

    let answer = ask(&services, &json!({"expected": 4})).await;
    assert_eq!(numbers(&answer), [4, 0, 0, 0]);
    assert_eq!((&answer.body["next"], &answer.body["problems"]), (&json!(null), &json!([])));
    let attempt =
        |number, destination| json!({"account": "main", "delivery": delivery_id(number, destination), "number": 2});
    let sent: BTreeSet<String> = services.sent_to("webhook").iter().map(Value::to_string).collect();
    assert_eq!(sent, (1..=3).map(|number| attempt(number, "crm").to_string()).collect());
    assert_eq!(services.sent_to("email"), [attempt(4, "mail")]);
    let audited = services.audited().await;
    assert_eq!(audited.len(), 4);
    assert!(
        audited.iter().all(|(by, action, _)| (by.as_str(), action.as_str()) == ("main operator", "delivery.replay"))
    );

    // The same request a second time finds that nothing is dead any more.
    assert_eq!(ask(&services, &json!({"expected": 4})).await.status, 409);
    assert_eq!(services.sent().len(), 4);
}

#[tokio::test]
async fn a_count_that_is_not_so_sends_nothing() {
    let services = services(2).await;
    for expected in [0, 1, 3] {
        let answer = ask(&services, &json!({"expected": expected})).await;
        assert_eq!(answer.status, 409);
        assert!(answer.detail().contains("2 deliveries fit the filter now"), "{answer:?}");
    }
    for (body, says) in [
        (json!({}), "'expected' is missing"),
        (json!({"expected": -1}), "expected"),
        (json!({"farce": 1}), "farce"),
        (json!({"dry_run": true, "status": "dread"}), "dread"),
        (json!({"dry_run": true, "cursor": "nonsense"}), "cursor"),
        (json!({"dry_run": true, "range": "today", "to": "2026-07-01"}), "both 'range' and days"),
    ] {
        let answer = ask(&services, &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let body = json!({"expected": 2});
    assert_eq!(services.json(Method::POST, "main-viewer", PATH, &body).await.status, 403);
    assert_eq!(services.json(Method::POST, "other-operator", PATH, &body).await.status, 409);
    assert_eq!((services.sent(), services.audited().await), (vec![], vec![]));
}

#[tokio::test]
async fn a_call_goes_so_far_and_the_next_goes_on() {
    let services = services(503).await;
    let first = ask(&services, &json!({"expected": 503})).await;
    assert_eq!(numbers(&first), [500, 0, 0, 3]);
    let cursor = first.body["next"].as_str().unwrap();
    // Behind the cursor there are those that are left, and no other number will do.
    assert_eq!(ask(&services, &json!({"expected": 503, "cursor": cursor})).await.status, 409);
    let second = ask(&services, &json!({"expected": 3, "cursor": cursor})).await;
    assert_eq!((numbers(&second), &second.body["next"]), ([3, 0, 0, 0], &json!(null)));
    let sent: BTreeSet<String> = services.sent().into_iter().map(|sent| sent.body["delivery"].to_string()).collect();
    assert_eq!(sent.len(), 503);
}

#[tokio::test]
async fn what_stands_otherwise_is_skipped_and_told() {
    let services = services(1).await;
    put(&services, 2, "gone", seeds::dead()).await;
    put(&services, 3, "crm", Verdict::Delivered).await;
    let answer = ask(&services, &json!({"expected": 2})).await;
    assert_eq!(numbers(&answer), [1, 1, 0, 0]);
    let problem = &answer.body["problems"][0];
    assert_eq!(
        (&problem["delivery"], &problem["failed"]),
        (&json!(delivery_id(2, "gone")), &json!(false)),
        "{answer:?}"
    );
    assert!(problem["reason"].as_str().unwrap().contains("no destination 'gone'"), "{answer:?}");

    // What the receiver took asks for force here too.
    let delivered = ask(&services, &json!({"status": "delivered", "expected": 1})).await;
    assert_eq!(numbers(&delivered), [0, 1, 0, 0]);
    let forced = ask(&services, &json!({"status": "delivered", "expected": 1, "force": true})).await;
    assert_eq!(numbers(&forced), [1, 0, 0, 0]);
}

#[tokio::test]
async fn what_a_queue_does_not_take_is_named_and_can_be_replayed() {
    let services = services(60).await;
    services.set_queues_down(true);
    let answer = ask(&services, &json!({"expected": 60})).await;
    // It ends behind the first page, so that a service in trouble is not asked 500 times.
    assert_eq!(numbers(&answer), [0, 0, 50, 10]);
    services.set_queues_down(false);
    let failed = answer.body["problems"][0]["delivery"].as_str().unwrap();
    let again = services.post("main-operator", &format!("/v1/deliveries/{failed}/replay")).await;
    assert_eq!((again.status, &again.body["attempt"]), (202, &json!(2)), "{again:?}");
    let rest = ask(&services, &json!({"expected": 10, "cursor": answer.body["next"]})).await;
    assert_eq!(numbers(&rest), [10, 0, 0, 0]);
}

#[tokio::test]
async fn many_at_the_same_time_send_each_once() {
    let services = services(30).await;
    let body = json!({"expected": 30});
    let (one, two) = tokio::join!(ask(&services, &body), ask(&services, &body));
    for answer in [&one, &two] {
        assert!([202, 409].contains(&answer.status), "{answer:?}");
    }
    // Two messages for one attempt are harmless; a second attempt would not be.
    let attempts: BTreeSet<(String, u64)> = services
        .sent()
        .into_iter()
        .map(|sent| (sent.body["delivery"].to_string(), sent.body["number"].as_u64().unwrap()))
        .collect();
    assert_eq!(attempts.len(), 30);
    assert!(attempts.iter().all(|(_, number)| *number == 2));
    assert_eq!(one.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn the_log_is_filtered_by_source() {
    let services = services(2).await;
    let listed = async |source: &str| {
        let answer = services.get("main-viewer", &format!("/v1/deliveries?source={source}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["deliveries"].as_array().unwrap().len()
    };
    assert_eq!((listed("web").await, listed("page").await), (2, 0));
}
