//! `jotform`: a submission by Jotform's webhook (jotform.com/help/245-how-to-setup-a-webhook-with-jotform), a multipart or
//! urlencoded form.
//!
//! `rawRequest` holds the answers as JSON under keys such as `q3_fullname`; each stays under its key, and `fullname` leads
//! to it. A name, an address and a telephone number have parts, which the usual fields are filled from. Without it `pretty`
//! is read, which has the answers as one text. It sends no signature; `webhookURL`, which repeats the endpoint's key, is not
//! kept.

use jiff::civil;
use leadyard_domain::config::Source;
use serde_json::{Map, Value};

use super::answers::{Answers, text};
use super::json::parse;
use super::{Format, PLAIN, body};
use crate::request::{Malformed, Place, Request, Split, id_text, part};

/// A form of Jotform.
pub(super) const FORMAT: Format =
    Format { name: "jotform", title: "Jotform: a submitted form", split, names: true, ..PLAIN };

/// What the form's script tells of itself.
const OF_SUBMISSION: &[&str] = &[
    "buildDate",
    "eventObserver",
    "event_id",
    "file_server",
    "path",
    "preview",
    "slug",
    "submitSource",
    "temp_upload",
    "timeToSubmit",
    "uploadServerUrl",
    "validatedNewRequiredFieldIDs",
];

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut body = body::object(body::read(request)?.flat(), "the top level")?;
    body.remove("webhookURL");
    let id = ["submissionID", "submission_id"].iter().find_map(|key| body.get(*key).and_then(id_text));
    let pretty = body.remove("pretty");
    let mut answers = Answers::default();
    match body.remove("rawRequest") {
        Some(Value::String(raw)) if !raw.trim().is_empty() => {
            let raw = body::object(parse::parse(raw.as_bytes())?, "rawRequest")?;
            put_all(&mut answers, raw);
        }
        Some(Value::Object(raw)) => put_all(&mut answers, raw),
        _ => {
            for (label, value) in pretty_pairs(pretty.as_ref().and_then(Value::as_str).unwrap_or_default()) {
                answers.put(&[label], Value::String(value));
            }
            let questions: Vec<String> = body.keys().filter(|key| question(key).is_some()).cloned().collect();
            for key in questions {
                put_answer(&mut answers, &key, body.remove(&key).unwrap_or_default());
            }
        }
    }
    answers.about_all(body);
    Ok(Split::Events(vec![part(source, request, Place::Only, answers.into_payload())?.named(id)]))
}

fn put_all(answers: &mut Answers, raw: Map<String, Value>) {
    for (key, value) in raw {
        // A line for each thing that the form's script did: it grows without end.
        if key == "jsExecutionTracker" {
            continue;
        }
        if OF_SUBMISSION.contains(&key.as_str()) {
            answers.about(&key, value);
        } else {
            put_answer(answers, &key, value);
        }
    }
}

/// The name of a question in a key such as `q3_fullname`.
fn question(key: &str) -> Option<&str> {
    let (number, name) = key.strip_prefix('q')?.split_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !name.is_empty()).then_some(name)
}

/// The parts of an address, and the fields that they fill.
const ADDRESS: &[(&str, &str)] = &[
    ("addr_line1", "street"),
    ("city", "city"),
    ("state", "state"),
    ("postal", "postal_code"),
    ("country", "country"),
];

fn put_answer(answers: &mut Answers, key: &str, value: Value) {
    let name = question(key).unwrap_or(key);
    let value = match value {
        Value::Object(parts) => with_whole(parts),
        other => other,
    };
    let parts = value.as_object().cloned().unwrap_or_default();
    let Some(key) = answers.put(&[key, name], value) else { return };
    if parts.contains_key("first") || parts.contains_key("last") {
        answers.name("first_name", &format!("{key}.first"));
        answers.name("last_name", &format!("{key}.last"));
    } else if parts.contains_key("addr_line1") {
        for (part, field) in ADDRESS {
            answers.name(field, &format!("{key}.{part}"));
        }
    } else if parts.contains_key("full") {
        answers.name("phone", &format!("{key}.full"));
    }
}

/// A date as one text; the parts of a telephone number with the number as a whole.
fn with_whole(mut parts: Map<String, Value>) -> Value {
    if let Some(date) = date(&parts) {
        return Value::String(date);
    }
    if parts.contains_key("phone") && !parts.contains_key("full") {
        let country = text(&parts, "country").trim_start_matches('+').trim();
        let plus = if country.is_empty() { "" } else { "+" };
        let number = format!("{plus}{country} {} {}", text(&parts, "area"), text(&parts, "phone"));
        let number = number.split_whitespace().collect::<Vec<_>>().join(" ");
        if !number.is_empty() {
            parts.insert("full".to_owned(), Value::String(number));
        }
    }
    let is_empty = parts.values().all(crate::capture::is_nothing);
    if is_empty { Value::Null } else { parts.into() }
}

/// A day, and its time where it has one, from their parts; `None` when they are not all there.
fn date(parts: &Map<String, Value>) -> Option<String> {
    let number = |key: &str| parts.get(key).and_then(id_text)?.parse::<i16>().ok();
    let small = |key: &str| number(key).and_then(|number| i8::try_from(number).ok());
    let day = civil::Date::new(number("year")?, small("month")?, small("day")?).ok()?;
    let (Some(hour), Some(minute)) = (small("hour"), small("min")) else { return Some(day.to_string()) };
    let hour = match (text(parts, "ampm").to_ascii_uppercase().as_str(), hour) {
        ("PM", 1..=11) => hour + 12,
        ("AM", 12) => 0,
        _ => hour,
    };
    let time = civil::Time::new(hour, minute, 0, 0).ok()?;
    Some(day.to_datetime(time).to_string())
}

/// Labels and values of the one text `Label:Value, Label:Value`. A comma within a value is none between two answers, where
/// no colon follows it before the next one.
fn pretty_pairs(pretty: &str) -> Vec<(&str, String)> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for piece in pretty.split(", ") {
        match (piece.split_once(':'), pairs.last_mut()) {
            (Some((label, value)), _) => pairs.push((label.trim(), value.trim().to_owned())),
            (None, Some((_, value))) => {
                value.push_str(", ");
                value.push_str(piece);
            }
            (None, None) => pairs.push(("", piece.trim().to_owned())),
        }
    }
    pairs
}
