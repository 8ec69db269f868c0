//! Asking for work again: events to be captured, deliveries to be sent.

use axum::body::Body;
use axum::http::{Method, header};
use jiff::Timestamp;
use leadyard_domain::delivery::Verdict;
use leadyard_domain::event::EventStatus;
use serde_json::json;

use crate::seeds::{self, at, delivery_id, event_id};
use crate::services::{Sent, Services, request};

const CONFIG: &str = "
destinations:
  - { id: crm, channel: { webhook: { url: \"https://crm.example/leads\" } } }
  - { id: mail, channel: { email: { to: [\"anna@example.com\"] } } }
";

async fn services() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

fn replay_of(number: u32, destination: &str) -> String {
    format!("/v1/deliveries/{}/replay", delivery_id(number, destination))
}

fn message(queue: &str, number: u32, destination: &str, attempt: u32) -> Sent {
    Sent {
        queue: queue.to_owned(),
        group: format!("main/{destination}"),
        body: json!({"account": "main", "delivery": delivery_id(number, destination), "number": attempt}),
        delay_s: None,
    }
}

#[tokio::test]
async fn only_a_failed_event_is_tried_again() {
    let services = services().await;
    let now = at("2026-07-21T10:00:00Z");
    seeds::event(&services.store, 1, EventStatus::Failed, now).await;
    seeds::event(&services.store, 2, EventStatus::Created, now).await;
    let retry = async |key: &str, number| services.post(key, &format!("/v1/events/{}/retry", event_id(number))).await;

    let failed = retry("main-operator", 1).await;
    assert_eq!((failed.status, &failed.body), (202, &json!({"event": event_id(1)})));
    let sent = services.sent();
    assert_eq!((sent.len(), sent[0].queue.as_str(), sent[0].group.as_str()), (1, "leads", "main"));
    assert_eq!((&sent[0].body["type"], &sent[0].body["retry"]), (&json!("received"), &json!(true)));
    assert_eq!(sent[0].body["event"]["payload"], json!({"email": "anna@example.com"}));
    assert_eq!(sent[0].body["event"]["event"], json!(event_id(1)));

    let created = retry("main-operator", 2).await;
    assert_eq!(created.status, 409);
    assert!(created.detail().contains("is created, not failed"), "{created:?}");
    assert_eq!(retry("main-operator", 3).await.status, 404);
    assert_eq!(retry("other-operator", 1).await.status, 404);
    assert_eq!(services.sent().len(), 1);
}

#[tokio::test]
async fn a_dead_delivery_is_sent_again() {
    let services = services().await;
    let now = at("2026-07-21T10:00:00Z");
    seeds::lead(&services.store, 1, &["crm", "mail"], now).await;
    seeds::attempt(&services.store, &delivery_id(1, "crm"), 1, seeds::dead(), now).await;
    let answer = services.post("main-operator", &replay_of(1, "crm")).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.body, json!({"delivery": delivery_id(1, "crm"), "attempt": 2}));
    assert_eq!(services.sent(), [message("webhook", 1, "crm", 2)]);
    let by = ("main operator".to_owned(), "delivery.replay".to_owned(), delivery_id(1, "crm").to_string());
    assert_eq!(services.audited().await, [by]);

    // One whose message was lost before it was begun, by email.
    let answer = services.post("main-admin", &replay_of(1, "mail")).await;
    assert_eq!((answer.status, &answer.body["attempt"]), (202, &json!(1)), "{answer:?}");
    assert_eq!(services.sent()[1], message("email", 1, "mail", 1));
}

#[tokio::test]
async fn what_was_delivered_asks_for_force() {
    let services = services().await;
    let now = at("2026-07-21T10:00:00Z");
    seeds::lead(&services.store, 1, &["crm"], now).await;
    seeds::attempt(&services.store, &delivery_id(1, "crm"), 1, Verdict::Delivered, now).await;
    let path = replay_of(1, "crm");
    for body in [json!({}), json!({"force": false}), json!(null)] {
        let answer = services.json(Method::POST, "main-operator", &path, &body).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        assert!(answer.detail().contains("force"), "{answer:?}");
    }
    assert_eq!(services.sent(), []);
    let answer = services.json(Method::POST, "main-operator", &path, &json!({"force": true})).await;
    assert_eq!((answer.status, &answer.body["attempt"]), (202, &json!(2)));
    assert_eq!(services.sent(), [message("webhook", 1, "crm", 2)]);
}

#[tokio::test]
async fn what_is_being_sent_is_left_alone() {
    let services = services().await;
    let now = Timestamp::now();
    seeds::lead(&services.store, 1, &["crm"], now).await;
    let lease = seeds::begin(&services.store, &delivery_id(1, "crm"), 1, now).await;
    let answer = services.json(Method::POST, "main-operator", &replay_of(1, "crm"), &json!({"force": true})).await;
    assert_eq!(answer.status, 409);
    assert!(answer.detail().contains("right now"), "{answer:?}");
    assert_eq!(services.sent(), []);
    drop(lease);
}

#[tokio::test]
async fn a_replay_that_could_not_be_sent_is_asked_for_again() {
    let services = services().await;
    let now = at("2026-07-21T10:00:00Z");
    seeds::lead(&services.store, 1, &["crm"], now).await;
    seeds::attempt(&services.store, &delivery_id(1, "crm"), 1, seeds::dead(), now).await;
    services.set_queues_down(true);
    let answer = services.post("main-operator", &replay_of(1, "crm")).await;
    assert_eq!((answer.status, answer.header(header::RETRY_AFTER)), (503, "5"));
    assert!(answer.detail().contains("again"), "{answer:?}");
    services.set_queues_down(false);
    let answer = services.post("main-operator", &replay_of(1, "crm")).await;
    assert_eq!((answer.status, &answer.body["attempt"]), (202, &json!(2)));
    assert_eq!(services.sent(), [message("webhook", 1, "crm", 2)]);
}

#[tokio::test]
async fn replays_that_cannot_be() {
    let services = services().await;
    let now = at("2026-07-21T10:00:00Z");
    seeds::lead(&services.store, 1, &["crm", "gone"], now).await;
    seeds::attempt(&services.store, &delivery_id(1, "gone"), 1, seeds::dead(), now).await;
    let gone = services.post("main-operator", &replay_of(1, "gone")).await;
    assert_eq!(gone.status, 409);
    assert!(gone.detail().contains("no destination 'gone'"), "{gone:?}");
    for (key, path) in [
        ("main-operator", replay_of(2, "crm")),
        ("main-operator", replay_of(1, "mail")),
        ("main-operator", replay_of(2, "gone")),
        ("main-operator", "/v1/deliveries/42/replay".to_owned()),
        ("other-operator", replay_of(1, "crm")),
    ] {
        assert_eq!(services.post(key, &path).await.status, 404, "{key} {path}");
    }
    for (media_type, body, status) in [
        ("application/json", "{\"force\": 1}", 400),
        ("application/json", "{\"farce\": true}", 400),
        ("text/plain", "force", 415),
    ] {
        let request = request(Method::POST, "main-operator", &replay_of(1, "crm"))
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(body))
            .unwrap();
        assert_eq!(services.send(request).await.status, status, "{body}");
    }
    assert_eq!(services.sent(), []);
}
