//! Changing a lead's fields by hand, and erasing it.

use axum::body::Body;
use axum::http::Method;
use leadyard_domain::assignment::Standing;
use leadyard_domain::lead::Lead;
use serde_json::{Value, json};

use crate::seeds::{self, at, bare, lead_id};
use crate::services::{Answer, Services, request};

/// A config, and leads: 1 as it came, 2 erased.
async fn services() -> Services {
    let services = Services::start().await;
    let config = json!({
        "fields": [
            { "name": "score", "type": "number" },
            { "name": "tier", "type": "choice", "options": ["Gold", "Silver"] },
            { "name": "met_at", "type": "datetime" },
        ],
        "sources": [{ "id": "web", "format": "json", "default_country": "DE", "timezone": "Europe/Berlin" }],
    });
    let answer = services.json(Method::PUT, "main-admin", "/v1/config", &config).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let lead = |number| bare(number, Standing::Unassigned { attempt: 1 }, at("2026-07-21T10:00:00Z"));
    seeds::put(&services.store, lead(1)).await;
    seeds::put(&services.store, Lead { erased_at: Some(at("2026-07-21T10:00:00Z")), ..lead(2) }).await;
    services
}

fn path(number: u32) -> String {
    format!("/v1/leads/{}", lead_id(number))
}

async fn edit(services: &Services, number: u32, fields: Value) -> Answer {
    services.json(Method::PATCH, "main-operator", &path(number), &json!({ "fields": fields })).await
}

#[tokio::test]
async fn values_are_read_as_the_source_reads_them() {
    let services = services().await;
    let fields = json!({
        "email": "Anna@Example.COM", "phone": "030 1234567", "score": "80.50", "tier": "gold", "message": null, "city": " ",
        "met_at": "2026-07-21T09:00",
    });
    let asked = edit(&services, 1, fields).await;
    let expected = json!({
        "email": "Anna@example.com", "phone": "+49301234567", "score": 80.5, "tier": "Gold", "message": null, "city": null,
        "met_at": "2026-07-21T07:00:00Z",
    });
    assert_eq!((asked.status, &asked.body), (202, &json!({ "lead": lead_id(1), "fields": expected })), "{asked:?}");
    let sent = services.sent();
    assert_eq!((sent.len(), sent[0].queue.as_str(), sent[0].group.as_str()), (1, "leads", "main"));
    let message = &sent[0].body;
    assert_eq!(
        (&message["type"], &message["lead"], &message["by"]),
        (&json!("edit"), &json!(lead_id(1)), &json!("main operator"))
    );
    assert_eq!(message["fields"]["score"], json!({ "number": "80.50" }));
    assert_eq!((&message["fields"]["message"], &message["fields"]["tier"]), (&Value::Null, &json!("Gold")));
    let entry = ("main operator".to_owned(), "lead.edit".to_owned(), lead_id(1).to_string());
    assert_eq!(services.audited().await, [entry]);
}

#[tokio::test]
async fn everything_that_is_wrong_is_listed_and_nothing_is_changed() {
    let services = services().await;
    let fields = json!({
        "city": "Bonn", "emial": "a@example.com", "score": "many", "tier": "Bronze", "email.domain": "x.example",
        "Not a name": 1, "message": "x".repeat(8193), "phone": [1, 2],
    });
    let refused = edit(&services, 1, fields).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.detail().contains("7 field(s) can't be changed so"), "{refused:?}");
    let said = |field: &str| {
        let problems = refused.body["problems"].as_array().unwrap();
        let path = format!("fields.{field}");
        problems.iter().find(|problem| problem["path"] == path).unwrap()["message"].as_str().unwrap().to_owned()
    };
    for (field, says) in [
        ("emial", "there is no field 'emial'"),
        ("score", "'score' is a field of type number and expects a number such as 75.5, not a text of 4 characters"),
        ("tier", "'tier' is a field of type choice and expects one of: Gold, Silver, not a text of 6 characters"),
        ("email.domain", "is computed from the lead and can't be set"),
        ("Not a name", "is no field name"),
        ("message", "has 8193 bytes; at most 8192"),
        ("phone", "'phone' is a field of type phone"),
    ] {
        assert!(said(field).contains(says), "{field}: {}", said(field));
    }
    assert!(said("emial").contains("email"), "the right name is told: {}", said("emial"));
    assert_eq!((services.sent(), services.audited().await), (vec![], vec![]));
}

#[tokio::test]
async fn edits_that_cannot_be() {
    let services = services().await;
    let city = json!({ "city": "Bonn" });
    assert_eq!(edit(&services, 9, city.clone()).await.status, 404, "no such lead");
    assert_eq!(edit(&services, 1, json!({})).await.status, 400, "no field");
    let erased = edit(&services, 2, city.clone()).await;
    assert_eq!(erased.status, 409);
    assert!(erased.detail().contains("was erased at"), "{erased:?}");
    let by = async |key: &str| services.json(Method::PATCH, key, &path(1), &json!({ "fields": city })).await.status;
    assert_eq!([by("main-viewer").await, by("other-operator").await], [403, 404]);

    let mut full = bare(3, Standing::Unassigned { attempt: 1 }, at("2026-07-21T10:00:00Z"));
    full.extra = (0..198).map(|number| (number.to_string(), json!(1))).collect();
    seeds::put(&services.store, full).await;
    let over = edit(&services, 3, city).await;
    assert_eq!(over.status, 409);
    assert!(over.detail().contains("more than 200 fields"), "{over:?}");
    assert_eq!(services.sent(), []);
    assert_eq!(edit(&services, 3, json!({ "city": "Bonn", "score": null })).await.status, 202);
}

#[tokio::test]
async fn a_field_that_has_left_the_config_can_only_be_taken_away() {
    let services = services().await;
    let answer = services
        .json(Method::PUT, "main-admin", "/v1/config", &json!({ "sources": [{ "id": "web", "format": "json" }] }))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(edit(&services, 1, json!({ "score": 5 })).await.status, 422);
    assert_eq!(edit(&services, 1, json!({ "score": null })).await.status, 202);
}

#[tokio::test]
async fn an_erasure_is_asked_for_by_an_admin() {
    let services = services().await;
    let erase = async |key: &str, number: u32| {
        services.send(request(Method::DELETE, key, &path(number)).body(Body::empty()).unwrap()).await
    };
    assert_eq!(erase("main-operator", 1).await.status, 403);
    assert_eq!([erase("other-admin", 1).await.status, erase("main-admin", 9).await.status], [404, 404]);
    assert_eq!(services.sent(), []);
    let asked = erase("main-admin", 1).await;
    assert_eq!((asked.status, &asked.body), (202, &json!({ "lead": lead_id(1) })), "{asked:?}");
    // To ask again is harmless, and goes on with what broke off.
    assert_eq!(erase("main-admin", 2).await.status, 202);
    let sent = services.sent_to("leads");
    assert_eq!(
        (&sent[0]["type"], &sent[0]["lead"], &sent[0]["by"]),
        (&json!("erase"), &json!(lead_id(1)), &json!("main admin"))
    );
    assert_eq!((sent.len(), &sent[1]["lead"]), (2, &json!(lead_id(2))));
    let entry = |number| ("main admin".to_owned(), "lead.erase".to_owned(), lead_id(number).to_string());
    assert_eq!(services.audited().await, [entry(2), entry(1)]);
}
