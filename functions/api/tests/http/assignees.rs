//! Assignees: how they stand, and switching them on and off.

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::seeds::{at, parked, queued};
use crate::services::{Answer, Services};

const CONFIG: &str = r"
account: { timezone: Europe/Berlin, value_field: score }
fields: [{ name: score, type: number }]
sources: [{ id: web, format: json }]
assignees:
  - { id: anna, name: Anna, weight: 0.5, return_days: 7, caps: [{ period: lifetime, limit: 2 }], capacity: { leads: 3, value: 500 } }
  - { id: bo, name: Bo, kind: partner, hours: {}, timezone: Asia/Tokyo, filter: { field: score, op: gt, value: 80 } }
  - { id: cy, name: Cy, active: false }
pools:
  - { id: sales, members: [anna, { assignee: bo, weight: 3, caps: [{ period: day, limit: 4 }] }] }
queues: [{ id: desk, members: [anna, bo, cy] }]
profiles: [{ id: inbound, default: [{ queue: desk }] }]
";

async fn start() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

async fn read(services: &Services, id: &str) -> Value {
    let answer = services.get("main-viewer", &format!("/v1/assignees/{id}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn switch(services: &Services, id: &str, body: Value) -> Answer {
    services.json(Method::PUT, "main-operator", &format!("/v1/assignees/{id}/availability"), &body).await
}

async fn claim(services: &Services, assignee: &str) -> Value {
    let body = json!({ "assignee": assignee });
    services.json(Method::POST, "main-operator", "/v1/queues/desk/claim", &body).await.body
}

#[tokio::test]
async fn an_assignee_says_what_it_has_and_may_take() {
    let services = start().await;
    for number in 1..=2 {
        queued(&services.store, number, "desk", at("2026-07-21T10:00:00Z") + SignedDuration::from_secs(number.into()))
            .await;
    }
    let fresh = read(&services, "anna").await;
    assert_eq!((&fresh["eligible"], &fresh["reason"], &fresh["free_at"]), (&json!(true), &Value::Null, &Value::Null));
    claim(&services, "anna").await;
    claim(&services, "anna").await;
    let anna = read(&services, "anna").await;
    assert_eq!((&anna["weight"], &anna["return_days"], &anna["kind"]), (&json!(0.5), &json!(7), &json!("user")));
    assert_eq!(anna["timezone"], "Europe/Berlin");
    assert_eq!(anna["given"][4], json!({ "period": "lifetime", "leads": 2 }));
    assert_eq!(anna["caps"], json!([{ "period": "lifetime", "in_pool": false, "used": 2, "limit": 2 }]));
    assert_eq!(anna["open"], json!({ "leads": 2, "leads_max": 3, "value": "151", "value_max": "500" }));
    assert_eq!((&anna["eligible"], &anna["reason"]), (&json!(false), &json!("cap_reached")));
    assert_eq!((&anna["why"], &anna["free_at"]), (&json!("has had all of 2 leads"), &Value::Null));
    // His filter is about leads; his hours are not.
    let bo = read(&services, "bo").await;
    assert_eq!(
        (&bo["reason"], &bo["timezone"], &bo["kind"]),
        (&json!("outside_hours"), &json!("Asia/Tokyo"), &json!("partner"))
    );
    let in_sales = json!([{
        "pool": "sales", "weight": 3.0, "caps": [{ "period": "day", "in_pool": true, "used": 0, "limit": 4 }],
    }]);
    assert_eq!(bo["pools"], in_sales);
    assert_eq!(read(&services, "cy").await["reason"], "inactive");
    let unknown = services.get("main-viewer", "/v1/assignees/eve").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.detail().contains("no assignee 'eve'"), "{unknown:?}");
}

#[tokio::test]
async fn availability_holds_from_the_next_lead_on() {
    let services = start().await;
    parked(&services.store, 9, "pool:sales", at("2026-07-21T09:00:00Z")).await;
    for number in 1..=3 {
        queued(&services.store, number, "desk", at("2026-07-21T10:00:00Z")).await;
    }
    let off = switch(&services, "anna", json!({ "availability": "off" })).await;
    assert_eq!(
        (off.status, &off.body["availability"], &off.body["until"]),
        (200, &json!("off"), &Value::Null),
        "{off:?}"
    );
    assert_eq!(off.body["by"], "main operator");
    assert_eq!(services.sent(), [], "whoever is switched off takes nothing");
    assert_eq!(claim(&services, "anna").await["passed_over"][0]["reason"], "inactive");
    assert_eq!(read(&services, "anna").await["availability"], off.body);

    let drain = json!({ "type": "drain", "account": "main", "rules_changed": false });
    let on = switch(&services, "anna", json!({ "availability": "on" })).await;
    assert_eq!(on.body["availability"], "on");
    assert_eq!(services.sent_to("leads"), std::slice::from_ref(&drain));
    assert!(claim(&services, "anna").await["lead"].is_string());

    // Bo has no hours at all: on by hand until a moment, then the schedule says it again.
    assert_eq!(claim(&services, "bo").await["passed_over"][0]["reason"], "outside_hours");
    let until = leadyard_runtime::now() + SignedDuration::from_hours(1);
    let on = switch(&services, "bo", json!({ "availability": "on", "until": until.to_string() })).await;
    assert_eq!(on.body["until"], json!(until), "{on:?}");
    assert_eq!(read(&services, "bo").await["eligible"], true);
    let schedule = switch(&services, "bo", json!({ "availability": "schedule" })).await;
    assert_eq!(schedule.body, json!({ "availability": "schedule", "until": null, "at": null, "by": null }));
    assert_eq!(read(&services, "bo").await["reason"], "outside_hours");
    let drains = services.sent_to("leads").into_iter().filter(|body| *body == drain).count();
    assert_eq!(drains, 3);
    // Off until a moment is free then.
    switch(&services, "anna", json!({ "availability": "off", "until": until.to_string() })).await;
    let drains = services.sent_to("leads").into_iter().filter(|body| *body == drain).count();
    assert_eq!(drains, 4, "who waits for her is told until when");
    let anna = read(&services, "anna").await;
    assert_eq!((&anna["reason"], &anna["free_at"]), (&json!("inactive"), &json!(until)));
    let entry = ("main operator".to_owned(), "assignee.availability".to_owned(), "anna".to_owned());
    assert_eq!((services.audited().await.len(), &services.audited().await[0]), (5, &entry));
}

#[tokio::test]
async fn availability_that_can_not_be() {
    let services = start().await;
    for (body, says) in [
        (
            json!({ "availability": "off", "until": "2020-01-01T00:00:00Z" }),
            "'until' is 2020-01-01T00:00:00Z, and it is",
        ),
        (json!({ "availability": "schedule", "until": "2999-01-01T00:00:00Z" }), "the schedule has no end"),
        (json!({ "availability": "away" }), "unknown variant `away`"),
        (json!({}), "missing field `availability`"),
    ] {
        let answer = switch(&services, "anna", body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    assert_eq!(switch(&services, "eve", json!({ "availability": "on" })).await.status, 404);
    assert_eq!((services.sent(), services.audited().await), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn several_are_switched_together_or_none() {
    let services = start().await;
    let all = async |changes: Value| {
        let body = json!({ "assignees": changes });
        services.json(Method::PUT, "main-operator", "/v1/assignees/availability", &body).await
    };
    let refused = all(json!([
        { "id": "anna", "availability": "off" },
        { "id": "eve", "availability": "on" },
        { "id": "bo", "availability": "on", "until": "2020-01-01T00:00:00Z" },
        { "id": "anna", "availability": "on" },
    ]))
    .await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.detail().contains("3 of the changes can't be made"), "{refused:?}");
    let paths: Vec<&str> =
        refused.body["problems"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["assignees[1].id", "assignees[2].until", "assignees[3].id"]);
    assert_eq!(read(&services, "anna").await["availability"]["availability"], "schedule");

    let set = all(json!([{ "id": "bo", "availability": "on" }, { "id": "anna", "availability": "off" }])).await;
    let expected = json!([
        { "id": "bo", "changed": true, "problem": null },
        { "id": "anna", "changed": true, "problem": null },
    ]);
    assert_eq!((set.status, &set.body["assignees"]), (200, &expected), "{set:?}");
    assert_eq!(read(&services, "anna").await["availability"]["availability"], "off");
    assert_eq!(read(&services, "bo").await["eligible"], true);
    assert_eq!(services.sent_to("leads").len(), 1, "one look is enough");
    all(json!([{ "id": "anna", "availability": "off" }])).await;
    assert_eq!(services.sent_to("leads").len(), 1, "nobody is freed");
    let until = leadyard_runtime::now() + SignedDuration::from_hours(1);
    all(json!([{ "id": "anna", "availability": "off", "until": until.to_string() }])).await;
    assert_eq!(services.sent_to("leads").len(), 2, "she is at work again by then");
    let many = vec![json!({ "id": "anna", "availability": "off" }); 501];
    let answer = all(json!(many)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.detail().contains("501 assignees; one request takes 500"), "{answer:?}");
    assert_eq!(all(json!([])).await.body["assignees"], json!([]));
}
