//! What the `json` format takes, and what it refuses with which words.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{Format, format};
use crate::request::{BODY_BYTES_MAX, DEPTH_MAX, Malformed, Part, Request, Split};

fn source(more: Value) -> leadyard_domain::config::Source {
    let mut source = json!({"id": "web", "format": "json"});
    source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(source).unwrap()
}

fn split_with(more: Value, headers: &[(&'static str, &str)], body: &[u8]) -> Result<Vec<Part>, Malformed> {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let request = Request {
        id: "r1",
        method: &Method::POST,
        url: "https://example.com/in/key",
        received_at: Timestamp::UNIX_EPOCH,
        query: "",
        headers: &headers,
        body,
    };
    let format: &Format = format("json").unwrap();
    match (format.split)(&source(more), &request)? {
        Split::Events(parts) => Ok(parts),
        Split::Ignored { reason } => panic!("ignored: {reason}"),
    }
}

fn split(body: &str) -> Result<Vec<Part>, Malformed> {
    split_with(json!({}), &[("content-type", "application/json")], body.as_bytes())
}

fn refusal(body: &str) -> (u16, String) {
    let error = split(body).expect_err(body);
    (error.status().as_u16(), error.to_string())
}

#[test]
fn an_object_is_an_event_and_an_array_holds_many() {
    let sample = include_str!("../../../../../events/source_json_lead.json");
    assert_eq!(split(sample).unwrap().len(), 1);
    let sample = include_str!("../../../../../events/source_json_array.json");
    let parts = split(sample).unwrap();
    assert_eq!(parts.len(), 3);
    assert_eq!(
        Value::Array(parts.into_iter().map(|part| part.payload.into()).collect()),
        sample.parse::<Value>().unwrap()
    );
    assert_eq!(split("[]").unwrap(), []);
    assert_eq!(split("\u{feff} {\"a\": 1}\n").unwrap().len(), 1);
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    for (body, what) in [
        ("", "the body is no valid JSON: EOF while parsing a value at line 1 column 0"),
        ("email=a", "the body is no valid JSON: expected value at line 1 column 1"),
        ("{\"a\": 1,\n \"b\" 2}", "the body is no valid JSON: expected `:` at line 2 column 6"),
        ("{\"a\": 1} x", "the body is no valid JSON: trailing characters at line 1 column 10"),
        ("{\"a\": NaN}", "the body is no valid JSON: expected value at line 1 column 7"),
        ("{\"a\": \"\\ud800\"}", "the body is no valid JSON: unexpected end of hex escape at line 1 column 14"),
        (
            "{\"a\": 1, \"a\": 2}",
            "the body is no valid JSON: the key \"a\" stands twice in one object at line 1 column 12",
        ),
        ("3", "the event at the top level is a number; an event is an object"),
        ("{}", "the event at the top level has no fields"),
        ("[{\"a\": 1}, \"b\", {\"c\": 1}]", "the event at [1] is a text; an event is an object"),
        ("[{\"a\": 1}, {}]", "the event at [1] has no fields"),
        ("[[{\"a\": 1}]]", "the event at [0] is an array; an event is an object"),
    ] {
        assert_eq!(refusal(body), (400, what.to_owned()), "{body}");
    }
    let latin1 = split_with(json!({}), &[], b"{\"a\": \"\xe9\"}").unwrap_err();
    assert_eq!(latin1.to_string(), "the body is no valid JSON: byte 8 does not belong to UTF-8");
}

#[test]
fn limits() {
    let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(split(&nested(DEPTH_MAX)).is_ok());
    let (status, what) = refusal(&nested(DEPTH_MAX + 1));
    assert_eq!(status, 400);
    assert!(what.starts_with("the body is no valid JSON: nested more than 32 deep at line 1 column"), "{what}");
    // Far beyond what the stack would hold.
    assert_eq!(refusal(&"[".repeat(BODY_BYTES_MAX)).0, 400);
    assert_eq!(refusal(&"{\"a\":".repeat(BODY_BYTES_MAX / 5)).0, 400);

    let events = |count: usize| Value::from(vec![json!({"a": 1}); count]).to_string();
    assert_eq!(split(&events(1_000)).unwrap().len(), 1_000);
    assert_eq!(
        refusal(&events(1_001)),
        (400, "the body holds 1001 events; at most 1000 are taken in one request".into())
    );

    let fields = |count: usize| -> Map<String, Value> { (0..count).map(|n| (format!("f{n}"), json!(n))).collect() };
    assert!(split(&Value::from(fields(200)).to_string()).is_ok());
    let (_, what) = refusal(&json!([{"a": 1}, fields(201)]).to_string());
    assert_eq!(what, "the event at [1] has 201 fields; at most 200 are taken");

    // One field may hold many values, and each costs work: they are counted at every depth.
    let inside = |count: usize| json!({"a": fields(count)}).to_string();
    assert!(split(&inside(1_999)).is_ok());
    let (_, what) = refusal(&inside(2_000));
    assert_eq!(what, "the event at the top level has 2001 values in all; at most 2000 are taken");
    let named = |bytes: usize| json!({"a": {"n".repeat(bytes): 1}}).to_string();
    assert!(split(&named(512)).is_ok());
    let (_, what) = refusal(&named(513));
    assert!(what.starts_with("the event at the top level has a name of 513 bytes at 'nnn"), "{what}");

    assert!(split(&json!({"a": "x".repeat(8192)}).to_string()).is_ok());
    let (_, what) = refusal(&json!({"a": {"b": ["", "x".repeat(8193)]}}).to_string());
    assert_eq!(what, "the event at the top level has a text of 8193 bytes at 'a.b.1'; at most 8192 are taken");
}

#[test]
fn content_types() {
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"] {
        assert!(split_with(json!({}), &[("content-type", kind)], b"{\"a\":1}").is_ok(), "{kind}");
    }
    assert!(split_with(json!({}), &[], b"{\"a\":1}").is_ok(), "none at all");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "json", "multipart/form-data; boundary=x"] {
        let error = split_with(json!({}), &[("content-type", kind)], b"{\"a\":1}").unwrap_err();
        assert_eq!(error.status().as_u16(), 415, "{kind}");
    }
    let error = split_with(json!({}), &[("content-type", "text/plain; x=1")], b"{}").unwrap_err();
    assert_eq!(error.to_string(), "the content type \"text/plain\" is not read here: send application/json");
}

