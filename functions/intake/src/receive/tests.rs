//! Requests in, outcomes out: what each bad one is told, and what a good one becomes.

use lambda_http::http::HeaderMap;
use leadyard_domain::event::Identity;
use leadyard_sources::format;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a-long-and-random-token";

/// What was sent.
struct Sent<'a> {
    method: Method,
    headers: &'a [(&'static str, &'a str)],
    body: &'a [u8],
}

/// A POST of JSON with the right token.
const GOOD: Sent<'_> = Sent {
    method: Method::POST,
    headers: &[("content-type", "application/json"), ("authorization", "Bearer a-long-and-random-token")],
    body: br#"{"email": "anna@example.com"}"#,
};

fn sent_to(source: Value, secrets: &[&str], sent: &Sent<'_>) -> Outcome {
    let account = "main".parse().unwrap();
    let source: Source = serde_json::from_value(source).unwrap();
    let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.as_bytes()).collect();
    let headers: HeaderMap =
        sent.headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let target =
        Target { account: &account, format: format(&source.format).unwrap(), source: &source, secrets: &secrets };
    let request = Request {
        id: "r1",
        method: &sent.method,
        url: "https://example.com/in/key",
        received_at: Timestamp::UNIX_EPOCH,
        query: "",
        headers: &headers,
        body: sent.body,
    };
    let origin = Origin { ip: Some("192.0.2.1".to_owned()), ..Origin::default() };
    receive(target, &request, &origin, Timestamp::UNIX_EPOCH)
}

fn json_source() -> Value {
    json!({"id": "crm", "format": "json", "verify": {"bearer": {"secret": "token"}}})
}

fn refused(outcome: Outcome) -> (u16, String) {
    match outcome {
        Outcome::Refuse(problem) => (problem.status.as_u16(), problem.detail),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_bad_request_is_told_what_and_where() {
    let good = GOOD.headers;
    let cases: &[(Sent<'_>, &[&str], u16, &str)] = &[
        (Sent { method: Method::GET, ..GOOD }, &[SECRET], 405, "This source takes events with POST."),
        (Sent { method: Method::OPTIONS, ..GOOD }, &[SECRET], 405, "This source takes events with POST."),
        (Sent { headers: &good[..1], ..GOOD }, &[SECRET], 401, "The header 'authorization' is missing."),
        (GOOD, &["another"], 401, "The header 'authorization' does not fit the secret and the body."),
        (GOOD, &[], 401, "This source can verify nobody: its secret has no value; its owner must set it."),
        (
            Sent { body: b"email=anna", ..GOOD },
            &[SECRET],
            400,
            "The body is no valid JSON: expected value at line 1 column 1.",
        ),
        (
            Sent { body: br#"[{"a": 1}, 2]"#, ..GOOD },
            &[SECRET],
            400,
            "The event at [1] is a number; an event is an object.",
        ),
        (
            Sent { headers: &[("content-type", "text/csv"), good[1]], ..GOOD },
            &[SECRET],
            415,
            "The content type \"text/csv\" is not read here: send application/json.",
        ),
        // Who sends is asked before what: a stranger learns nothing of the parser.
        (Sent { headers: &good[..1], body: b"{", ..GOOD }, &[SECRET], 401, "The header 'authorization' is missing."),
    ];
    for (sent, secrets, status, detail) in cases {
        assert_eq!(refused(sent_to(json_source(), secrets, sent)), (*status, (*detail).to_owned()));
    }
}

#[test]
fn a_secret_that_is_being_changed_has_two_good_values() {
    for secrets in [&[SECRET][..], &["new", SECRET], &[SECRET, "new"]] {
        assert!(matches!(sent_to(json_source(), secrets, &GOOD), Outcome::Take { .. }));
    }
}

#[test]
fn each_event_of_a_request_becomes_one_message() {
    let mut source = json_source();
    source["external_id"] = json!({"field": "id"});
    let body = br#"[{"id": 18446744073709551615, "a": 1}, {"a": 2}, {"a": 2}]"#;
    let Outcome::Take { events, reply } = sent_to(source, &[SECRET], &Sent { body, ..GOOD }) else {
        panic!("not taken");
    };
    assert_eq!(events[0].identity, Identity::External("18446744073709551615".to_owned()));
    assert_eq!(events[1].identity, events[2].identity);
    assert_ne!(events[1].event, events[2].event);
    assert_eq!(Value::from(events[1].payload.clone()), json!({"a": 2}));
    for event in &events {
        assert_eq!((event.account.as_str(), event.source.as_str()), ("main", "crm"));
        assert_eq!(event.origin.ip.as_deref(), Some("192.0.2.1"));
        assert_eq!(event.received_at, Timestamp::UNIX_EPOCH);
    }
    assert_eq!(reply.status.as_u16(), 202);
    let told: Value = reply.body.parse().unwrap();
    assert_eq!(told, json!({ "events": events.iter().map(|event| &event.event).collect::<Vec<_>>() }));
}

#[test]
fn a_form_with_a_filled_honeypot_is_told_of_success_and_forgotten() {
    let source = json!({
        "id": "web", "format": "form",
        "form": {"honeypot": "fax", "thank_you_url": "https://example.com/thanks"},
    });
    let headers: &[_] = &[("content-type", "application/x-www-form-urlencoded")];
    let form = |body: &'static [u8]| sent_to(source.clone(), &[], &Sent { headers, body, ..GOOD });
    let Outcome::Ignore { reply: to_robot, .. } = form(b"email=a&fax=spam") else { panic!("not ignored") };
    let Outcome::Take { reply: to_person, events } = form(b"email=a&fax=") else { panic!("not taken") };
    assert_eq!(to_robot, to_person);
    assert_eq!(to_person.status.as_u16(), 303);
    assert_eq!(events.len(), 1);
}
