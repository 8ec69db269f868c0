//! Any bytes as a request to a source of any format.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::{FieldTable, Source};
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::field::{FIELD_BYTES_MAX, FIELDS_MAX};
use leadyard_sources::{EVENTS_MAX, FORMATS, Format, Part, Request, Split, capture, identify};
use serde_json::{Value, json};

/// What a sender may say that its body is.
const KINDS: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=X",
    "text/plain",
    "application/cloudevents+json; charset=utf-8",
];

/// A format, a media type and a body: nothing may panic, and what is taken is within the limits.
pub fn split(bytes: &[u8]) {
    let [format, kind, body @ ..] = bytes else { return };
    let format = format_of(*format);
    let source = source_of(format, &json!("url"));
    let mut headers = HeaderMap::new();
    if let Some(kind) = KINDS.get(usize::from(*kind)) {
        headers.insert("content-type", HeaderValue::from_static(kind));
    }
    let split = request(&headers, body, |request| format.read(&source, request));
    match split {
        Ok(Split::Events(parts)) => {
            assert!(parts.len() <= EVENTS_MAX);
            for part in parts {
                take(&source, part);
            }
        }
        Ok(Split::Ignored { reason }) => assert!(!reason.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn take(source: &Source, part: Part) {
    assert!(!part.payload.is_empty() && part.payload.len() <= FIELDS_MAX);
    for (key, value) in &part.payload {
        assert!(key.len() <= FIELD_BYTES_MAX);
        within(value);
    }
    let account = "main".parse().expect("an id");
    let (event, _) = identify(&account, &source.id, "r", 0, &part);
    assert!(part.external_id.as_ref().is_none_or(|id| !id.trim().is_empty()));
    let received = Received {
        account,
        source: source.id.clone(),
        event,
        received_at: Timestamp::UNIX_EPOCH,
        identity: Identity::Body(String::new()),
        payload: part.payload,
        origin: Origin::default(),
        intent: Intent::Capture,
    };
    match capture(source, &FieldTable::new(&[]), &TimeZone::UTC, &received) {
        Ok(draft) => assert!(draft.fields.len() + draft.extra.len() <= FIELDS_MAX),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn within(value: &Value) {
    match value {
        Value::String(text) => assert!(text.len() <= FIELD_BYTES_MAX),
        Value::Array(items) => items.iter().for_each(within),
        Value::Object(object) => object.values().for_each(within),
        _ => {}
    }
}

/// A format, a way of verification, headers and a body: nobody is let in who does not have the secret.
pub fn verify(bytes: &[u8]) {
    let [format, way, rest @ ..] = bytes else { return };
    let format = format_of(*format);
    let ways = [
        json!({"platform": {"secret": "s"}}),
        json!({"bearer": {"secret": "s"}}),
        json!({"basic": {"username": "u", "secret": "s"}}),
        json!({"header": {"header": "x-key", "secret": "s"}}),
        json!({"hmac": {"secret": "s", "header": "x-key", "prefix": "sha256="}}),
        json!({"hmac": {"secret": "s", "header": "x-key", "encoding": "base64", "algorithm": "sha512"}}),
        json!({"standard_webhooks": {"secret": "s"}}),
    ];
    let source = source_of(format, &ways[usize::from(*way) % ways.len()]);
    let end = rest.windows(2).position(|pair| pair == b"\n\n").unwrap_or(rest.len());
    let body = rest.get(end + 2..).unwrap_or_default();
    let mut headers = HeaderMap::new();
    for line in rest[..end].split(|byte| *byte == b'\n') {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line.get(colon + 1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value)
            && headers.len() < 100
        {
            headers.append(name, value);
        }
    }
    // A secret that follows from the whole request, so that no request can hold it.
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let secret = format!("{:016x}", hasher.finish());
    let now = Timestamp::from_second(1_772_353_800).expect("a moment");
    let verify = |secrets: &[&[u8]]| request(&headers, body, |request| (format.verify)(&source, secrets, request, now));
    for secrets in [&[secret.as_bytes()][..], &[], &[b""], &[b"", b""]] {
        let refused = verify(secrets).expect_err("a request without the secret was let in");
        assert!(!refused.to_string().is_empty() && refused.status().is_client_error());
    }
}

fn format_of(byte: u8) -> &'static Format {
    &FORMATS[usize::from(byte) % FORMATS.len()]
}

fn source_of(format: &Format, verify: &Value) -> Source {
    let source = json!({"id": "web", "format": format.name, "default_country": "DE", "verify": verify});
    serde_json::from_value(source).expect("a source by its form")
}

fn request<T>(headers: &HeaderMap, body: &[u8], ask: impl FnOnce(&Request<'_>) -> T) -> T {
    let url = "https://leads.example.com/in/key";
    ask(&Request { id: "r", method: &Method::POST, url, query: "", headers, received_at: Timestamp::UNIX_EPOCH, body })
}
