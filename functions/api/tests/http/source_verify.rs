//! What a source would make of a sample.

use axum::http::{Method, header};
use leadyard_domain::event::EventStatus;
use leadyard_store::{Commit, LeadWrite, Settled};
use serde_json::{Value, json};

use crate::seeds;
use crate::services::{Answer, Services, request};

async fn services() -> Services {
    let services = Services::start().await;
    let set = json!({"value": "t0p-s3cret"});
    assert_eq!(services.json(Method::PUT, "main-admin", "/v1/secrets/sign", &set).await.status, 204);
    let config = json!({
        "fields": [{ "name": "size", "type": "number" }],
        "sources": [
            {
                "id": "web", "format": "json", "default_country": "DE", "external_id": { "field": "id" },
                "verify": { "hmac": { "secret": "sign", "header": "X-Signature" } },
                "mapping": [{ "from": "contact.mail", "to": "email" }, { "from": "staff", "to": "size", "default": 10 }],
            },
            { "id": "form", "format": "form", "form": { "honeypot": "fax" }, "on_duplicate": "reject" },
            { "id": "own", "format": "json", "duplicates": { "scope": "source" } },
        ],
    });
    let answer = services.json(Method::PUT, "main-admin", "/v1/config", &config).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    services
}

async fn paste(services: &Services, source: &str, kind: &str, body: &str) -> Answer {
    let path = format!("/v1/sources/{source}/verify");
    let request = request(Method::POST, "main-viewer", &path).header(header::CONTENT_TYPE, kind);
    services.send(request.body(body.to_owned().into()).unwrap()).await
}

/// A lead that has the email `anna@example.com`.
async fn known(services: &Services) -> String {
    let lead = seeds::bare(
        1,
        leadyard_domain::assignment::Standing::Unassigned { attempt: 0 },
        seeds::at("2026-07-21T10:00:00Z"),
    );
    let id = lead.id.to_string();
    let key = leadyard_domain::config::SearchKey::try_from("email".to_owned()).unwrap();
    let key = leadyard_domain::key::UniqueKey::of(&lead.entity, &key, &lead.fields).unwrap();
    let write = Some(LeadWrite { lead, previous: None, keys: vec![key.into()] });
    let settled = Settled { record: None, lead: write, assignments: Vec::new(), seen: None, activity: None };
    let (before, after) = Default::default();
    let account = "main".parse().unwrap();
    let commit = Commit {
        account,
        now: seeds::at("2026-07-21T10:00:00Z"),
        log_days: 90,
        had_days: 0,
        settled: vec![settled],
        before,
        after,
    };
    services.store.commit(&commit).await.unwrap();
    id
}

