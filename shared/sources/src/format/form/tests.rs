//! What the `form` format takes, and what it refuses with which words.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use leadyard_domain::config::Source;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::format;
use crate::request::{Malformed, Part, Request, Split};
use crate::verify::Unauthentic;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=XX";

fn source(form: Value) -> Source {
    serde_json::from_value(json!({"id": "web", "format": "form", "form": form})).unwrap()
}

fn whole(form: Value, kind: &str, body: &[u8]) -> Result<Split, Malformed> {
    let headers: HeaderMap = [("content-type".parse().unwrap(), kind.parse().unwrap())].into_iter().collect();
    let request = Request {
        id: "r1",
        method: &Method::POST,
        url: "https://example.com/in/key",
        received_at: Timestamp::UNIX_EPOCH,
        query: "",
        headers: &headers,
        body,
    };
    (format("form").unwrap().split)(&source(form), &request)
}

fn split(kind: &str, body: impl AsRef<[u8]>) -> Result<Value, Malformed> {
    match whole(json!({}), kind, body.as_ref())? {
        Split::Events(parts) => match <[Part; 1]>::try_from(parts) {
            Ok([part]) => Ok(part.payload.into()),
            Err(parts) => panic!("a form is one event, not {}", parts.len()),
        },
        Split::Ignored { reason } => panic!("ignored: {reason}"),
    }
}

fn refusal(kind: &str, body: impl AsRef<[u8]>) -> String {
    let error = split(kind, body).unwrap_err();
    format!("{} {error}", error.status().as_u16())
}

/// A multipart body: each part as its header's parameters and its content.
fn multipart(parts: &[(&str, &str)]) -> String {
    let part = |(header, content): &(&str, &str)| {
        format!("--XX\r\nContent-Disposition: form-data; {header}\r\n\r\n{content}\r\n")
    };
    let parts: String = parts.iter().map(part).collect();
    format!("{parts}--XX--\r\n")
}

#[test]
fn pairs_become_an_object_and_repeated_names_a_list() {
    let sample = include_bytes!("../../../../../events/source_form_lead.urlencoded");
    let lead = split(URLENCODED, sample).unwrap();
    assert_eq!(lead["name"], "Jürgen Müller & Söhne");
    assert_eq!(lead["interests"], json!(["roof", "solar", "heat pump"]));

    let sample = include_bytes!("../../../../../events/source_form_lead.multipart");
    let lead = split("multipart/form-data; boundary=----LeadyardBoundary7MA4YWxk", sample).unwrap();
    assert_eq!(lead["name"], "Jürgen Müller");
    assert_eq!(lead["interests"], json!(["roof", "solar"]));
    assert_eq!(lead["plan"], json!({"file_name": "plan.txt", "content_type": "text/plain", "bytes": 22}));
    assert!(lead.get("photo").is_none(), "a file input that nobody used");

    for (body, expected) in [
        ("a=1&b=&c", json!({"a": "1", "b": "", "c": ""})),
        ("a=1=2&&=x&b+c=%20+", json!({"a": "1=2", "b c": "  "})),
        ("id=18446744073709551615", json!({"id": "18446744073709551615"})),
        ("fields%5Bemail%5D%5Bvalue%5D=a", json!({"fields[email][value]": "a"})),
    ] {
        assert_eq!(split(URLENCODED, body), Ok(expected), "{body}");
    }
    let body = multipart(&[("name=\"a\"", "1"), ("name=\"a\"", ""), ("name=\"ü\"", "x\r\ny")]);
    assert_eq!(split(MULTIPART, body), Ok(json!({"a": ["1", ""], "ü": "x\r\ny"})));
}

#[test]
fn what_is_no_form_is_refused_with_its_place() {
    for (kind, body, expected) in [
        (URLENCODED, &b""[..], "400 the event at the top level has no fields"),
        (
            URLENCODED,
            b"discount=50%",
            "400 the body is no valid form: the value of field \"discount\" has a '%' without two hexadecimal digits; a plain '%' is written %25",
        ),
        (
            URLENCODED,
            b"a=1&%zz=1",
            "400 the body is no valid form: the name of pair 2 has a '%' without two hexadecimal digits; a plain '%' is written %25",
        ),
        (URLENCODED, b"city=K%F6ln", "400 the body is no valid form: the value of field \"city\" is not UTF-8"),
        (URLENCODED, b"city=K\xf6ln", "400 the body is no valid form: the value of field \"city\" is not UTF-8"),
        (MULTIPART, b"", "400 the body is no valid multipart form: incomplete multipart stream"),
        (MULTIPART, b"--XX--\r\n", "400 the event at the top level has no fields"),
        (
            MULTIPART,
            b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
            "400 the body is no valid multipart form: field \"a\" received with incomplete data",
        ),
        (
            MULTIPART,
            b"--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--\r\n",
            "400 the body is no valid multipart form: part 1 has no name",
        ),
        (
            MULTIPART,
            b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--XX--\r\n",
            "400 the body is no valid multipart form: the value of field \"a\" is not UTF-8",
        ),
        (
            "multipart/form-data",
            b"x",
            "400 the body is no valid multipart form: multipart boundary not found in Content-Type",
        ),
        (
            "application/json",
            b"{}",
            "415 the content type \"application/json\" is not read here: send application/x-www-form-urlencoded or multipart/form-data",
        ),
    ] {
        assert_eq!(refusal(kind, body), expected);
    }
    let many: String = (0..201).map(|n| format!("f{n}=1&")).collect();
    assert_eq!(refusal(URLENCODED, many), "400 the event at the top level has 201 fields; at most 200 are taken");
}

