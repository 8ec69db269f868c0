//! Meta's notifications, its try of the endpoint, and the leads that are fetched.

use leadyard_domain::event::Intent;
use serde_json::{Value, json};

use super::super::testing::{Sent, captured, fields, mac, object, prove_signature, source};
use super::*;
use crate::fetch::{Answer, Api, FetchError, Fetched};

const SAMPLE: &str = include_str!("../../../../../events/source_meta_lead_ads.json");
const FETCHED: &str = include_str!("../../../../../events/fetched_meta_lead.json");
const API: Api<'_> = Api { base_url: "https://graph.example", version: "v24.0", token: "secret-token" };

fn meta() -> Source {
    source("meta_lead_ads")
}

#[test]
fn only_who_knows_the_apps_secret_is_let_in() {
    prove_signature(&meta(), "x-hub-signature-256", SAMPLE, |secret, body| {
        format!("sha256={}", mac(secret, &[body.as_bytes()]))
    });
    let bare = Sent::body(SAMPLE).with("x-hub-signature-256", mac("new", &[SAMPLE.as_bytes()]));
    assert!(matches!(bare.verify(&meta(), &["new"]), Err(Unauthentic::Form { .. })), "the prefix is missing");
}

#[test]
fn the_endpoint_is_tried_with_the_verify_token() {
    let tried = |query: &'static str| Sent { query, ..Sent::default() }.challenge(&meta(), &["new token", "old"]);
    for query in [
        "hub.mode=subscribe&hub.verify_token=new+token&hub.challenge=1158201444",
        "hub.challenge=1158201444&hub.verify_token=old&hub.mode=subscribe&more=1",
    ] {
        let reply = tried(query).unwrap();
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "1158201444"));
    }
    for query in [
        "",
        "hub.mode=subscribe&hub.verify_token=new&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=&hub.challenge=1",
        "hub.mode=unsubscribe&hub.verify_token=old&hub.challenge=1",
        "hub.verify_token=old&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=old",
        "hub.mode=subscribe&hub.verify_token=wrong&hub.verify_token=old&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=%zz&hub.challenge=1",
    ] {
        let expected = Err(Unauthentic::Unproven { what: "hub.mode or hub.verify_token" });
        assert_eq!(tried(query), expected, "{query}");
    }
    let right = Sent { query: "hub.mode=subscribe&hub.verify_token=s&hub.challenge=1", ..Sent::default() };
    assert_eq!(right.challenge(&meta(), &[""]), Err(Unauthentic::NoSecret));
    let mut without: Source = meta();
    without.verify = serde_json::from_value(json!({"platform": {"secret": "app"}})).unwrap();
    assert_eq!(right.challenge(&without, &["s"]), Err(Unauthentic::NoChallengeSecret), "the app's secret is no token");
}

#[test]
fn the_sample_is_to_be_fetched() {
    let parts = Sent::body(SAMPLE).parts(&meta()).unwrap();
    let [part] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((part.external_id.as_deref(), &part.intent), (Some("6276465415920"), &Intent::Fetch));
    assert_eq!(part.payload["ad_id"], "23849853425890183", "64 bits survive");
}

#[test]
fn none_of_many_entries_and_changes_is_skipped() {
    let leadgen = |id: Value| json!({"field": "leadgen", "value": {"leadgen_id": id, "form_id": 1}});
    let body = json!({"object": "page", "entry": [
        {"id": "1", "changes": [leadgen(json!(18_446_744_073_709_551_615_u64)), leadgen(json!("42")), leadgen(json!(42))]},
        {"id": "2", "messaging": [{"text": "hello"}]},
        {"id": "3", "changes": [{"field": "feed", "value": {"item": "post"}}, leadgen(json!(null)), 7, leadgen(json!(43))]},
        {"id": "4", "changes": []},
        {"id": "5", "changes": [{"field": "leadgen"}, {"field": "leadgen", "value": {"leadgen_id": 44, "a": "x".repeat(9_000)}}]},
    ]});
    let parts = Sent::body(body.to_string()).parts(&meta()).unwrap();
    let told: Vec<(Option<&str>, &str)> = parts
        .iter()
        .map(|part| {
            let intent = match &part.intent {
                Intent::Fetch => "fetch",
                Intent::Log { .. } => "log",
                Intent::Fail { .. } => "fail",
                other => panic!("{other:?}"),
            };
            (part.external_id.as_deref(), intent)
        })
        .collect();
    let expected = [
        (Some("18446744073709551615"), "fetch"),
        (Some("42"), "fetch"),
        (Some("42"), "fetch"),
        (None, "log"),
        (None, "log"),
        (None, "fail"),
        (None, "fail"),
        (Some("43"), "fetch"),
        (None, "fail"),
        (None, "fail"),
    ];
    assert_eq!(told[..5], expected[..5]);
    assert_eq!(told[5].1, "fail", "no leadgen_id");
    assert_eq!(told[7], expected[7]);
    assert_eq!(told.len(), expected.len());
    assert_eq!(told[9], (None, "fail"), "too large to be kept as it is");
}

