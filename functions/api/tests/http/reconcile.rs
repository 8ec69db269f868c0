//! Looking for leads that never arrived, against a platform that really listens.

use axum::http::Method;
use leadyard_domain::decision::State;
use leadyard_domain::event::{EventRecord, EventStatus, Received};
use leadyard_domain::id::EventId;
use leadyard_fakes::{Answered, Came, Receiver};
use leadyard_outbound::address::AddressPolicy;
use leadyard_store::{Commit, Settled};
use serde_json::{Value, json};

use crate::seeds::account;
use crate::services::{Answer, Services};

const PATH: &str = "/v1/sources/ads/reconcile";

async fn services(format: &str, fetch: Value) -> Services {
    let services = Services::start_with(AddressPolicy::parse("127.0.0.0/8", "true").unwrap()).await;
    for name in ["page-token", "app"] {
        let secret = json!({"value": "secret-token"});
        let path = format!("/v1/secrets/{name}");
        assert_eq!(services.json(Method::PUT, "main-admin", &path, &secret).await.status, 204);
    }
    let source = json!({"id": "ads", "format": format, "verify": {"platform": {"secret": "app", "challenge": "app"}}, "fetch": fetch});
    let config = json!({"sources": [source, {"id": "web", "format": "json"}]});
    let answer = services.json(Method::PUT, "main-admin", "/v1/config", &config).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    services
}

fn fetch(platform: &Receiver, forms: &[&str]) -> Value {
    json!({"base_url": platform.url(), "token": "page-token", "forms": forms, "per_second": 1_000})
}

async fn ask(services: &Services, body: &Value) -> Answer {
    services.json(Method::POST, "main-operator", PATH, body).await
}

fn page(ids: &[u64], next: Option<&str>) -> Answered {
    let data: Vec<Value> = ids.iter().map(|id| json!({"id": id.to_string(), "form_id": "f"})).collect();
    let paging = next.map(|after| json!({"cursors": {"after": after}, "next": "https://…"}));
    Answered::With(200, Vec::new(), json!({"data": data, "paging": paging}).to_string())
}

fn leadgen(id: &str) -> EventId {
    EventId::from_external(&account(), &"ads".parse().unwrap(), id)
}

/// The event of a webhook, settled.
async fn settled(services: &Services, id: &str, status: EventStatus) {
    let received: Received = serde_json::from_value(json!({
        "account": "main", "source": "ads", "event": leadgen(id), "received_at": "2026-07-21T10:00:00Z",
        "identity": {"external": id}, "payload": {"leadgen_id": id},
    }))
    .unwrap();
    let now = received.received_at;
    let record =
        EventRecord { received, status, reason: None, lead: None, settled_at: now, behaviour: None, retries: 0 };
    let settled =
        vec![Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None }];
    let (before, after) = (State::default(), State::default());
    let commit = Commit { account: account(), now, log_days: 90, had_days: 0, settled, before, after };
    services.store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn only_what_never_arrived_is_taken_and_as_its_webhook_would_have_brought_it() {
    let script = |came: &Came| match came.what.as_str() {
        what if what.contains("/f1/") && what.contains("after=b") => page(&[3, 18_446_744_073_709_551_615], None),
        what if what.contains("/f1/") => page(&[1, 2], Some("b")),
        _ => page(&[4, 1], None),
    };
    let graph = Receiver::start(script).await;
    let services = services("meta_lead_ads", fetch(&graph, &["f1", "f2"])).await;
    settled(&services, "1", EventStatus::Created).await;
    settled(&services, "3", EventStatus::Failed).await;
    let answer = ask(&services, &json!({"days": 7})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let found = ["platform", "ours", "failed", "taken", "next_cursor"].map(|key| answer.body[key].clone());
    assert_eq!(found, [json!(6), json!(3), json!(1), json!(3), json!(null)]);
    let sent = services.sent_to("leads");
    let ids: Vec<&str> =
        sent.iter().map(|message| message["event"]["identity"]["external"].as_str().unwrap()).collect();
    assert_eq!(ids, ["2", "18446744073709551615", "4"]);
    assert_eq!((&sent[0]["type"], &sent[0]["event"]["intent"]), (&json!("received"), &json!("fetch")));
    assert_eq!(sent[0]["event"]["event"], leadgen("2").as_str(), "the id that the webhook's event has");
    assert_eq!(sent[0]["event"]["payload"]["leadgen_id"], "2");
    let came = graph.came();
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(|came| came.header("authorization") == Some("Bearer secret-token")));
    assert_eq!(services.audited().await[0], ("main operator".into(), "source.reconcile".into(), "ads".into()));
}

