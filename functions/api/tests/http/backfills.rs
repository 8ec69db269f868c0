//! Automations, and telling of all leads by one.

use axum::http::{Method, header};
use leadyard_domain::assignment::Standing;
use leadyard_domain::backfill::{Backfill, BackfillState};
use leadyard_domain::lead::Lead;
use serde_json::{Value, json};

use crate::seeds::{account, at, bare, put};
use crate::services::{Answer, Services};

const CONFIG: &str = "
account: { timezone: Europe/Berlin }
fields: [{ name: score, type: number }]
sources: [{ id: web, format: json }]
destinations:
  - { id: other, channel: { webhook: { url: 'https://other.example' } } }
automations:
  - { id: tell, name: Tell them, state: paused, on: [lead_created], push: other, when: { field: score, op: gt, value: 50 } }
  - { id: later, on: [lead_updated], push: other, peer: other }
";

/// Four leads of two days in Berlin, of which one is too small and one was erased.
async fn services() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    for (number, time) in [
        (1, "2026-07-20T21:59:59Z"),
        (2, "2026-07-20T22:00:00Z"),
        (3, "2026-07-21T10:00:00Z"),
        (4, "2026-07-21T21:59:59Z"),
    ] {
        let mut lead = bare(number, Standing::Unassigned { attempt: 0 }, at(time));
        match number {
            3 => lead.fields.retain(|name, _| name.as_str() != "score"),
            4 => lead = Lead { fields: Default::default(), erased_at: Some(at(time)), ..lead },
            _ => {}
        }
        put(&services.store, lead).await;
    }
    services
}

async fn begin(services: &Services, body: &Value) -> Answer {
    services.json(Method::POST, "main-operator", "/v1/automations/tell/backfill", body).await
}

async fn begun(services: &Services) -> String {
    let answer = begin(services, &json!({ "from": "2026-07-21", "to": "2026-07-21" })).await;
    assert_eq!((answer.status, &answer.body["state"]), (202, &json!("running")), "{answer:?}");
    let id = answer.body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header(header::LOCATION), format!("/v1/backfills/{id}"));
    id
}

async fn post(services: &Services, id: &str, action: &str) -> Answer {
    services.post("main-operator", &format!("/v1/backfills/{id}/{action}")).await
}

async fn stored(services: &Services, id: &str) -> Backfill {
    services.store.backfill(&account(), &id.parse().unwrap()).await.unwrap().unwrap()
}

/// The messages for steps: of which backfill, for which step, and after how many seconds.
fn steps(services: &Services) -> Vec<(String, u64, Option<u64>)> {
    let sent = services.sent().into_iter().filter(|sent| sent.body["type"] == "backfill");
    let step = |body: &Value| (body["backfill"].as_str().unwrap().to_owned(), body["from"].as_u64().unwrap());
    sent.map(|sent| {
        assert_eq!((sent.queue.as_str(), sent.group.as_str()), ("leads", "main/backfill"));
        let (id, from) = step(&sent.body);
        (id, from, sent.delay_s)
    })
    .collect()
}

#[tokio::test]
async fn a_dry_run_counts_and_tells_nobody() {
    let services = services().await;
    let counted = |answer: &Answer| {
        assert_eq!((answer.status, &answer.body["more"]), (200, &json!(false)), "{answer:?}");
        let over = &answer.body["passed_over"];
        let of = |value: &Value| value.as_u64().unwrap();
        [
            of(&answer.body["seen"]),
            of(&answer.body["told"]),
            of(&over["unmet"]),
            of(&over["erased"]),
            of(&over["other"]),
        ]
    };
    for (body, expected) in [
        (json!({ "from": "2026-07-01", "to": "2026-07-31", "dry_run": true }), [4, 2, 1, 1, 0]),
        // A day in the account's zone.
        (json!({ "from": "2026-07-21", "to": "2026-07-21", "dry_run": true }), [3, 1, 1, 1, 0]),
        (json!({ "from": "2026-07-01", "to": "2026-07-20", "dry_run": true }), [1, 1, 0, 0, 0]),
        (json!({ "from": "2026-07-01", "to": "2026-07-31", "when": false, "dry_run": true }), [4, 3, 0, 1, 0]),
        (json!({ "from": "2026-07-01", "to": "2026-07-31", "source": "web", "dry_run": true }), [4, 2, 1, 1, 0]),
        (json!({ "from": "2020-01-01", "to": "2020-01-02", "dry_run": true }), [0, 0, 0, 0, 0]),
    ] {
        assert_eq!(counted(&begin(&services, &body).await), expected, "{body}");
    }
    // Without a first day it begins with the account: these leads are older than its config here, or newer.
    assert_eq!(begin(&services, &json!({ "dry_run": true })).await.status, 200);
    assert_eq!(services.sent(), []);
    let automations = services.get("main-viewer", "/v1/automations").await.body;
    assert_eq!(automations["automations"][0]["last_backfill"], Value::Null);
}

