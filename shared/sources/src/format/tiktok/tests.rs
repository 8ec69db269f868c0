//! TikTok's leads, in the shapes that are known.

use serde_json::json;

use super::super::testing::{NOW_S, Sent, captured, fields, mac, prove_signature, source};
use super::*;

const SAMPLE: &str = include_str!("../../../../../events/source_tiktok.json");

fn tiktok() -> Source {
    source("tiktok")
}

fn signed(secret: &str, at: i64, body: &str) -> String {
    format!("t={at},s={}", mac(secret, &[at.to_string().as_bytes(), b".", body.as_bytes()]))
}

fn one(body: &Value) -> Part {
    let mut parts = Sent::body(body.to_string()).parts(&tiktok()).unwrap();
    assert_eq!(parts.len(), 1);
    parts.remove(0)
}

#[test]
fn only_who_knows_the_client_secret_is_let_in_and_only_in_time() {
    prove_signature(&tiktok(), "tiktok-signature", SAMPLE, |secret, body| signed(secret, NOW_S, body));
    let at = |value: String| Sent::body(SAMPLE).with("tiktok-signature", value).verify(&tiktok(), &["new"]);
    for late in [300, -300] {
        assert_eq!(at(signed("new", NOW_S - late, SAMPLE)), Ok(()), "{late}");
    }
    for late in [301, -301, NOW_S, NOW_S - i64::MAX] {
        let stale = Err(Unauthentic::Stale { name: "tiktok-signature", tolerance_s: 300 });
        assert_eq!(at(signed("new", NOW_S - late, SAMPLE)), stale, "{late}");
    }
    let right = signed("new", NOW_S, SAMPLE);
    let (time, mac) = right.split_once(',').unwrap();
    assert_eq!(at(format!("{mac}, {time}")), Ok(()), "in any order");
    for wrong in [time, mac, &format!("{right},{mac}"), &right.replace("t=", "t=+0"), &right.replace("t=", "t=x")] {
        assert!(at(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn the_answers_fill_the_leads_fields_without_a_mapping() {
    let part = one(&serde_json::from_str(SAMPLE).unwrap());
    assert_eq!(part.external_id.as_deref(), Some("7123456789012345678"));
    let draft = captured(&tiktok(), part.payload);
    let expected = [
        ("email", "juergen@example.com"),
        ("first_name", "Jürgen"),
        ("full_name", "Jürgen Müller"),
        ("last_name", "Müller"),
        ("phone", "+49301234567"),
    ];
    assert_eq!(fields(&draft), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(draft.extra["What interests you?"], json!(["solar", "heat pump"]));
    assert_eq!(draft.extra["page_id"], "7012345678901234567");
}

#[test]
fn each_shape_gives_its_leads_and_none_is_skipped() {
    for (body, ids) in [
        (json!({"lead_id": "1", "email": "a@b.co"}), vec![Some("1")]),
        (json!([{"lead_id": 1}, {"leadId": "2"}, {"email": "a@b.co"}]), vec![Some("1"), Some("2"), None]),
        (json!({"entry": {"lead_id": 1}}), vec![Some("1")]),
        (json!({"entry": [{"lead_id": 1}, {"lead_id": 1}]}), vec![Some("1"), Some("1")]),
        (
            json!({"event": "lead.created", "content": "{\"lead_id\": 18446744073709551615}"}),
            vec![Some("18446744073709551615")],
        ),
    ] {
        let parts = Sent::body(body.to_string()).parts(&tiktok()).unwrap();
        let found: Vec<_> = parts.iter().map(|part| part.external_id.as_deref()).collect();
        assert_eq!(found, ids, "{body}");
        assert!(parts.iter().all(|part| part.intent == Intent::Capture));
    }
    let news = one(&json!({"event": "authorization.removed", "content": "{\"reason\": 1}"}));
    assert!(matches!(news.intent, Intent::Log { .. }));
    let odd = one(&json!({"lead_id": 1, "answers": [1, 2], "content": "not JSON"}));
    assert_eq!((&odd.payload["answers"], &odd.payload["content"]), (&json!([1, 2]), &json!("not JSON")));
    let same = one(&json!({"lead_id": 1, "campaign": "x", "field_data": [{"name": "campaign", "values": ["mine"]}]}));
    assert_eq!((&same.payload["campaign"], &same.payload["tiktok_campaign"]), (&json!("mine"), &json!("x")));
}

#[test]
fn a_bare_id_does_not_swallow_another_lead() {
    let id = |email: &str| one(&json!({"entry": [{"id": 1, "email": email}]})).external_id.unwrap();
    assert!(id("a@b.co").starts_with("1/") && id("a@b.co") == id("a@b.co") && id("a@b.co") != id("b@b.co"));
}

#[test]
fn only_what_is_small_goes_with_each_of_several_entries() {
    let body = |entries: &[u32]| {
        let entries: Vec<_> = entries.iter().map(|id| json!({ "lead_id": id })).collect();
        json!({"entry": entries, "user_openid": "u", "at": 7, "list": [1], "long": "x".repeat(AROUND_BYTES_MAX + 1)})
    };
    let around = json!({"lead_id": "1", "user_openid": "u", "at": 7});
    let parts = Sent::body(body(&[1, 2]).to_string()).parts(&tiktok()).unwrap();
    assert_eq!(Value::Object(parts[0].payload.clone()), around);
    // One entry has all of it.
    let alone = one(&body(&[1]));
    assert_eq!((&alone.payload["list"], alone.payload.len()), (&json!([1]), 5));
}

#[test]
fn events_that_are_far_larger_than_their_request_are_refused() {
    let mut body: Map<String, Value> = (0..40).map(|key| (format!("key{key}"), "x".repeat(250).into())).collect();
    body.insert("entry".to_owned(), (0..1_000).map(|id| json!({ "lead_id": id })).collect());
    let body = Value::Object(body).to_string();
    assert!(body.len() < crate::request::BODY_BYTES_MAX);
    let refused = Sent::body(body).parts(&tiktok()).unwrap_err();
    assert_eq!(refused.status().as_u16(), 413);
    assert!(refused.to_string().contains("at most 4194304 are taken"), "{refused}");
}

#[test]
fn what_is_no_lead_is_said_to_be_none() {
    for (body, expected) in [
        ("7", "the event at the top level is a number; an event is an object"),
        ("{}", "the event at the top level has no fields"),
        (r#"{"entry": 1}"#, "the event at the top level is a number; an event is an object"),
        ("[{\"a\": 1}, 2]", "the event at [1] is a number; an event is an object"),
    ] {
        assert_eq!(Sent::body(body).wrong(&tiktok()), expected);
    }
}
