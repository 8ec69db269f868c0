//! Testing a destination, against a receiver that really listens.

use std::sync::{Arc, Mutex};

use axum::http::Method;
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::signature::{self, Secret};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::services::{Answer, Services};

/// A receiver that answers every request in the same way and keeps what it got.
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

#[derive(Debug, Clone)]
struct Got {
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

impl Receiver {
    /// `answer` is sent as it is, with `{request}` replaced by the head of the request.
    async fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/leads", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&got);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let (head, length) = loop {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.unwrap();
                    assert!(read > 0, "the request ends early");
                    bytes.extend_from_slice(&part[..read]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.lines().filter_map(|line| line.split_once(": "));
                    let length = length.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
                    break (head.to_owned(), length.map_or(0, |(_, value)| value.parse::<usize>().unwrap()));
                };
                while bytes.len() < head.len() + 4 + length {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.unwrap();
                    bytes.extend_from_slice(&part[..read]);
                }
                let body = String::from_utf8(bytes[head.len() + 4..].to_vec()).unwrap();
                let answer = answer.replace("{request}", &head);
                kept.lock().unwrap().push(Got { head, body });
                let (first, body) = answer.split_once("\n\n").unwrap();
                let first = first.replace('\n', "\r\n");
                let text = format!("HTTP/1.1 {first}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        Self { url, got }
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn services() -> Services {
    Services::start_with(AddressPolicy::parse("127.0.0.0/8", "true").unwrap()).await
}

async fn set(services: &Services, name: &str, value: &str) {
    let path = format!("/v1/secrets/{name}");
    assert_eq!(services.json(Method::PUT, "main-admin", &path, &json!({"value": value})).await.status, 204);
}

async fn publish(services: &Services, destination: Value) {
    let config = json!({
        "account": { "name": "Sunny Roofs" },
        "fields": [{ "name": "roof_area", "type": "number" }],
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [{ "id": "anna", "name": "Anna", "destinations": ["crm"] }],
        "destinations": [destination],
    });
    let answer = services.json(Method::PUT, "main-admin", "/v1/config", &config).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn test(services: &Services) -> Answer {
    services.post("main-operator", "/v1/destinations/crm/test").await
}

fn header<'a>(message: &'a Value, name: &str) -> &'a str {
    let headers = message["headers"].as_array().unwrap().iter();
    headers.into_iter().find(|header| header["name"] == name).map_or("", |header| header["value"].as_str().unwrap())
}

#[tokio::test]
async fn a_receiver_gets_a_signed_lead_and_its_answer_is_told() {
    let receiver = Receiver::start("202 Accepted\nx-request: 7\nset-cookie: a=b\n\ngot {request}").await;
    let services = services().await;
    set(&services, "sign", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").await;
    set(&services, "token", "t0p-s3cret-token").await;
    publish(
        &services,
        json!({ "id": "crm", "channel": { "webhook": {
            "url": receiver.url, "secret": "sign", "auth": { "header": { "name": "X-Buyer", "secret": "token" } },
            "headers": { "X-Team": "roofs" },
        } } }),
    )
    .await;
    let answer = test(&services).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let got = receiver.got();
    assert_eq!(got.len(), 1);

    // It got what a delivery would be, and can verify it.
    let body: Value = serde_json::from_str(&got[0].body).unwrap();
    assert_eq!((&body["type"], &body["data"]["assignee"]["name"]), (&json!("lead.assigned"), &json!("Anna")));
    let lead = &body["data"]["lead"];
    assert_eq!((&lead["fields"]["full_name"], &lead["fields"]["roof_area"]), (&json!("Test Lead"), &json!(1)));
    assert_eq!(lead["extra"], json!({"test": true}));
    let id = got[0].header("webhook-id");
    assert_eq!((id, got[0].header("idempotency-key")), (body["data"]["delivery"].as_str().unwrap(), id));
    let at = jiff::Timestamp::from_second(got[0].header("webhook-timestamp").parse().unwrap()).unwrap();
    let key = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let expected = signature::headers(id, at, got[0].body.as_bytes(), &[key]);
    assert_eq!(got[0].header("webhook-signature"), expected[2].1);
    assert_eq!((got[0].header("x-buyer"), got[0].header("x-team")), ("t0p-s3cret-token", "roofs"));

    // The operator sees both sides, without the secrets, whatever the receiver repeats of them.
    let shown = &answer.body;
    assert_eq!((&shown["url"], &shown["method"]), (&json!(receiver.url), &json!("POST")));
    assert_eq!(shown["request"]["body"], got[0].body);
    for name in ["webhook-signature", "x-buyer", "X-Buyer"] {
        assert!(["", "[redacted]"].contains(&header(&shown["request"], name)), "{name}: {answer:?}");
    }
    assert_eq!(header(&shown["request"], "content-type"), "application/json");
    assert_eq!((&shown["response"]["status"], header(&shown["response"], "x-request")), (&json!(202), "7"));
    assert_eq!(header(&shown["response"], "set-cookie"), "[redacted]");
    assert!(shown["response"]["body"].as_str().unwrap().starts_with("got POST /leads"), "{answer:?}");
    assert!(!answer.text.contains("t0p-s3cret-token"), "{answer:?}");
    assert!(shown["elapsed_ms"].is_u64());
    assert_eq!(shown["outcome"], json!({"status": "delivered", "code": null, "reason": null, "next_attempt_at": null}));

    // Nothing of it is on record, and the next test is no repeat.
    let listed = services.get("main-viewer", "/v1/deliveries").await;
    assert_eq!(listed.body["deliveries"], json!([]));
    assert_eq!(services.sent(), []);
    let audited = services.audited().await;
    assert!(audited.iter().all(|(_, action, _)| action == "secret.set"), "{audited:?}");
    test(&services).await;
    assert_ne!(receiver.got()[1].header("webhook-id"), id);
}

#[tokio::test]
async fn what_an_answer_would_mean_is_told() {
    let services = services().await;
    let outcome = async |answer: &'static str, more: Value| {
        let receiver = Receiver::start(answer).await;
        let mut webhook = json!({ "url": receiver.url });
        webhook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        publish(&services, json!({ "id": "crm", "channel": { "webhook": webhook } })).await;
        // A version is seen at once by who published it.
        let answer = test(&services).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let busy = outcome("503 Busy\nretry-after: 3600\n\nlater", json!({})).await;
    assert_eq!((&busy["outcome"]["status"], &busy["outcome"]["code"]), (&json!("retry"), &json!("E_STATUS")));
    let due: jiff::Timestamp = busy["outcome"]["next_attempt_at"].as_str().unwrap().parse().unwrap();
    assert!(due.duration_since(jiff::Timestamp::now()).as_secs() > 3500, "{busy}");
    let moved = outcome("301 Moved\nlocation: https://new.example/\n\n", json!({})).await;
    assert_eq!(moved["outcome"]["status"], "dead");
    assert!(moved["outcome"]["reason"].as_str().unwrap().contains("https://new.example/"), "{moved}");
    let rules =
        json!({ "answers": [{ "json": { "path": "outcome", "in": ["no"] }, "then": "rejected", "reason": "why" }] });
    let refused = outcome("200 OK\n\n{\"outcome\":\"no\",\"why\":\"out of area\"}", rules).await;
    assert_eq!(refused["outcome"]["status"], "rejected");
    assert!(refused["outcome"]["reason"].as_str().unwrap().contains("out of area"), "{refused}");
    let body = json!({ "body": { "json": "{\"name\": {{ lead.fields.full_name }}, \"of\": {{ account.name }}}" } });
    let filled = outcome("200 OK\n\nthanks", body).await;
    assert_eq!(filled["request"]["body"], "{\"name\": \"Test Lead\", \"of\": \"Sunny Roofs\"}");
    let broken = outcome("200 OK\n\nthanks", json!({ "body": { "json": "{{ lead.id | nonsense }}" } })).await;
    assert_eq!((&broken["request"], &broken["response"], &broken["url"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!((&broken["outcome"]["status"], &broken["outcome"]["code"]), (&json!("dead"), &json!("E_TEMPLATE")));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_an_answer_too() {
    let services = services().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/leads", listener.local_addr().unwrap());
    drop(listener);
    publish(&services, json!({ "id": "crm", "channel": { "webhook": { "url": url } } })).await;
    let answer = test(&services).await;
    assert_eq!((answer.status, &answer.body["response"]), (200, &json!(null)), "{answer:?}");
    assert_eq!(
        (&answer.body["outcome"]["status"], &answer.body["outcome"]["code"]),
        (&json!("retry"), &json!("E_CONNECT"))
    );
}

#[tokio::test]
async fn a_slack_channel_s_url_stays_secret() {
    let receiver = Receiver::start("200 OK\n\nok").await;
    let services = services().await;
    set(&services, "slack", &receiver.url).await;
    publish(&services, json!({ "id": "crm", "channel": { "slack": { "secret": "slack", "text": "New: {{ lead.fields.full_name }}" } } }))
        .await;
    let answer = test(&services).await;
    let shown = answer.body["url"].as_str().unwrap();
    assert!(shown.starts_with("slack (127.0.0.1") && !shown.contains("/leads"), "{answer:?}");
    assert_eq!(answer.body["outcome"]["status"], "delivered");
    assert!(!answer.text.contains(&receiver.url), "{answer:?}");
    assert!(receiver.got()[0].body.contains("New: Test Lead"));
}

#[tokio::test]
async fn a_leadsquared_account_gets_the_sample_lead_and_its_keys_stay_secret() {
    let receiver =
        Receiver::start("200 OK\n\n{\"Status\":\"Success\",\"Message\":{\"Id\":\"1\"},\"Seen\":\"{request}\"}").await;
    let services = services().await;
    set(&services, "access", "acc-3ss-key").await;
    set(&services, "secret", "s3cr3t-key").await;
    let host = receiver.url.trim_end_matches("/leads");
    let settings = json!({ "host": host, "access_key": "access", "secret_key": "secret", "search_by": "Phone" });
    publish(&services, json!({ "id": "crm", "channel": { "leadsquared": settings } })).await;
    let answer = test(&services).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let got = &receiver.got()[0];
    assert_eq!((got.header("x-lsq-accesskey"), got.header("x-lsq-secretkey")), ("acc-3ss-key", "s3cr3t-key"));
    let body: Value = serde_json::from_str(&got.body).unwrap();
    let pair = |name: &str| body.as_array().unwrap().iter().find(|pair| pair["Attribute"] == name).cloned();
    assert_eq!(pair("FirstName").unwrap()["Value"], "Test");
    assert_eq!(pair("SearchBy").unwrap()["Value"], "Phone");
    let shown = &answer.body;
    assert_eq!(shown["url"], json!(format!("{host}/v2/LeadManagement.svc/Lead.Capture")));
    assert_eq!(header(&shown["request"], "x-lsq-secretkey"), "[redacted]");
    assert!(!answer.text.contains("acc-3ss-key") && !answer.text.contains("s3cr3t-key"), "{answer:?}");
    // The head of the request breaks the JSON here, so that nobody could read a 'Status'.
    assert_eq!(shown["outcome"]["status"], "unknown", "{answer:?}");
}

#[tokio::test]
async fn a_token_is_asked_for_and_kept_out_of_the_answer() {
    let server = Receiver::start("200 OK\n\n{\"access_token\":\"tok-3n-of-the-day\",\"expires_in\":3600}").await;
    let receiver = Receiver::start("401 No\n\n{\"seen\": \"{request}\"}").await;
    let services = services().await;
    set(&services, "client", "cl1ent-s3cret").await;
    let oauth2 = json!({ "token_url": server.url, "client_id": "us", "secret": "client" });
    let webhook = json!({ "url": receiver.url, "auth": { "oauth2": oauth2 } });
    publish(&services, json!({ "id": "crm", "channel": { "webhook": webhook } })).await;
    let answer = test(&services).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(receiver.got()[0].header("authorization"), "Bearer tok-3n-of-the-day");
    assert_eq!(server.got()[0].header("authorization"), "Basic dXM6Y2wxZW50LXMzY3JldA==");
    for secret in ["tok-3n", "cl1ent", "dXM6Y2wx"] {
        assert!(!answer.text.contains(secret), "{secret}: {answer:?}");
    }
    assert_eq!((&answer.body["outcome"]["status"], &answer.body["response"]["status"]), (&json!("retry"), &json!(401)));
    // It was not taken, so that the next test asks for another; one that is taken is kept.
    test(&services).await;
    assert_eq!((server.got().len(), receiver.got().len()), (2, 2));

    let refused = Receiver::start("400 No\n\n{\"error\":\"cl1ent-s3cret\"}").await;
    let oauth2 = json!({ "token_url": refused.url, "client_id": "us", "secret": "client" });
    let webhook = json!({ "url": receiver.url, "auth": { "oauth2": oauth2 } });
    publish(&services, json!({ "id": "crm", "channel": { "webhook": webhook } })).await;
    let answer = test(&services).await;
    assert_eq!((&answer.body["request"], &answer.body["outcome"]["code"]), (&json!(null), &json!("E_TOKEN")));
    assert!(!answer.text.contains("cl1ent-s3cret"), "{answer:?}");
    assert_eq!(receiver.got().len(), 2, "nothing goes out without a token");
}

#[tokio::test]
async fn tests_that_cannot_be() {
    let services = services().await;
    assert_eq!(test(&services).await.status, 404, "nothing is in force");
    publish(&services, json!({ "id": "crm", "channel": { "email": { "to": ["a@example.com"] } } })).await;
    let email = test(&services).await;
    assert_eq!(email.status, 422);
    assert!(email.detail().contains("look at the delivery"), "{email:?}");
    for (key, path, status) in [
        ("main-viewer", "/v1/destinations/crm/test", 403),
        ("other-operator", "/v1/destinations/crm/test", 404),
        ("main-operator", "/v1/destinations/gone/test", 404),
    ] {
        assert_eq!(services.post(key, path).await.status, status, "{key} {path}");
    }
}