#[tokio::test]
async fn one_runs_at_a_time_and_is_asked_for_before_it_is_on_record() {
    let services = services().await;
    services.set_queue_down("leads", true);
    assert_eq!(begin(&services, &json!({})).await.status, 503);
    assert_eq!(services.get("main-viewer", "/v1/backfills").await.body["backfills"], json!([]));
    services.set_queue_down("leads", false);
    // The queue goes away between the record and the message that follows: the one before it is there.
    services.queue_down_after("leads", 1);
    let id = begun(&services).await;
    services.set_queue_down("leads", false);
    assert_eq!(steps(&services), [(id.clone(), 1, Some(30))]);
    let kept = stored(&services, &id).await;
    assert_eq!((kept.filter.from, kept.filter.until), (at("2026-07-20T22:00:00Z"), at("2026-07-21T22:00:00Z")));
    assert_eq!((kept.per_minute, kept.filter.when, kept.started_by.as_str()), (300, true, "main operator"));

    let second = begin(&services, &json!({})).await;
    assert_eq!(second.status, 409);
    assert!(second.detail().contains(&id) && second.detail().contains("running"), "{second:?}");
    let shown = services.get("main-viewer", &format!("/v1/backfills/{id}")).await.body;
    assert_eq!((&shown["automation"], &shown["destination"]), (&json!("tell"), &json!("other")));
    assert_eq!(shown["progress"]["passed_over"]["unmet"], 0);
    let automations = services.get("main-viewer", "/v1/automations").await.body;
    assert_eq!(automations["automations"][0]["last_backfill"], shown);
    assert_eq!(automations["automations"][1]["last_backfill"], Value::Null);
    // Another account sees nothing of it, and who may only read changes nothing.
    assert_eq!(services.get("other-admin", &format!("/v1/backfills/{id}")).await.status, 404);
    assert_eq!(services.post("main-viewer", &format!("/v1/backfills/{id}/pause")).await.status, 403);
}

