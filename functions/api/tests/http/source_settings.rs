//! Changing one source without sending the whole config.

use axum::body::Body;
use axum::http::{Method, header};
use leadyard_store::endpoint_key_hash;
use serde_json::{Value, json};

use crate::services::{Answer, Services, request};

const CONFIG: &str = "
account: { timezone: Europe/Berlin }
sources:
  - { id: web, format: json, name: The site }
  - { id: page, format: form, enabled: false }
assignees: [{ id: anna, name: Anna }]
profiles:
  - id: leads
    rules: [{ id: pages, when: { field: source.id, op: eq, value: page }, then: [{ assign_to: anna }] }]
";

async fn services() -> (Services, Answer) {
    let services = Services::start().await;
    let published = services.publish(CONFIG, None).await;
    assert_eq!(published.status, 200, "{published:?}");
    (services, published)
}

async fn put(services: &Services, id: &str, body: &Value) -> Answer {
    services.json(Method::PUT, "main-admin", &format!("/v1/sources/{id}"), body).await
}

async fn delete(services: &Services, key: &str, id: &str) -> Answer {
    let path = format!("/v1/sources/{id}");
    services.send(request(Method::DELETE, key, &path).body(Body::empty()).unwrap()).await
}

async fn config(services: &Services) -> Value {
    services.get("main-viewer", "/v1/config").await.body
}

async fn newest_note(services: &Services) -> Value {
    services.get("main-viewer", "/v1/config/versions").await.body["versions"][0]["note"].clone()
}

/// What an URL's key finds, as intake asks.
async fn finds(services: &Services, url: &str) -> Option<String> {
    let key = url.rsplit('/').next().unwrap();
    services.store.find_source(&endpoint_key_hash(key)).await.unwrap().map(|(_, source)| source.to_string())
}

#[tokio::test]
async fn sources_are_read_without_their_keys() {
    let (services, published) = services().await;
    let list = services.get("main-viewer", "/v1/sources").await;
    let expected = json!([
        {"id": "web", "name": "The site", "format": "json", "entity": "lead", "enabled": true},
        {"id": "page", "name": null, "format": "form", "entity": "lead", "enabled": false},
    ]);
    assert_eq!(list.body, json!({"version": 1, "sources": expected}));
    let one = services.get("main-viewer", "/v1/sources/web").await;
    assert_eq!((one.status, one.header(header::ETAG)), (200, "\"1\""));
    assert_eq!(one.body["settings"], config(&services).await["sources"][0]);
    assert_eq!(one.body["endpoint"], json!({"url": "https://leads.example/in/{key}", "open": true}));
    for endpoint in published.body["endpoints"].as_array().unwrap() {
        let key = endpoint["url"].as_str().unwrap().rsplit('/').next().unwrap();
        assert!(!one.text.contains(key) && !list.text.contains(key));
    }
    assert_eq!(services.get("main-viewer", "/v1/sources/page").await.body["endpoint"]["open"], false);
    assert_eq!(services.get("main-viewer", "/v1/sources/none").await.status, 404);
    let other = services.get("other-viewer", "/v1/sources").await;
    assert_eq!(other.body, json!({"version": 0, "sources": []}));
    assert_eq!(services.get("other-viewer", "/v1/sources/web").await.status, 404);
}

