//! Secrets come in and never go out.

use axum::http::Method;
use serde_json::json;

use crate::services::Services;

#[tokio::test]
async fn a_secret_is_set_and_listed_by_name() {
    let services = Services::start().await;
    let set = async |body| services.json(Method::PUT, "main-admin", "/v1/secrets/crm-key", &body).await.status;
    assert_eq!(set(json!({"value": "first"})).await, 204);
    assert_eq!(set(json!({"value": "second", "keep_previous": true})).await, 204);
    let values = async || {
        let values = services.store.secret_values(&"main".parse().unwrap(), &"crm-key".parse().unwrap()).await;
        values.unwrap().iter().map(|value| value.expose().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values().await, ["second", "first"]);
    assert_eq!(set(json!({"value": "third"})).await, 204);
    assert_eq!(values().await, ["third"]);
    let listed = services.get("main-viewer", "/v1/secrets").await;
    assert_eq!(listed.body, json!({"secrets": [{"name": "crm-key"}]}));
    assert_eq!(services.get("other-viewer", "/v1/secrets").await.body, json!({"secrets": []}));
}

#[tokio::test]
async fn a_refusal_never_repeats_a_value() {
    let services = Services::start().await;
    for (path, body, status) in [
        ("/v1/secrets/crm-key", json!({"value": 4_242_424_242_u64}), 400),
        ("/v1/secrets/crm-key", json!({"value": ["s3cret"]}), 400),
        ("/v1/secrets/crm-key", json!({"value": ""}), 422),
        ("/v1/secrets/crm-key", json!({"value": "s3cret".repeat(1000)}), 422),
        ("/v1/secrets/crm-key", json!({"keep_previous": true}), 400),
        ("/v1/secrets/crm-key", json!({"value": "s3cret", "extra": 1}), 400),
        ("/v1/secrets/NO", json!({"value": "s3cret"}), 404),
        ("/v1/secrets/crm-key", json!({"value": "s3cret".repeat(20_000)}), 413),
    ] {
        let answer = services.json(Method::PUT, "main-admin", path, &body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let detail = answer.detail();
        assert!(!detail.contains("s3cret") && !detail.contains("4242424242"), "{detail}");
    }
    assert_eq!(services.get("main-viewer", "/v1/secrets").await.body, json!({"secrets": []}));
}
