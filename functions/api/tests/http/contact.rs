//! Contacts and stages of a lead.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::Standing;
use leadyard_domain::lead::Lead;
use leadyard_domain::service_level::{Due, Timer, Timers};
use serde_json::{Value, json};

use crate::seeds::{self, bare, held, lead_id};
use crate::services::{Answer, Services};

/// A lead that came two hours ago and was given an hour ago, with a reminder and a reassignment ahead.
async fn seed(services: &Services) -> Timestamp {
    let now = leadyard_runtime::now();
    let (created, given) = (now - SignedDuration::from_hours(2), now - SignedDuration::from_hours(1));
    let steps = [(1, Due::Remind), (2, Due::Reassign)];
    let steps = steps.map(|(hours, action)| Timer { at: now + SignedDuration::from_hours(hours), action });
    let mut holding = held(1, "anna", given);
    holding.timers = Some(Timers { steps: steps.into(), done: 1, notices: Vec::new() });
    let standing = Standing::Assigned { attempt: 1, deliveries: Vec::new(), at: given };
    let lead = Lead { holdings: vec![holding], first_assigned_at: Some(given), ..bare(1, standing, created) };
    seeds::put(&services.store, lead).await;
    created
}

async fn contact(services: &Services, body: Value) -> Answer {
    services.json(Method::POST, "main-operator", &format!("/v1/leads/{}/contact", lead_id(1)), &body).await
}

#[tokio::test]
async fn a_contact_stops_the_timers_and_stays_the_first() {
    let services = Services::start().await;
    let created = seed(&services).await;
    let read = async || services.get("main-viewer", &format!("/v1/leads/{}", lead_id(1))).await.body;
    let before = read().await;
    let holding = &before["holdings"][0];
    assert_eq!(
        (&holding["assignee"], &holding["attempt"], &holding["open"]),
        (&json!("anna"), &json!(1), &json!(true))
    );
    assert_eq!((&holding["timers"]["done"], &holding["timers"]["next"]["step"]), (&json!(1), &json!(2)));
    assert_eq!(holding["timers"]["next"]["do"], "reassign");
    assert_eq!((&before["seconds_to_assignment"], &before["seconds_to_contact"]), (&json!(3600), &Value::Null));

    let at = (created + SignedDuration::from_mins(75)).to_string();
    let first = contact(&services, json!({ "at": at })).await;
    assert_eq!((first.status, &first.body["changed"]), (200, &json!(true)), "{first:?}");
    assert_eq!((&first.body["first_contact_at"], &first.body["seconds_to_contact"]), (&json!(at), &json!(900)));
    let after = read().await;
    assert_eq!((&after["holdings"][0]["contacted_at"], &after["version"]), (&json!(at), &json!(2)));
    assert_eq!(after["holdings"][0]["timers"], json!({ "done": 1, "next": null }));

    // Twice, without a moment: now.
    let path = format!("/v1/leads/{}/contact", lead_id(1));
    let again = services.post("main-operator", &path).await;
    assert_eq!((again.status, &again.body["changed"]), (200, &json!(false)), "{again:?}");
    assert_eq!(again.body["first_contact_at"], json!(at));
    assert_eq!(read().await["version"], 2);
    let entry = ("main operator".to_owned(), "lead.contact".to_owned(), lead_id(1).to_string());
    assert_eq!(services.audited().await, [entry]);
    assert_eq!(services.sent(), []);
}

#[tokio::test]
async fn contacts_that_cannot_be() {
    let services = Services::start().await;
    let created = seed(&services).await;
    let ahead = leadyard_runtime::now() + SignedDuration::from_mins(6);
    let before = created - SignedDuration::from_secs(1);
    for (body, says) in [
        (json!({ "at": ahead.to_string() }), "give a moment that has passed"),
        (json!({ "at": before.to_string() }), "the lead came at"),
        (json!({ "at": "yesterday" }), "does not fit at 'at'"),
        (json!({ "when": null }), "unknown field `when`"),
    ] {
        let answer = contact(&services, body.clone()).await;
        assert_eq!(answer.status, 400, "{body} {answer:?}");
        assert!(answer.detail().contains(says), "{body} {answer:?}");
    }
    assert_eq!(services.post("other-operator", &format!("/v1/leads/{}/contact", lead_id(1))).await.status, 404);
    assert_eq!(services.post("main-operator", &format!("/v1/leads/{}/contact", lead_id(2))).await.status, 404);
    assert_eq!(services.audited().await, []);
}

#[tokio::test]
async fn contacts_at_once_are_one() {
    let services = Services::start().await;
    seed(&services).await;
    let path = format!("/v1/leads/{}/contact", lead_id(1));
    let answers = futures_util::future::join_all((0..8).map(|_| services.post("main-operator", &path))).await;
    let changed = answers.iter().filter(|answer| answer.body["changed"] == true).count();
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn a_stage_is_asked_for() {
    let services = Services::start().await;
    seed(&services).await;
    let set = async |number: u32, body: Value| {
        services.json(Method::PUT, "main-operator", &format!("/v1/leads/{}/stage", lead_id(number)), &body).await
    };
    let won = set(1, json!({ "stage": " won " })).await;
    assert_eq!((won.status, &won.body), (202, &json!({ "lead": lead_id(1), "stage": "won" })), "{won:?}");
    let sent = services.sent();
    assert_eq!((sent.len(), sent[0].queue.as_str(), sent[0].group.as_str()), (1, "leads", "main"));
    assert_eq!(sent[0].body, json!({ "type": "changed", "account": "main", "lead": lead_id(1), "stage": "won" }));
    let entry = ("main operator".to_owned(), "lead.stage".to_owned(), lead_id(1).to_string());
    assert_eq!(services.audited().await, [entry]);

    for (body, says) in [
        (json!({ "stage": "  " }), "'stage' has 0 characters"),
        (json!({ "stage": "x".repeat(101) }), "'stage' has 101 characters; give a name of 1 to 100"),
        (json!({}), "missing field `stage`"),
    ] {
        let answer = set(1, body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    assert_eq!(set(2, json!({ "stage": "won" })).await.status, 404);
    assert_eq!(services.sent().len(), 1);
}
