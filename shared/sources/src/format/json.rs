//! `json`: any JSON object, or an array of objects, each of which is an event.

mod numbers;
pub(super) mod parse;

#[cfg(test)]
mod tests;

use http::StatusCode;
use leadyard_domain::config::Source;
use leadyard_domain::id::EventId;
use serde_json::{Map, Value, json};

use super::{Format, PLAIN, Written, reply};
use crate::request::{EVENTS_MAX, Malformed, Place, Reply, Request, Split, part};

/// JSON from any system.
pub(super) const FORMAT: Format = Format {
    name: "json",
    title: "JSON from any system: an object, or an array of objects",
    split,
    reply: accepted,
    answer: "202 with the ids of the events",
    example: Some(example),
    ..PLAIN
};

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    // A sender that names no type at all and sends JSON means JSON.
    let kind = request.media_type();
    if !kind.as_deref().is_none_or(is_json) {
        return Err(Malformed::ContentType { found: kind, expected: "application/json" });
    }
    let events = objects(parse::parse(request.body)?)?;
    let part = |(place, event)| part(source, request, place, event);
    Ok(Split::Events(events.into_iter().map(part).collect::<Result<_, _>>()?))
}

/// One object of a body and where it stands.
pub(super) type Placed = (Place, Map<String, Value>);

/// The objects of a body, each with its place: the body itself, or the items of an array.
///
/// # Errors
/// Something is no object, or there are too many.
pub(super) fn objects(body: Value) -> Result<Vec<Placed>, Malformed> {
    match body {
        Value::Object(event) => Ok(vec![(Place::Only, event)]),
        Value::Array(items) if items.len() > EVENTS_MAX => Err(Malformed::TooManyEvents { events: items.len() }),
        Value::Array(items) => {
            let event = |(index, item)| match item {
                Value::Object(event) => Ok((Place::Index(index), event)),
                other => Err(no_object(Place::Index(index), &other)),
            };
            items.into_iter().enumerate().map(event).collect()
        }
        other => Err(no_object(Place::Only, &other)),
    }
}

/// Whether a media type is one of JSON's.
pub(super) fn is_json(media_type: &str) -> bool {
    matches!(media_type, "application/json" | "text/json") || media_type.ends_with("+json")
}

pub(super) fn no_object(place: Place, found: &Value) -> Malformed {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Malformed::Event { at: place.to_string(), what: format!("is {found}; an event is an object") }
}

fn accepted(_: &Source, events: &[EventId]) -> Reply {
    reply(StatusCode::ACCEPTED, "application/json", json!({ "events": events }).to_string())
}

fn example(event: &Map<String, Value>) -> Written {
    let mut nested = Map::new();
    for (path, value) in event {
        nest(&mut nested, path, value);
    }
    // A map with string keys can always be written.
    let body = serde_json::to_string_pretty(&nested).unwrap_or_default();
    Written { content_type: "application/json", body }
}

/// Puts a value where its dotted path says. What can't be nested so, or steps into an array, stands under the whole path,
/// where it is found as well.
fn nest(event: &mut Map<String, Value>, path: &str, value: &Value) {
    let is_place = |part: &str| part.is_empty() || part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((first, rest)) = path.split_once('.')
        && !path.split('.').any(is_place)
        && let Value::Object(inner) = event.entry(first).or_insert_with(|| Value::Object(Map::new()))
    {
        nest(inner, rest, value);
        return;
    }
    event.insert(path.to_owned(), value.clone());
}