#[tokio::test]
async fn it_is_paused_resumed_and_cancelled() {
    let services = services().await;
    let id = begun(&services).await;
    for (action, status, state) in [
        ("pause", 200, "paused"),
        ("pause", 200, "paused"),
        ("resume", 202, "running"),
        ("resume", 202, "running"),
        ("cancel", 200, "cancelled"),
        ("cancel", 200, "cancelled"),
    ] {
        let answer = post(&services, &id, action).await;
        assert_eq!((answer.status, &answer.body["state"]), (status, &json!(state)), "{action}: {answer:?}");
    }
    for action in ["pause", "resume"] {
        let answer = post(&services, &id, action).await;
        assert_eq!(answer.status, 409);
        assert!(answer.detail().contains("begin another"), "{answer:?}");
    }
    // Each that lets it go on asks twice: for later, and for when it may tell.
    let delays: Vec<_> = steps(&services).into_iter().map(|(_, _, delay)| delay).collect();
    assert_eq!(delays, [Some(30), Some(10), Some(30), Some(10), Some(30), Some(10)]);
    let actions: Vec<String> = services.audited().await.into_iter().map(|(_, action, _)| action).collect();
    assert_eq!(actions, ["backfill.cancel", "backfill.resume", "backfill.pause", "backfill.start"]);
    // Then there may be another.
    let other = begun(&services).await;
    let page = services.get("main-viewer", "/v1/backfills?limit=1").await.body;
    assert_eq!(page["backfills"][0]["id"], json!(other));
    let path = format!("/v1/backfills?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(services.get("main-viewer", &path).await.body["backfills"][0]["id"], json!(id));
}

#[tokio::test]
async fn one_that_failed_goes_on_when_what_it_needs_is_there() {
    let services = services().await;
    let id = begun(&services).await;
    let mut failed = stored(&services, &id).await;
    failed.fail("no", at("2026-07-22T10:00:00Z"));
    services.store.change_backfill(&failed, None, 30, at("2026-07-22T10:00:00Z")).await.unwrap();
    assert_eq!(post(&services, &id, "pause").await.status, 409);
    let without = CONFIG.replace("state: paused, ", "");
    assert_eq!(services.publish(&without, None).await.status, 200);
    let refused = post(&services, &id, "resume").await;
    assert_eq!(refused.status, 422);
    assert!(refused.detail().contains("is a draft"), "{refused:?}");
    assert_eq!(stored(&services, &id).await.state, BackfillState::Failed);
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    let answer = post(&services, &id, "resume").await;
    assert_eq!((answer.status, &answer.body["reason"]), (202, &Value::Null), "{answer:?}");
}

#[tokio::test]
async fn what_is_refused() {
    let services = services().await;
    for (body, status, says) in [
        (json!({ "per_minute": 0 }), 400, "1 to 6000"),
        (json!({ "per_minute": 6_001 }), 400, "1 to 6000"),
        (json!({ "from": "2026-07-02", "to": "2026-07-01" }), 400, "ends before it begins"),
        (json!({ "from": "yesterday" }), 400, "from"),
        (json!({ "entity": "lead" }), 400, "entity"),
        (json!({ "source": "fair" }), 422, "no source 'fair'"),
    ] {
        let answer = begin(&services, &body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let draft = services.post("main-operator", "/v1/automations/later/backfill").await;
    assert_eq!(draft.status, 422);
    assert!(draft.detail().starts_with("The automation 'later' is a draft"), "{draft:?}");
    let disabled = CONFIG.replace("{ id: other, ", "{ id: other, enabled: false, ");
    assert_eq!(services.publish(&disabled, None).await.status, 200);
    let answer = begin(&services, &json!({})).await;
    assert_eq!(answer.status, 422);
    assert!(answer.detail().contains("'other' is disabled"), "{answer:?}");
    assert_eq!(services.post("main-operator", "/v1/automations/none/backfill").await.status, 404);
    for action in ["pause", "resume", "cancel"] {
        assert_eq!(post(&services, "bf_00000000000000000000000000", action).await.status, 404);
    }
    assert_eq!(services.sent(), []);
}

#[tokio::test]
async fn an_automation_is_set_to_work_and_paused_by_versions_of_the_config() {
    let services = services().await;
    let set =
        async |id: &str, action: &str| services.post("main-admin", &format!("/v1/automations/{id}/{action}")).await;
    let states = async || -> Vec<String> {
        let list = services.get("main-viewer", "/v1/automations").await.body;
        let automations = list["automations"].as_array().unwrap().iter();
        automations.map(|one| format!("{} {}", one["id"].as_str().unwrap(), one["state"].as_str().unwrap())).collect()
    };
    assert_eq!(states().await, ["tell paused", "later draft"]);
    let published = set("tell", "publish").await;
    assert_eq!((published.status, &published.body["version"]), (200, &json!(2)), "{published:?}");
    assert_eq!(published.header(header::ETAG), "\"2\"");
    assert_eq!(set("later", "pause").await.body["version"], 3);
    assert_eq!(states().await, ["tell published", "later paused"]);
    // What is so already makes no version.
    assert_eq!(set("later", "pause").await.body["version"], 3);
    assert_eq!(set("tell", "pause").await.body["version"], 4);
    let history = services.get("main-viewer", "/v1/config/versions").await.body;
    let notes: Vec<&str> =
        history["versions"].as_array().unwrap().iter().filter_map(|version| version["note"].as_str()).collect();
    assert_eq!(notes, ["automation tell paused", "automation later paused", "automation tell published"]);
    assert_eq!(set("none", "publish").await.status, 404);
    assert_eq!(services.post("main-operator", "/v1/automations/tell/publish").await.status, 403);
    // By the checks of every publish: of two who change it at once one is refused.
    let stale = crate::services::request(Method::POST, "main-admin", "/v1/automations/tell/publish");
    let stale = stale.header(header::IF_MATCH, "\"3\"").body(axum::body::Body::empty()).unwrap();
    assert_eq!(services.send(stale).await.status, 412);
    assert_eq!(states().await, ["tell paused", "later paused"]);
}
