//! What leads would get: nothing is written, and a wrong question is answered with what is wrong.

use axum::http::Method;
use serde_json::{Value, json};

use crate::seeds::{at, lead, lead_id};
use crate::services::{Answer, Services};

/// The rule of the seeded leads' past, and others than they met.
const CONFIG: &str = r"
fields: [{ name: score, type: number }]
sources: [{ id: web, format: json }]
assignees: [{ id: anna, name: Anna Berger }, { id: bo, name: Bo, caps: [{ period: day, limit: 1 }] }]
pools: [{ id: sales, members: [bo, anna] }]
profiles:
  - id: inbound
    rules: [{ id: large, when: { field: score, op: gte, value: 75 }, then: [{ pool: sales }] }]
    default: do_nothing
";

async fn simulate(services: &Services, body: &Value) -> Answer {
    services.json(Method::POST, "main-viewer", "/v1/simulate", body).await
}

async fn seeded() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    for (number, time) in [(1, "2026-07-20T10:00:00Z"), (2, "2026-07-21T10:00:00Z"), (3, "2026-07-21T11:00:00Z")] {
        lead(&services.store, number, &[], at(time)).await;
    }
    services
}

#[tokio::test]
async fn past_leads_are_decided_again_and_compared() {
    let services = seeded().await;
    let past = json!({ "from": "2026-07-20", "to": "2026-07-21" });
    let answer = simulate(&services, &json!({ "past": past, "state": "reset", "list": "all" })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = &answer.body;
    assert_eq!((&body["version"], &body["simulated"], &body["differ"]), (&json!(1), &json!(3), &json!(2)));
    // Bo's cap is one a day: counted when each lead came, Bo gets one on either day.
    assert_eq!(body["assignees"], json!({ "anna": { "would": 1, "did": 3 }, "bo": { "would": 2, "did": 0 } }));
    assert_eq!(body["rules"], json!({ "inbound/large": { "would": 3, "did": 3 } }));
    assert_eq!(body["leads"][0]["lead"], lead_id(1).to_string());
    assert_eq!(body["leads"][0]["differs"], json!(["assignee"]));
    assert_eq!(body["leads"][0]["would"][0]["assignee"], "bo");
    assert_eq!(body["leads"][0]["did"][0]["assignee"], "anna");
    // As it is, all of them come now, so that Bo gets one of the three; only what differs is listed.
    let answer = simulate(&services, &json!({ "past": past })).await;
    assert_eq!(answer.body["assignees"]["bo"], json!({ "would": 1, "did": 0 }));
    assert_eq!(answer.body["leads"].as_array().unwrap().len(), 1);
    // One day, and a bound.
    let one = simulate(&services, &json!({ "past": { "from": "2026-07-21", "limit": 1 }, "list": "none" })).await;
    assert_eq!((&one.body["simulated"], &one.body["leads"], &one.body["more"]), (&json!(1), &json!([]), &json!(true)));
    assert_eq!((&answer.body["more"], &answer.body["omitted"]), (&json!(false), &json!(0)));
    // Nothing was written: the same question has the same answer.
    let again = simulate(&services, &json!({ "past": past })).await;
    assert_eq!(again.body, answer.body);
}

#[tokio::test]
async fn a_draft_is_simulated_with_reasons() {
    let services = seeded().await;
    let draft = CONFIG.replace("value: 75 }", "value: 90 }");
    let leads = json!([{ "fields": { "score": 80 } }, { "fields": { "score": "95" } }]);
    let answer = simulate(&services, &json!({ "config": draft, "leads": leads, "explain": true })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["version"], Value::Null);
    let [small, large] = answer.body["leads"].as_array().unwrap().as_slice() else { panic!("{answer:?}") };
    assert_eq!((&small["would"][0]["outcome"], &small["would"][0]["rule"]), (&json!("nothing"), &Value::Null));
    assert!(small["why"].to_string().contains("score is 80"), "{small}");
    assert_eq!(large["would"][0]["assignee"], "bo");
    // The version in force still says 75.
    let answer = simulate(&services, &json!({ "version": 1, "leads": leads })).await;
    assert_eq!(answer.body["leads"][0]["would"][0]["rule"], "large");
}

#[tokio::test]
async fn a_question_that_can_not_be_answered_says_why() {
    let empty = Services::start().await;
    let none = simulate(&empty, &json!({ "leads": [] })).await;
    assert_eq!(none.status, 404);
    assert!(none.detail().contains("give a draft"));
    let services = seeded().await;
    for (body, status, said) in [
        (json!({}), 400, "give 'leads', or 'past'"),
        (json!({ "leads": [], "past": { "from": "2026-07-20" } }), 400, "give 'leads', or 'past'"),
        (json!({ "leads": [], "config": {}, "version": 1 }), 400, "give one of them"),
        (json!({ "leads": [], "version": 2 }), 404, "config version '2'"),
        (json!({ "leads": [], "version": 0 }), 404, "config version '0'"),
        (json!({ "leads": [], "stat": "reset" }), 400, "unknown field `stat`"),
        (json!({ "past": { "from": "2026-07-20", "limit": 0 } }), 400, "1 to 10000"),
        (json!({ "past": { "from": "2026-07-20", "to": "2026-07-19" } }), 400, "ends before it begins"),
        (json!({ "leads": [{ "fields": { "scor": 1 } }] }), 422, "1 problem(s)"),
        (json!({ "leads": [], "config": { "pools": [{ "id": "p", "members": ["x"] }] } }), 422, "1 problem(s)"),
        (json!({ "leads": [], "config": "profiles: [" }), 422, "1 problem(s)"),
    ] {
        let answer = simulate(&services, &body).await;
        assert_eq!(answer.status, status, "{body} {answer:?}");
        assert!(answer.detail().contains(said), "{body} {answer:?}");
    }
    let answer = simulate(&services, &json!({ "leads": [{ "fields": { "scor": 1 } }] })).await;
    assert_eq!(answer.body["problems"][0]["path"], "leads[0].fields.scor");
    assert!(answer.body["problems"][0]["message"].as_str().unwrap().contains("did you mean 'score'?"));
}