#[tokio::test]
async fn settings_are_replaced_and_the_rest_of_the_config_stays() {
    let (services, _) = services().await;
    let before = config(&services).await;
    let read = services.get("main-viewer", "/v1/sources/web").await.body["settings"].clone();
    let mut changed = read.clone();
    changed["behaviour"] = json!("create_only");
    let answer = put(&services, "web", &changed).await;
    assert_eq!((answer.status, answer.header(header::ETAG)), (200, "\"2\""), "{answer:?}");
    assert_eq!((&answer.body["version"], &answer.body["endpoints"]), (&json!(2), &json!([])));
    let after = config(&services).await;
    let mut expected = before.clone();
    expected["sources"][0]["behaviour"] = json!("create_only");
    assert_eq!(after, expected);
    assert_eq!(newest_note(&services).await, "source web changed");

    // What the body leaves out is as where nothing is said.
    let answer = put(&services, "web", &json!({"format": "json"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let settings = services.get("main-viewer", "/v1/sources/web").await.body["settings"].clone();
    assert_eq!((&settings["behaviour"], settings.get("name")), (&json!("create_and_update"), None));
    // YAML does as well, with a note.
    let yaml = request(Method::PUT, "main-admin", "/v1/sources/web?note=tidied")
        .header(header::CONTENT_TYPE, "application/yaml")
        .body("format: json\nname: Again\n".into())
        .unwrap();
    assert_eq!(services.send(yaml).await.status, 200);
    assert_eq!(newest_note(&services).await, "tidied");
}

#[tokio::test]
async fn a_change_is_checked_like_a_config() {
    let (services, _) = services().await;
    for (body, status, says) in [
        (json!({"format": "jsn"}), 422, "sources[0].format"),
        (json!({"format": "json", "colour": "red"}), 422, "sources[0]"),
        (json!({"format": "json", "mapping": [{"from": "a", "to": "nope"}]}), 422, "sources[0].mapping[0]"),
        (json!({"format": "json", "verify": {"bearer": {"secret": "missing"}}}), 422, "sources[0].verify"),
        (json!({"id": "page", "format": "json"}), 400, "another than the path's 'web'"),
        (json!(["json"]), 400, "no object"),
    ] {
        let answer = put(&services, "web", &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text.contains(says), "{answer:?}");
    }
    // The warnings of the whole config come with it.
    let warned = put(&services, "page", &json!({"format": "form"})).await;
    assert_eq!((warned.status, &warned.body["warnings"][0]["code"]), (200, &json!("no_default")), "{warned:?}");
    assert_eq!(config(&services).await["sources"][0]["name"], "The site");
}

#[tokio::test]
async fn a_change_that_started_from_another_version_is_refused() {
    let (services, _) = services().await;
    assert_eq!(put(&services, "web", &json!({"format": "json"})).await.status, 200);
    for (method, path, body) in [
        (Method::PUT, "/v1/sources/web", "{\"format\":\"json\"}"),
        (Method::DELETE, "/v1/sources/web", ""),
        (Method::POST, "/v1/sources/web/disable", ""),
    ] {
        let stale = request(method, "main-admin", path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, "\"1\"")
            .body(body.to_owned().into())
            .unwrap();
        assert_eq!(services.send(stale).await.status, 412, "{path}");
    }
    let fresh = request(Method::POST, "main-admin", "/v1/sources/web/disable").header(header::IF_MATCH, "\"2\"");
    assert_eq!(services.send(fresh.body(Body::empty()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let (services, _) = services().await;
    let body = json!({"format": "json"});
    let (one, two) = tokio::join!(put(&services, "first", &body), put(&services, "second", &body));
    for (id, answer) in [("first", one), ("second", two)] {
        assert!([200, 409].contains(&answer.status), "{answer:?}");
        let there = services.get("main-viewer", &format!("/v1/sources/{id}")).await.status == 200;
        assert_eq!(there, answer.status == 200, "{id}");
    }
}

#[tokio::test]
async fn switching_off_and_on() {
    let (services, _) = services().await;
    let switch = async |id: &str, to: &str| services.post("main-admin", &format!("/v1/sources/{id}/{to}")).await;
    let open = async |id: &str| {
        services.get("main-viewer", &format!("/v1/sources/{id}")).await.body["endpoint"]["open"].clone()
    };
    let off = switch("web", "disable").await;
    assert_eq!((off.status, &off.body["version"]), (200, &json!(2)), "{off:?}");
    assert_eq!((open("web").await, newest_note(&services).await), (json!(false), json!("source web switched off")));
    // Again is no new version.
    let again = switch("web", "disable").await;
    assert_eq!((again.status, &again.body["version"], again.header(header::ETAG)), (200, &json!(2), "\"2\""));
    assert_eq!(switch("web", "enable").await.body["version"], 3);
    assert_eq!(switch("web", "enable").await.body["version"], 3);
    assert_eq!(open("web").await, true);
    assert_eq!(switch("none", "enable").await.status, 404);
    assert_eq!(services.post("main-operator", "/v1/sources/web/disable").await.status, 403);
}

#[tokio::test]
async fn a_source_is_added_removed_and_put_back() {
    let (services, _) = services().await;
    let added = put(&services, "crm", &json!({"format": "json", "name": "CRM"})).await;
    assert_eq!(added.status, 200, "{added:?}");
    let endpoint = &added.body["endpoints"][0];
    assert_eq!(endpoint["source"], "crm");
    let url = endpoint["url"].as_str().unwrap().to_owned();
    assert_eq!(finds(&services, &url).await.as_deref(), Some("crm"));
    assert_eq!(config(&services).await["sources"].as_array().unwrap().len(), 3);
    assert_eq!(newest_note(&services).await, "source crm added");

    let removed = delete(&services, "main-admin", "crm").await;
    assert_eq!((removed.status, &removed.body["version"]), (200, &json!(3)), "{removed:?}");
    let ids: Vec<Value> =
        config(&services).await["sources"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, [json!("web"), json!("page")]);
    assert_eq!(services.get("main-admin", "/v1/sources/crm").await.status, 404);
    assert_eq!(services.get("main-admin", "/v1/sources/crm/log").await.status, 200, "its log stays");
    assert_eq!(services.get("main-viewer", "/v1/sources/crm/log").await.status, 403, "for whoever may see everything");
    assert_eq!(delete(&services, "main-admin", "crm").await.status, 404);
    assert_eq!(delete(&services, "main-operator", "web").await.status, 403);

    let back = put(&services, "crm", &json!({"format": "json"})).await;
    assert_eq!((back.status, &back.body["endpoints"]), (200, &json!([])), "its old URL is good again");
}

#[tokio::test]
async fn the_first_source_may_be_the_first_config() {
    let services = Services::start().await;
    let answer = put(&services, "web", &json!({"format": "json"})).await;
    assert_eq!((answer.status, &answer.body["version"]), (200, &json!(1)), "{answer:?}");
    assert_eq!(answer.body["endpoints"][0]["source"], "web");
    assert_eq!(delete(&Services::start().await, "main-admin", "web").await.status, 404);
}
