//! Addresses that no mail goes to: asking why, and letting mails go there again.

use axum::body::Body;
use axum::http::Method;
use leadyard_domain::suppression::{AddressHash, Suppression, SuppressionReason};
use serde_json::json;

use crate::seeds::{account, at, delivery_id};
use crate::services::{Services, request};

const AT: &str = "2026-07-21T10:00:00Z";
const ANNA: &str = "/v1/suppressions?address=Anna%2Bleads@example.com";

async fn suppressed() -> Services {
    let services = Services::start().await;
    let suppression =
        Suppression { reason: SuppressionReason::Complaint, at: at(AT), delivery: Some(delivery_id(1, "mail")) };
    let hash = AddressHash::of("anna+leads@example.com").unwrap();
    services.store.suppress(&account(), &hash, &suppression).await.unwrap();
    services
}

#[tokio::test]
async fn an_address_tells_why_it_is_suppressed() {
    let services = suppressed().await;
    let expected = json!({
        "suppressed": true, "reason": "complaint", "since": AT, "delivery": delivery_id(1, "mail")
    });
    assert_eq!(services.get("main-viewer", ANNA).await.body, expected);
    let free = json!({ "suppressed": false, "reason": null, "since": null, "delivery": null });
    assert_eq!(services.get("other-viewer", ANNA).await.body, free);
    assert_eq!(services.get("main-viewer", "/v1/suppressions?address=ben@example.com").await.body, free);
}

#[tokio::test]
async fn lifting_is_for_operators_and_on_record() {
    let services = suppressed().await;
    let lift =
        async |key: &str| services.send(request(Method::DELETE, key, ANNA).body(Body::empty()).unwrap()).await.status;
    assert_eq!(lift("main-viewer").await, 403);
    assert_eq!(lift("other-operator").await, 404);
    assert_eq!(services.get("main-viewer", ANNA).await.body["suppressed"], true);
    assert_eq!(lift("main-operator").await, 204);
    assert_eq!(services.get("main-viewer", ANNA).await.body["suppressed"], false);
    assert_eq!(lift("main-operator").await, 404);
    let hash = AddressHash::of("anna+leads@example.com").unwrap().as_str().to_owned();
    assert_eq!(services.audited().await, [("main operator".to_owned(), "suppression.lift".to_owned(), hash)]);
}

#[tokio::test]
async fn what_is_no_address_is_refused_and_not_repeated() {
    let services = Services::start().await;
    for path in ["/v1/suppressions", "/v1/suppressions?address=anna.berger", "/v1/suppressions?adress=a@b"] {
        let answer = services.get("main-viewer", path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(!answer.detail().contains("anna.berger"), "{answer:?}");
    }
}