#[test]
fn a_filled_honeypot_is_ignored_and_an_empty_one_leaves_no_trace() {
    let form = json!({"honeypot": "fax"});
    for (kind, body) in [
        (URLENCODED, "email=a&fax=spam".to_owned()),
        (URLENCODED, "fax=&fax=spam&email=a".to_owned()),
        (MULTIPART, multipart(&[("name=\"email\"", "a"), ("name=\"fax\"", "spam")])),
        (MULTIPART, multipart(&[("name=\"fax\"; filename=\"x\"", "spam")])),
    ] {
        let split = whole(form.clone(), kind, body.as_bytes());
        assert_eq!(split, Ok(Split::Ignored { reason: "the honeypot field is filled" }), "{body}");
    }
    match whole(form, URLENCODED, b"email=a&fax=+").unwrap() {
        Split::Events(parts) => assert_eq!(Value::from(parts[0].payload.clone()), json!({"email": "a"})),
        Split::Ignored { .. } => panic!("an empty honeypot is what people leave"),
    }
}

#[test]
fn only_listed_origins_may_post() {
    let verify = |form: Value, origin: &[&str]| {
        let headers: HeaderMap =
            origin.iter().map(|origin| ("origin".parse().unwrap(), origin.parse().unwrap())).collect();
        let request = Request {
            id: "r1",
            method: &Method::POST,
            url: "https://example.com/in/key",
            received_at: Timestamp::UNIX_EPOCH,
            query: "",
            headers: &headers,
            body: b"",
        };
        (format("form").unwrap().verify)(&source(form), &[], &request, Timestamp::UNIX_EPOCH)
    };
    let list = || json!({"allowed_origins": ["https://example.com", "https://www.example.com/"]});
    assert_eq!(verify(json!({}), &[]), Ok(()));
    assert_eq!(verify(list(), &["https://example.com"]), Ok(()));
    assert_eq!(verify(list(), &["https://www.example.com"]), Ok(()));
    for origin in ["https://example.com.evil.example", "http://example.com", "null", ""] {
        let error = verify(list(), &[origin]).unwrap_err();
        assert_eq!((error.status().as_u16(), error), (403, Unauthentic::Origin), "{origin}");
    }
    assert_eq!(verify(list(), &[]), Err(Unauthentic::Origin));
    assert_eq!(verify(list(), &["https://example.com", "https://example.com"]), Err(Unauthentic::Origin));
}

#[test]
fn a_request_without_a_page_is_not_of_the_hosted_page() {
    let page = json!({"title": "T", "steps": []});
    let form = json!({"allowed_origins": ["https://example.com"], "page": page});
    for (url, origin, expected) in [
        ("https://leads.example/in/key", Some("https://leads.example"), Ok(())),
        ("https://leads.example/in/key", None, Err(Unauthentic::Origin)),
        ("/in/key", None, Err(Unauthentic::Origin)),
        ("/in/key", Some("null"), Err(Unauthentic::Origin)),
        ("https:///in/key", Some("https://"), Err(Unauthentic::Origin)),
    ] {
        let headers: HeaderMap =
            origin.iter().map(|origin| ("origin".parse().unwrap(), origin.parse().unwrap())).collect();
        let (method, received_at) = (Method::POST, Timestamp::UNIX_EPOCH);
        let request = Request { id: "r1", method: &method, url, received_at, query: "", headers: &headers, body: b"" };
        let verified = (format("form").unwrap().verify)(&source(form.clone()), &[], &request, received_at);
        assert_eq!(verified, expected, "{url} {origin:?}");
    }
}

#[test]
fn the_browser_goes_to_the_thank_you_page() {
    let reply = |form: Value| (format("form").unwrap().reply)(&source(form), &[]);
    let there = reply(json!({"thank_you_url": "https://example.com/danke"}));
    assert_eq!(there.status.as_u16(), 303);
    assert_eq!(there.headers[0].0, "location");
    assert_eq!(there.headers[0].1, "https://example.com/danke");
    assert_eq!(reply(json!({})).status.as_u16(), 200);
    // An address that no header can hold: the lead is taken, so the sender hears of success.
    assert_eq!(reply(json!({"thank_you_url": "https://example.com/\r\nX: y"})).status.as_u16(), 200);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for kind in [URLENCODED, MULTIPART] {
            drop(whole(json!({}), kind, &body));
        }
    }

    #[test]
    fn nearly_multipart_never_panics(
        body in "(--XX|--|\r\n|Content-Disposition: form-data; name=\"a\"|; filename=\"b\"|\r|\n|x|:|\"){0,30}",
    ) {
        drop(whole(json!({"honeypot": "a"}), MULTIPART, body.as_bytes()));
    }

    #[test]
    fn any_text_comes_through(name in "[^\\x00]{1,20}", value in "\\PC{0,40}") {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body = format!("{}={}", encode(&name), encode(&value));
        prop_assert_eq!(split(URLENCODED, body), Ok(json!({ name: value })));
    }
}
