//! Requests to endpoints, against a table in an emulator and a queue that keeps what it is sent.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, in its helpers too")]

mod services;
mod wait;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use lambda_http::{Body, Response};
use leadyard_domain::event::{Intent, Received};
use leadyard_domain::message::LeadsMessage;
use serde_json::{Value, json};

use services::Services;

fn sources() -> Value {
    json!([
        {"id": "crm", "format": "json", "verify": {"bearer": {"secret": "token"}}},
        {"id": "form", "format": "form", "form": {"honeypot": "fax", "allowed_origins": ["https://example.com"]}},
        {"id": "off", "format": "json", "enabled": false},
    ])
}

/// A POST to `/in/{key}` as the gateway would hand it over.
fn post(key: &str, token: &str, body: impl Into<Vec<u8>>) -> lambda_http::Request {
    lambda_http::http::Request::post(format!("https://leads.example/in/{key}"))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::Binary(body.into()))
        .unwrap()
}

fn told(response: &Response<Body>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn events(services: &Services) -> Vec<Received> {
    let sent = services.sent().into_iter();
    let events = sent.map(|message| match message {
        LeadsMessage::Received { event, .. } => Some(*event),
        _ => None,
    });
    // Intake sends nothing but events.
    events.map(Option::unwrap).collect()
}

#[tokio::test]
async fn what_is_answered_with_success_is_in_the_queue() {
    let services = Services::start().await;
    services.publish(sources()).await;
    let intake = services.intake(Timestamp::now);
    for token in ["new-token", "old-token"] {
        let response = intake.handle(post("crm-key", token, r#"{"email": "anna@example.com"}"#)).await;
        assert_eq!(response.status(), 202, "{token}");
        let last = events(&services).pop().unwrap();
        assert_eq!(told(&response), json!({ "events": [last.event] }));
        assert_eq!((last.account.as_str(), last.source.as_str()), ("main", "crm"));
    }
    let many: Vec<Value> = (0..1_000).map(|n| json!({ "n": n })).collect();
    let response = intake.handle(post("crm-key", "new-token", json!(many).to_string())).await;
    assert_eq!(response.status(), 202);
    let told: BTreeSet<String> = serde_json::from_value(told(&response)["events"].clone()).unwrap();
    let sent: BTreeSet<String> = events(&services)[2..].iter().map(|event| event.event.to_string()).collect();
    assert_eq!((sent.len(), &sent), (1_000, &told));
}

#[tokio::test]
async fn a_form_as_the_gateway_encodes_it() {
    let services = Services::start().await;
    services.publish(sources()).await;
    let event = include_str!("../../../../events/source_form_gateway.json");
    let intake = services.intake(Timestamp::now);
    let response = intake.handle(lambda_http::request::from_str(event).unwrap()).await;
    assert_eq!(response.status(), 200);
    let received = events(&services).pop().unwrap();
    assert_eq!(received.payload["name"], "Jürgen Müller & Söhne");
    assert_eq!(received.payload.get("fax"), None);
    assert_eq!(received.origin.ip.as_deref(), Some("192.0.2.10"));
    assert_eq!(received.origin.referrer.as_deref(), Some("https://example.com/contact"));

    // The same request again, as a client does that lost the answer, is another request with the same body.
    let again = event.replace("JKJaXmPLvHcESHA=", "another-request=");
    intake.handle(lambda_http::request::from_str(&again).unwrap()).await;
    let again = events(&services).pop().unwrap();
    assert!(again.event != received.event && again.identity == received.identity);

    let foreign = event.replace("\"https://example.com\"", "\"https://evil.example\"");
    let response = intake.handle(lambda_http::request::from_str(&foreign).unwrap()).await;
    assert_eq!((response.status().as_u16(), services.sent().len()), (403, 2));
}

#[tokio::test]
async fn unknown_and_disabled_sources_look_the_same() {
    let services = Services::start().await;
    services.publish(sources()).await;
    let intake = services.intake(Timestamp::now);
    let mut answers = Vec::new();
    for key in ["off-key", "nobody-key", "", "x/..%2f"] {
        let response = intake.handle(post(key, "new-token", "{}")).await;
        assert_eq!(response.status(), 404, "{key}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        answers.push(told(&response));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(services.sent().is_empty());
}

#[tokio::test]
async fn bad_requests_leave_nothing_in_the_queue() {
    let services = Services::start().await;
    services.publish(sources()).await;
    let intake = services.intake(Timestamp::now);
    for (request, status) in [
        (post("crm-key", "wrong", r#"{"a": 1}"#), 401),
        (post("crm-key", "new-token", "not json"), 400),
        (post("crm-key", "new-token", vec![b' '; 256 * 1024 + 1]), 413),
        (post("nobody-key", "new-token", vec![b' '; 256 * 1024 + 1]), 413),
        (post("form-key", "new-token", r#"{"a": 1}"#), 403),
    ] {
        let response = intake.handle(request).await;
        assert_eq!(response.status(), status);
        assert_eq!(told(&response)["status"], status);
    }
    assert!(services.sent().is_empty());
}

#[tokio::test]
async fn without_the_queue_the_sender_is_asked_to_come_again() {
    let services = Services::start().await;
    services.publish(sources()).await;
    let intake = services.intake(Timestamp::now);
    services.set_queue_down(true);
    let response = intake.handle(post("crm-key", "new-token", r#"{"a": 1}"#)).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    services.set_queue_down(false);
    let response = intake.handle(post("crm-key", "new-token", r#"{"a": 1}"#)).await;
    assert_eq!((response.status().as_u16(), services.sent().len()), (202, 1));
}

#[tokio::test]
async fn without_the_table_what_was_read_lately_serves_on() {
    let mut services = Services::start().await;
    services.publish(sources()).await;
    // The function's clock: moved by the test alone.
    static NOW_S: AtomicI64 = AtomicI64::new(1_000);
    let intake = services.intake(|| Timestamp::from_second(NOW_S.load(Ordering::SeqCst)).unwrap());
    let send = || intake.handle(post("crm-key", "new-token", r#"{"a": 1}"#));
    assert_eq!(send().await.status(), 202);
    services.stop_table();
    for (now_s, status) in [(1_001, 202), (1_050, 202), (1_061, 503)] {
        NOW_S.store(now_s, Ordering::SeqCst);
        let response = send().await;
        assert_eq!(response.status(), status, "at second {now_s}");
        assert_eq!(response.headers().contains_key("retry-after"), status == 503);
    }
    // A key that was never seen may exist: nobody may say that it does not.
    let response = intake.handle(post("other-key", "new-token", "{}")).await;
    assert_eq!(response.status(), 503);
}

/// The signatures were made by another program.
#[tokio::test]
async fn ad_platforms_try_their_endpoint_and_send_in_their_own_way() {
    let services = Services::start().await;
    let by = json!({"platform": {"secret": "token", "challenge": "token"}});
    let source = |format: &str| json!({"id": format, "format": format, "verify": by});
    services.publish(json!([source("meta_lead_ads"), source("linkedin"), source("google_ads")])).await;
    let intake = services.intake(Timestamp::now);
    let get = async |path: &str| {
        let request = lambda_http::http::Request::get(format!("https://leads.example/in/{path}"));
        let response = intake.handle(request.body(Body::Empty).unwrap()).await;
        (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
    };
    let try_meta = "meta_lead_ads-key?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=";
    assert_eq!(get(&format!("{try_meta}old-token")).await, (200, "1158201444".to_owned()));
    assert_eq!(get(&format!("{try_meta}token")).await.0, 401);
    let (status, body) = get("linkedin-key?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0").await;
    let response = "c828c1c3943e3ac687c35e35df5fce154e0ee17db522de7e404b52ab881fe3c1";
    assert!(status == 200 && body.contains(response), "{body}");

    let bad = "2bd58efce313520ebe53a38fbf0bddd43f78cfca6fb6170af81c03e8f5d19fc7";
    let sample = include_str!("../../../../events/source_meta_lead_ads.json");
    for (body, signature, events) in [
        (sample, "4c2196c955c404ea111d7b7394cf885cc31152c9d6a4b6faaf8accd0b9e672ae", 1),
        ("{}", bad, 2),
        (sample, bad, 2),
    ] {
        let mut request = post("meta_lead_ads-key", "", body);
        let value = format!("sha256={signature}").parse().unwrap();
        request.headers_mut().insert("x-hub-signature-256", value);
        let response = intake.handle(request).await;
        let expected = if signature == bad && body == sample { 401 } else { 200 };
        assert_eq!((response.status().as_u16(), self::events(&services).len()), (expected, events), "{body}");
    }
    let taken = events(&services);
    assert_eq!(taken[0].intent, Intent::Fetch);
    assert!(
        matches!(&taken[1].intent, Intent::Fail { reason } if reason.contains("no list 'entry'")),
        "{:?}",
        taken[1]
    );

    let google = |key: &str| post("google_ads-key", "", json!({"lead_id": "1", "google_key": key}).to_string());
    assert_eq!(intake.handle(google("wrong")).await.status(), 401);
    let response = intake.handle(google("old-token")).await;
    assert_eq!((response.status().as_u16(), told(&response)), (200, json!({})));
    assert_eq!(events(&services).len(), 3);
}
