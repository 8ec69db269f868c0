//! All formats: what their samples become, and what they have in common.

mod crms;
mod forms;
mod samples;
mod signatures;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::{FieldDefinition, FieldTable, Source};
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::EventId;
use serde_json::{Map, Value, json};

use super::{Format, format};
use crate::capture::{Draft, capture};
use crate::request::{Malformed, Part, Request, Split};
use crate::verify::Unauthentic;

const JSON: &str = "application/json";
const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=XX";
const URL: &str = "https://leads.example.com/in/the-key";

fn source(format: &str, more: &Value) -> Source {
    let mut source = json!({"id": "web", "format": format, "default_country": "DE"});
    source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(source).unwrap()
}

/// What was sent.
#[derive(Clone)]
struct Sent {
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn new(kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { url: URL.to_owned(), headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into() }
    }

    fn json(body: &Value) -> Self {
        Self::new(JSON, body.to_string())
    }

    fn form(pairs: &[(&str, &str)]) -> Self {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        Self::new(URLENCODED, pairs.collect::<Vec<_>>().join("&"))
    }

    fn multipart(pairs: &[(&str, &str)]) -> Self {
        let part = |(name, value): &(&str, &str)| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let parts: String = pairs.iter().map(part).collect();
        Self::new(MULTIPART, format!("{parts}--XX--\r\n"))
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn ask<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        ask(&Request {
            id: "r1",
            method: &Method::POST,
            url: &self.url,
            query,
            headers: &headers,
            received_at: Timestamp::UNIX_EPOCH,
            body: &self.body,
        })
    }

    fn split(&self, name: &str, more: &Value) -> Result<Vec<Part>, Malformed> {
        let found: &Format = format(name).unwrap();
        match self.ask(|request| (found.split)(&source(name, more), request))? {
            Split::Events(parts) => Ok(parts),
            Split::Ignored { reason } => panic!("ignored: {reason}"),
        }
    }

    fn one(&self, name: &str) -> Part {
        let mut parts = self.split(name, &json!({})).unwrap();
        assert_eq!(parts.len(), 1);
        parts.remove(0)
    }

    fn verify(&self, name: &str, more: &Value, secrets: &[&str], now: Timestamp) -> Result<(), Unauthentic> {
        let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.as_bytes()).collect();
        self.ask(|request| (format(name).unwrap().verify)(&source(name, more), &secrets, request, now))
    }
}

/// What a person sent by hand for a format, from `events/`: its media type, its body, and where it comes from.
fn sample(name: &str) -> Option<Sent> {
    let events = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");
    let read = |file: String| std::fs::read_to_string(format!("{events}/{file}")).ok();
    match name {
        "json" => return Some(Sent::new(JSON, read("source_json_lead.json".to_owned())?)),
        "form" => return Some(Sent::new(URLENCODED, read("source_form_lead.urlencoded".to_owned())?)),
        _ => {}
    }
    let text = read(format!("source_{name}.json")).or_else(|| read(format!("{name}.json")))?;
    let sample: Value = text.parse().unwrap();
    let pairs: Vec<(String, String)> = match (&sample["form"], &sample["parts"]) {
        (Value::Array(pairs), _) => {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            pairs.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
        }
        (_, Value::Object(parts)) => {
            parts.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
        }
        _ => Vec::new(),
    };
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // A body alone, as it is sent.
    if ["body", "form", "parts"].iter().all(|part| sample[part].is_null()) {
        return Some(Sent::new(JSON, text));
    }
    Some(match (&sample["body"], &sample["parts"]) {
        (Value::Null, Value::Null) => Sent::form(&pairs),
        (Value::Null, _) => Sent::multipart(&pairs),
        (body, _) => Sent::json(body),
    })
}

fn draft(name: &str, more: &Value, payload: &Map<String, Value>) -> Draft {
    let received = Received {
        account: "main".parse().unwrap(),
        source: "web".parse().unwrap(),
        event: EventId::from_external(&"main".parse().unwrap(), &"web".parse().unwrap(), "1"),
        received_at: Timestamp::UNIX_EPOCH,
        identity: Identity::External("1".to_owned()),
        payload: payload.clone(),
        origin: Origin::default(),
        intent: Intent::Capture,
    };
    let custom = json!([
        {"name": "policy_term", "type": "text"},
        {"name": "interests", "type": "list"},
        {"name": "hubspot_id", "type": "text"},
    ]);
    let table = FieldTable::new(&serde_json::from_value::<Vec<FieldDefinition>>(custom).unwrap());
    capture(&source(name, more), &table, &TimeZone::UTC, &received).unwrap()
}

/// The fields of the lead that an event makes.
fn lead_with(name: &str, more: &Value, payload: &Map<String, Value>) -> Value {
    let fields = draft(name, more, payload).fields;
    fields.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect::<Map<_, _>>().into()
}

fn lead(name: &str, payload: &Map<String, Value>) -> Value {
    lead_with(name, &json!({}), payload)
}

/// What filled no field.
fn extra(name: &str, payload: &Map<String, Value>) -> Value {
    json!(draft(name, &json!({}), payload).extra)
}

#[test]
fn formats_are_found_by_name_and_no_name_is_taken_twice() {
    use crate::format::{FORMATS, format, format_names};
    let mut names = format_names();
    assert!(names.iter().all(|name| format(name).is_some_and(|format| format.name == *name)));
    assert!(names.is_sorted(), "the list is read by people: {names:?}");
    names.dedup();
    assert_eq!(names.len(), FORMATS.len());
    assert!(format("JSON").is_none() && format("").is_none());
}