#[tokio::test]
async fn linkedins_owners_are_looked_through() {
    let rest =
        Receiver::start(|_| Answered::With(200, Vec::new(), json!({"elements": [{"id": "a-1"}]}).to_string())).await;
    let services = services("linkedin", fetch(&rest, &["urn:li:sponsoredAccount:5"])).await;
    let answer = services.post("main-operator", PATH).await;
    assert_eq!((answer.status, &answer.body["taken"]), (200, &json!(1)), "{answer:?}");
    let sent = services.sent_to("leads");
    let id = "urn:li:leadGenFormResponse:a-1 CREATED";
    assert_eq!(sent[0]["event"]["identity"]["external"], id);
    assert_eq!(sent[0]["event"]["event"], leadgen(id).as_str());
}

#[tokio::test]
async fn what_the_platform_refuses_is_told_and_a_walk_that_broke_off_goes_on() {
    let mut asked = 0;
    let graph = Receiver::start(move |_| {
        asked += 1;
        match asked {
            1 => Answered::status(503),
            2 => page(&[1], Some("b")),
            3 => Answered::With(400, Vec::new(), json!({"error": {"code": 4}}).to_string()),
            4 => page(&[2], None),
            _ => {
                Answered::With(400, Vec::new(), json!({"error": {"code": 190, "message": "secret-token"}}).to_string())
            }
        }
    })
    .await;
    let services = services("meta_lead_ads", fetch(&graph, &["f1"])).await;
    let away = ask(&services, &json!({})).await;
    assert_eq!((away.status, away.detail()), (503, "Meta answered 503. Send the request again."));
    let first = ask(&services, &json!({})).await;
    assert_eq!((first.status, &first.body["taken"]), (200, &json!(1)));
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = ask(&services, &json!({"cursor": cursor})).await;
    assert_eq!((second.status, &second.body["taken"], &second.body["next_cursor"]), (200, &json!(1), &json!(null)));
    assert_eq!((&second.body["from"], &second.body["until"]), (&first.body["from"], &first.body["until"]));
    assert!(graph.came()[3].what.contains("after=b"));
    let expired = ask(&services, &json!({})).await;
    assert_eq!(expired.status, 422);
    assert!(expired.detail().contains("set the secret anew") && !expired.text.contains("secret-token"), "{expired:?}");
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let graph = Receiver::start(|_| page(&[], None)).await;
    let services = services("meta_lead_ads", fetch(&graph, &[])).await;
    for body in [json!({"days": 0}), json!({"days": 91}), json!({"cursor": "x"}), json!({"hours": 1})] {
        assert!(matches!(ask(&services, &body).await.status, 400 | 422), "{body}");
    }
    let none = ask(&services, &json!({"days": 90})).await;
    assert_eq!(none.status, 422);
    assert!(none.detail().contains("names no forms"));
    let web = services.post("main-operator", "/v1/sources/web/reconcile").await;
    assert!(web.status == 422 && web.detail().contains("no list to look through"));
    assert_eq!(services.post("main-operator", "/v1/sources/gone/reconcile").await.status, 404);
    assert_eq!(services.post("main-viewer", PATH).await.status, 403);
    assert_eq!(services.post("other-operator", PATH).await.status, 404);
    assert!(graph.came().is_empty() && services.sent().is_empty());
}
