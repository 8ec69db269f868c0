//! Who may see and change a source that says who may.

use axum::http::Method;
use jiff::Timestamp;
use leadyard_domain::event::EventStatus::Failed;
use leadyard_store::Role;
use serde_json::{Value, json};

use crate::seeds::{self, event_id};
use crate::services::{Answer, Services};

fn config() -> Value {
    json!({
        "assignees": [
            { "id": "kim", "name": "Kim", "attributes": { "runs_crm": true } },
            { "id": "lee", "name": "Lee", "attributes": { "runs_crm": false } },
        ],
        "sources": [
            { "id": "open", "format": "json" },
            { "id": "web", "format": "json", "access": { "roles": ["operator"] } },
            { "id": "crm", "format": "json", "access": { "roles": ["admin"], "user_field": "runs_crm" } },
        ],
    })
}

/// Kim and Lee hold a key of the role viewer each, and `gone` was an assignee once.
async fn services() -> Services {
    let services = Services::start().await;
    let published = services.json(Method::PUT, "main-admin", "/v1/config", &config()).await;
    assert_eq!(published.status, 200, "{published:?}");
    for user in ["kim", "lee", "gone"] {
        services.key_of(&format!("{user}-key"), Role::Viewer, user).await;
    }
    for (number, source) in [(1, "open"), (2, "web"), (3, "crm")] {
        seeds::event_of(&services.store, source, number, Failed, Timestamp::now()).await;
    }
    services
}

async fn listed(services: &Services, key: &str) -> Vec<String> {
    let answer = services.get(key, "/v1/sources").await;
    let sources = answer.body["sources"].as_array().unwrap();
    sources.iter().map(|source| source["id"].as_str().unwrap().to_owned()).collect()
}

/// The answers to every request about a source that changes nothing, or is no good.
async fn all_about(services: &Services, key: &str, source: &str, event: u32) -> Vec<Answer> {
    let path = |rest: &str| format!("/v1/sources/{source}{rest}");
    let json = async |method, rest: &str| services.json(method, key, &path(rest), &json!({ "bad": 1 })).await;
    vec![
        services.get(key, &path("")).await,
        services.get(key, &path("/log")).await,
        services.get(key, &path(&format!("/log/{}", event_id(event)))).await,
        services.get(key, &path("/spec")).await,
        json(Method::POST, "/verify").await,
        json(Method::POST, "/log/retry").await,
        services.json(Method::PUT, key, &path(""), &json!([1])).await,
        services.post(key, &path("/enable")).await,
    ]
}

#[tokio::test]
async fn lists_leave_out_what_a_key_may_not_see() {
    let services = services().await;
    for (key, expected, events) in [
        ("main-admin", &["open", "web", "crm"][..], &[3, 2, 1][..]),
        ("main-operator", &["open", "web"], &[2, 1]),
        ("main-viewer", &["open"], &[1]),
        ("kim-key", &["open", "crm"], &[3, 1]),
        ("lee-key", &["open"], &[1]),
        ("gone-key", &["open"], &[1]),
    ] {
        assert_eq!(listed(&services, key).await, expected, "{key}");
        let answer = services.get(key, "/v1/events").await;
        let found: Vec<&Value> = answer.body["events"].as_array().unwrap().iter().map(|event| &event["id"]).collect();
        assert_eq!(found.len(), events.len(), "{key}");
        assert!(events.iter().all(|number| found.contains(&&json!(event_id(*number)))), "{key}");
    }
}

#[tokio::test]
async fn who_may_not_is_refused_everything_and_told_who_may() {
    let services = services().await;
    for (key, source, event, says) in [
        (
            "main-viewer",
            "web",
            2,
            "'web' is for API keys of the role operator at least. The key 'main viewer' has the role viewer:",
        ),
        ("kim-key", "web", 2, "role operator at least."),
        (
            "main-operator",
            "crm",
            3,
            "role admin at least, or of a user with the attribute 'runs_crm'. The key 'main operator' has the role operator and no such user",
        ),
        ("lee-key", "crm", 3, "no such user"),
        ("gone-key", "crm", 3, "no such user"),
    ] {
        for answer in all_about(&services, key, source, event).await {
            assert_eq!(answer.status, 403, "{key} {answer:?}");
            assert!(answer.detail().contains(says), "{key} {answer:?}");
        }
        let of_event = format!("/v1/events/{}", event_id(event));
        assert_eq!(services.get(key, &of_event).await.status, 403, "{key}");
    }
    let retry = format!("/v1/events/{}/retry", event_id(3));
    assert_eq!(services.post("main-operator", &retry).await.status, 403);
    assert_eq!(services.sent(), []);
}

#[tokio::test]
async fn who_may_may_do_all_of_it() {
    let services = services().await;
    for (key, source, event) in
        [("main-operator", "web", 2), ("kim-key", "crm", 3), ("main-admin", "web", 2), ("main-admin", "crm", 3)]
    {
        for answer in all_about(&services, key, source, event).await {
            assert!([200, 400, 422].contains(&answer.status), "{key} {answer:?}");
        }
        let counted = services
            .json(Method::POST, key, &format!("/v1/sources/{source}/log/retry"), &json!({ "dry_run": true }))
            .await;
        assert_eq!(counted.body["count"], 1, "{key} {counted:?}");
    }
    // With a source that says nothing, all is by the role as ever.
    assert_eq!(services.post("kim-key", "/v1/sources/open/disable").await.status, 403);
    assert_eq!(services.get("kim-key", "/v1/sources/open").await.status, 200);
    let off = services.post("kim-key", "/v1/sources/crm/disable").await;
    assert_eq!((off.status, &off.body["version"]), (200, &json!(2)), "{off:?}");
    let versions = services.get("main-admin", "/v1/config/versions").await;
    assert_eq!(versions.body["versions"][0]["published_by"], "kim-key");
}

#[tokio::test]
async fn only_admins_change_who_may() {
    let services = services().await;
    let put = async |key: &str, id: &str, body: &Value| {
        services.json(Method::PUT, key, &format!("/v1/sources/{id}"), body).await
    };
    let settings = services.get("kim-key", "/v1/sources/crm").await.body["settings"].clone();
    let mut named = settings.clone();
    named["name"] = json!("CRM");
    assert_eq!(put("kim-key", "crm", &named).await.status, 200);
    let mut wider = named.clone();
    wider["access"]["roles"] = json!(["viewer"]);
    for body in [&wider, &json!({ "format": "json" })] {
        let refused = put("kim-key", "crm", body).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.detail().contains("changed by admins only"), "{refused:?}");
    }
    assert_eq!(put("kim-key", "another", &json!({ "format": "json" })).await.status, 403, "nor is one added");
    assert_eq!(put("main-admin", "crm", &wider).await.status, 200);
    assert_eq!(listed(&services, "main-viewer").await, ["open", "crm"]);

    let unknown = put("main-admin", "crm", &json!({ "format": "json", "access": { "user_field": "runs_crn" } })).await;
    assert_eq!(unknown.status, 422, "{unknown:?}");
    assert!(unknown.text.contains("sources[2].access.user_field"), "{unknown:?}");
    assert!(unknown.text.contains("did you mean 'runs_crm'"), "{unknown:?}");
}