#[test]
fn what_is_no_notification_is_said_to_be_none() {
    for (body, expected) in [
        ("", "the body is no valid JSON: EOF while parsing a value at line 1 column 0"),
        ("{}", "the event at the top level has no list 'entry'"),
        ("[]", "the event at the top level has no list 'entry'"),
        (r#"{"entry": {}}"#, "the event at the top level has no list 'entry'"),
        (r#"{"entry": [1]}"#, "the event at entry[0] is no object"),
    ] {
        assert_eq!(Sent::body(body).wrong(&meta()), expected);
    }
    assert!(Sent::body(r#"{"entry": []}"#).parts(&meta()).unwrap().is_empty());
    let format = crate::format("meta_lead_ads").unwrap();
    assert!(format.forgiving, "a refusal would end the subscription");
}

fn read(status: u16, body: &str) -> Result<Fetched, FetchError> {
    let event = object(json!({"leadgen_id": "6276465415920", "page_id": "561823650667842", "created_time": 1}));
    (fetch::FETCH.read)(&event, &Answer { status, body: body.as_bytes() })
}

#[test]
fn a_lead_is_asked_for_by_its_id_and_with_less_where_less_is_allowed() {
    let asks = (fetch::FETCH.lead)(&API, &object(json!({"leadgen_id": "1/../me?x"}))).unwrap();
    let [full, plain] = asks.as_slice() else { panic!() };
    assert!(full.url.starts_with("https://graph.example/v24.0/1%2F..%2Fme%3Fx?fields=id,created_time,form_id,ad_id,"));
    assert!(plain.url.ends_with("?fields=id,created_time,form_id,field_data"));
    assert_eq!(full.headers, [("authorization", "Bearer secret-token".to_owned())]);
    assert!(!full.url.contains("secret-token") && !format!("{full:?}").contains("secret"));
    assert!((fetch::FETCH.lead)(&API, &object(json!({"id": 1}))).is_err());
}

#[test]
fn the_answers_fill_the_leads_fields_without_a_mapping() {
    let Ok(Fetched::Lead(payload)) = read(200, FETCHED) else { panic!() };
    let draft = captured(&meta(), payload);
    let expected = [
        ("city", "Berlin"),
        ("company", "Müller & Söhne"),
        ("country", "DE"),
        ("email", "juergen@example.com"),
        ("first_name", "Jürgen"),
        ("full_name", "Jürgen Müller"),
        ("job_title", "Owner"),
        ("last_name", "Müller"),
        ("phone", "+49301234567"),
        ("postal_code", "10115"),
        ("street", "Hauptstr. 1"),
        ("utm.source", "facebook"),
    ];
    assert_eq!(fields(&draft), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(draft.extra["what_interests_you?"], json!(["solar", "heat_pump"]));
    assert_eq!(draft.extra["campaign_name"], "Solar 2026");
    assert_eq!(draft.extra["leadgen_id"], "6276465415920");
    assert_eq!(draft.extra["custom_disclaimer_responses"][0]["is_checked"], "1");
}

#[test]
fn what_a_person_answered_keeps_its_name_and_a_test_is_told() {
    let body = json!({"id": "1", "platform": "ig", "field_data": [
        {"name": "platform", "values": ["Windows"]}, {"name": "empty", "values": []}, {"name": "email", "values": ["a@b.co"]},
    ]});
    let Ok(Fetched::Lead(payload)) = read(200, &body.to_string()) else { panic!() };
    assert_eq!((payload["platform"].as_str(), payload["meta_platform"].as_str()), (Some("Windows"), Some("ig")));
    let dummy = json!({"field_data": [{"name": "full_name", "values": ["<test lead: dummy data for full_name>"]}]});
    assert!(matches!(read(200, &dummy.to_string()), Ok(Fetched::Test(_))));
}

#[test]
fn each_refusal_says_whether_it_may_pass_and_repeats_nothing() {
    let error = |code: i64, more: Value| {
        let mut error =
            json!({"message": "Malformed access token secret-token", "type": "OAuthException", "code": code});
        error.as_object_mut().unwrap().extend(object(more));
        json!({ "error": error }).to_string()
    };
    let none = || json!({});
    for (status, body, kind) in [
        (400, error(190, json!({"error_subcode": 463})), "final"),
        (400, error(100, json!({"error_subcode": 33})), "final"),
        (400, error(100, none()), "denied"),
        (403, error(200, none()), "denied"),
        (403, error(10, none()), "denied"),
        (400, error(4, none()), "later"),
        (400, error(613, none()), "later"),
        (400, error(80_005, none()), "later"),
        (500, error(1, none()), "later"),
        (500, error(2, none()), "later"),
        (400, error(9_999, json!({"is_transient": true})), "later"),
        (400, error(9_999, none()), "final"),
        (503, "<html>".to_owned(), "later"),
        (429, String::new(), "later"),
        (401, "{}".to_owned(), "final"),
        (404, "[]".to_owned(), "final"),
        (200, "<html>".to_owned(), "later"),
        (200, "{}".to_owned(), "final"),
        (200, r#"{"field_data": [{"name": 1}]}"#.to_owned(), "final"),
        (200, json!({"field_data": [{"name": "a", "values": ["x".repeat(9_000)]}]}).to_string(), "final"),
    ] {
        let found = read(status, &body).unwrap_err();
        let is = match &found {
            FetchError::Later(_) => "later",
            FetchError::Denied(_) => "denied",
            FetchError::Final(_) => "final",
        };
        assert_eq!(is, kind, "{status} {body}");
        assert!(!found.to_string().contains("secret-token"), "{found}");
    }
}

#[test]
fn a_forms_leads_of_some_time_are_read_page_after_page() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let ask = (fetch::FETCH.list)(&API, "624049654589", (at(100), at(200)), Some("QVFI=="));
    let filter =
        "%5B%7B%22field%22%3A%22time_created%22%2C%22operator%22%3A%22GREATER_THAN%22%2C%22value%22%3A99%7D%2C";
    assert!(
        ask.url.starts_with("https://graph.example/v24.0/624049654589/leads?fields=id,created_time,form_id&limit=100")
    );
    assert!(ask.url.contains(filter) && ask.url.ends_with("&after=QVFI%3D%3D"), "{}", ask.url);
    let read = |body: Value| {
        let body = body.to_string();
        (fetch::FETCH.read_list)("f1", None, &Answer { status: 200, body: body.as_bytes() })
    };
    let page = read(json!({
        "data": [{"id": "1", "created_time": "2026-07-21T10:00:00+0000", "form_id": "9"}, {"id": 2}],
        "paging": {"cursors": {"before": "a", "after": "b"}, "next": "https://graph.facebook.com/…"},
    }))
    .unwrap();
    assert_eq!(page.next.as_deref(), Some("b"));
    let [first, second] = page.parts.as_slice() else { panic!() };
    assert_eq!((first.external_id.as_deref(), &first.intent), (Some("1"), &Intent::Fetch));
    assert_eq!((&first.payload["form_id"], &second.payload["form_id"]), (&json!("9"), &json!("f1")));
    assert_eq!(second.external_id.as_deref(), Some("2"));
    let last = read(json!({"data": [], "paging": {"cursors": {"after": "c"}}})).unwrap();
    assert_eq!(last, Default::default());
    for wrong in [json!({}), json!({"data": [1]}), json!({"data": [{"form_id": "1"}]})] {
        assert!(!read(wrong).unwrap_err().is_retryable());
    }
}