#[test]
fn long_ids_and_numbers_survive() {
    let parts = split(
        r#"{"u": 18446744073709551615, "i": -9223372036854775808, "more": 123456789012345678901, "d": 0.10, "ü€😀": "\u00fc€😀"}"#,
    )
    .unwrap();
    assert_eq!(
        Value::from(parts[0].payload.clone()).to_string(),
        r#"{"d":0.1,"i":-9223372036854775808,"more":"123456789012345678901","u":18446744073709551615,"ü€😀":"ü€😀"}"#
    );
}

#[test]
fn the_senders_id_is_read_where_the_source_says() {
    let id = |more: Value, headers: &[(&'static str, &str)], body: &str| -> Vec<Option<String>> {
        let parts = split_with(json!({ "external_id": more }), headers, body.as_bytes()).unwrap();
        parts.into_iter().map(|part| part.external_id).collect()
    };
    let some = |id: &str| Some(id.to_owned());
    let field = json!({"field": "meta.id"});
    assert_eq!(id(field.clone(), &[], r#"{"meta": {"id": 18446744073709551615}}"#), [some("18446744073709551615")]);
    assert_eq!(
        id(field.clone(), &[], r#"[{"meta": {"id": " a "}}, {"meta": {"id": ""}}, {"x": 1}]"#),
        [some("a"), None, None]
    );
    assert_eq!(id(field, &[], r#"{"meta": {"id": ["a"]}}"#), [None]);
    let header = json!({"header": "X-Event-Id"});
    assert_eq!(id(header.clone(), &[("x-event-id", "e1")], r#"{"a": 1}"#), [some("e1")]);
    assert_eq!(id(header.clone(), &[("x-event-id", "e1")], r#"[{"a": 1}, {"a": 2}]"#), [some("e1#0"), some("e1#1")]);
    assert_eq!(id(header, &[], r#"{"a": 1}"#), [None]);

    let webhooks = json!({"verify": {"standard_webhooks": {"secret": "s"}}});
    let parts = split_with(webhooks, &[("webhook-id", "msg_1")], br#"{"a": 1}"#).unwrap();
    assert_eq!(parts[0].external_id, some("msg_1"));
}

#[test]
fn the_reply_names_the_events() {
    let event = leadyard_domain::id::EventId::from_external(&"main".parse().unwrap(), &"web".parse().unwrap(), "42");
    let reply = (format("json").unwrap().reply)(&source(json!({})), std::slice::from_ref(&event));
    assert_eq!(reply.status.as_u16(), 202);
    assert_eq!(reply.body, format!("{{\"events\":[\"{event}\"]}}"));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e15..1e15).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..6)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..300), kind in ".{0,30}") {
        let kind: String = kind.chars().filter(|c| !c.is_control()).collect();
        drop(split_with(json!({"external_id": {"field": "a.0.b"}}), &[("content-type", &kind)], &body));
        drop(split_with(json!({}), &[], &body));
    }

    #[test]
    fn nearly_json_never_panics(body in "[\\[\\]{}\",:0-9eE+.\\- \\\\utrfn]{0,80}") {
        drop(split(&body));
    }

    #[test]
    fn what_is_json_arrives_as_it_was(value in json_value()) {
        let sent = json!({ "value": value });
        let parts = split(&sent.to_string()).unwrap();
        // Only a number that a double would change arrives as a text; such a one is never a Value in the first place.
        let arrived = Value::from(parts[0].payload.clone());
        let exact = |value: &Value| value.to_string().replace('"', "");
        prop_assert_eq!(exact(&arrived), exact(&sent));
    }
}