#[tokio::test]
async fn a_sample_is_told_field_by_field_and_nothing_is_kept() {
    let services = services().await;
    let known = known(&services).await;
    let sample = json!([
        {"id": 77, "contact": {"mail": "anna@EXAMPLE.com"}, "Telefon": "030 901820", "name": "Anna Berg", "colour": "red"},
        {"id": "b", "contact": {"mail": "new@example.com"}, "staff": "75"},
        {"id": "c", "staff": "many"},
    ]);
    let answer = paste(&services, "web", "application/json", &sample.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = &answer.body;
    assert_eq!((&body["answer_status"], &body["verification"]), (&json!(202), &Value::Null));
    let events = body["events"].as_array().unwrap();
    let field = |event: &Value, name: &str| {
        let found = event["fields"].as_array().unwrap().iter().find(|field| field["field"] == name);
        found.map(|field| [field["from"].clone(), field["type"].clone(), field["value"].clone()])
    };
    let one = &events[0];
    assert_eq!([&one["external_id"], &one["identity"], &one["intent"]], ["77", "external", "capture"]);
    assert_eq!(field(one, "email").unwrap(), ["contact.mail", "email", "anna@example.com"]);
    assert_eq!(field(one, "phone").unwrap(), ["Telefon", "phone", "+4930901820"]);
    assert_eq!(field(one, "last_name").unwrap(), ["name", "text", "Berg"]);
    assert_eq!(one["defaults"], json!([{"field": "size", "from": null, "type": "number", "value": 10}]));
    assert_eq!(one["extra"], json!({"id": 77, "colour": "red"}));
    assert_eq!(one["search_keys"][0], json!({"fields": "email", "lead": known, "counts": true}));
    assert_eq!(one["search_keys"][1], json!({"fields": "phone", "lead": null, "counts": null}));
    assert_eq!(one["outcome"], json!({"status": "updated", "reason": null, "lead": known}));
    assert_eq!(field(&events[1], "size").unwrap(), [json!("staff"), json!("number"), json!(75)]);
    assert_eq!(events[1]["outcome"], json!({"status": "created", "reason": null, "lead": null}));
    assert_eq!(events[2]["outcome"]["status"], "failed");
    let reason = events[2]["outcome"]["reason"].as_str().unwrap();
    assert!(reason.contains("field 'size' expects a number") && reason.contains("at 'staff'"), "{reason}");

    // The same again finds the same: nothing was kept, and nothing was sent.
    assert_eq!(paste(&services, "web", "application/json", &sample.to_string()).await.body, answer.body);
    assert!(services.sent().is_empty());
}

#[tokio::test]
async fn the_source_s_behaviour_scope_and_log_are_asked() {
    let services = services().await;
    let lead = known(&services).await;
    let form = "application/x-www-form-urlencoded";
    let rejected = paste(&services, "form", form, "email=anna%40example.com&fax=").await.body;
    assert_eq!(
        (&rejected["answer_status"], &rejected["events"][0]["outcome"]["status"]),
        (&json!(200), &json!("rejected"))
    );
    // Among its own leads there is none.
    let own = paste(&services, "own", "application/json", r#"{"email": "anna@example.com"}"#).await.body;
    assert_eq!(own["events"][0]["search_keys"][0], json!({"fields": "email", "lead": lead, "counts": false}));
    assert_eq!(own["events"][0]["outcome"]["status"], "created");
    let honeypot = paste(&services, "form", form, "email=a%40b.example&fax=1").await.body;
    assert_eq!((&honeypot["ignored"], &honeypot["events"]), (&json!("the honeypot field is filled"), &json!([])));

    seeds::event(&services.store, 5, EventStatus::Rejected, seeds::at("2026-07-21T10:00:00Z")).await;
    let seeded = services.get("main-viewer", &format!("/v1/events/{}", seeds::event_id(5))).await;
    assert_eq!(seeded.body["status"], "rejected");
    let again = paste(&services, "web", "application/json", r#"{"id": "5", "email": "x@example.com"}"#).await.body;
    assert_eq!(again["events"][0]["outcome"]["status"], "duplicate", "{again}");
    assert!(again["events"][0]["outcome"]["reason"].as_str().unwrap().contains("rejected"));
}

#[tokio::test]
async fn what_is_malformed_says_what_and_where() {
    let services = services().await;
    for (source, kind, body, status, pieces) in [
        ("web", "application/json", "{\"a\": 1,\n x}", 400, &["JSON", "line 2"][..]),
        ("web", "application/json", "[{\"a\": 1}, 3]", 400, &["[1]", "a number"]),
        ("web", "text/csv", "a,b", 415, &["text/csv", "application/json"]),
        ("form", "application/json", "{}", 415, &["urlencoded"]),
        ("form", "application/x-www-form-urlencoded", "a=%ZZ", 400, &["form"]),
    ] {
        let answer = paste(&services, source, kind, body).await;
        assert_eq!((answer.status, &answer.body["answer_status"]), (200, &json!(status)), "{answer:?}");
        let malformed = answer.body["malformed"].as_str().unwrap();
        assert!(pieces.iter().all(|piece| malformed.contains(piece)), "{malformed}");
        assert_eq!(answer.body["events"], json!([]));
    }
    assert_eq!(paste(&services, "nobody", "application/json", "{}").await.status, 404);
}

#[tokio::test]
async fn a_signature_is_tried_when_one_is_given() {
    let services = services().await;
    let body = r#"{"email": "x@example.com"}"#;
    // `printf %s '{"email": "x@example.com"}' | openssl dgst -sha256 -hmac t0p-s3cret`
    let good = "f4d25614a6a565c25ae51cd7e6ef22eefa41698f799a7fd34f867b177ffc0a0b";
    let given = async |headers: Value| {
        let wrapped = json!({"headers": headers, "body": body}).to_string();
        paste(&services, "web", "application/json", &wrapped).await
    };
    let signed = given(json!({"content-type": "application/json", "x-signature": good})).await;
    assert_eq!(signed.body["verification"], json!({"verified": true, "reason": null}), "{signed:?}");
    assert_eq!(signed.body["events"][0]["outcome"]["status"], "created");
    let forged = given(json!({"content-type": "application/json", "x-signature": "00"})).await;
    assert_eq!(forged.body["verification"]["verified"], json!(false));
    assert!(!forged.text.contains("t0p-s3cret") && !forged.text.contains(good));
    assert_eq!(given(json!({"content-type": "application/json"})).await.body["verification"], Value::Null);
    let refused = given(json!({"x y": "1"})).await;
    assert!(refused.status == 400 && refused.detail().contains("'x y'"));
}
