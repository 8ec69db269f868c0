//! Destinations: how they do, and letting one be tried again.

use axum::http::Method;
use leadyard_domain::delivery::health::Sign;
use leadyard_domain::id::DestinationId;
use serde_json::{Value, json};

use crate::seeds::{account, at};
use crate::services::Services;

const CONFIG: &str = r"
sources: [{ id: web, format: json }]
destinations:
  - { id: crm, name: The CRM, channel: { webhook: { url: 'https://crm.example/hook' } } }
  - { id: mail, enabled: false, channel: { email: { to: [a@example.com] } } }
assignees: [{ id: anna, name: Anna, destinations: [crm] }]
profiles: [{ id: inbound, default: [{ assign_to: anna }] }]
";

#[tokio::test]
async fn a_suspended_one_is_shown_and_resumed() {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    let read = async || services.get("main-viewer", "/v1/destinations/crm").await.body;
    let fresh = read().await;
    assert_eq!((&fresh["state"], &fresh["failures"]), (&json!("well"), &json!(0)));
    let (crm, now) = (DestinationId::new("crm").unwrap(), at("2026-07-21T10:00:00Z"));
    services.store.note_sign(&account(), &crm, Sign::Failing, "down", now).await.unwrap();
    assert_eq!(read().await["state"], "failing");
    services.store.note_sign(&account(), &crm, Sign::Gone, "the receiver answered 410", now).await.unwrap();
    let gone = read().await;
    assert_eq!((&gone["state"], &gone["reason"]), (&json!("suspended"), &json!("the receiver answered 410")));
    let list = services.get("main-viewer", "/v1/destinations").await.body;
    let row = |index: usize, name: &str| list["destinations"][index][name].clone();
    assert_eq!((row(0, "id"), row(0, "suspended"), row(0, "channel")), (json!("crm"), json!(true), json!("webhook")));
    assert_eq!((row(1, "id"), row(1, "suspended"), row(1, "enabled")), (json!("mail"), json!(false), json!(false)));

    let resume = async |key, id: &str| {
        services.json(Method::POST, key, &format!("/v1/destinations/{id}/resume"), &Value::Null).await.status
    };
    assert_eq!(resume("main-viewer", "crm").await, 403);
    assert_eq!(resume("main-operator", "none").await, 404);
    assert_eq!(resume("main-operator", "crm").await, 204);
    assert_eq!(read().await["state"], "well");
    let sent = services.sent();
    assert!(sent.len() == 1 && sent[0].body["type"] == "drain", "leads that wait are tried again: {sent:?}");
}
