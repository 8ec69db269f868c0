//! `google_ads`: lead form assets of Google Ads, by their webhook
//! (<https://developers.google.com/google-ads/webhook/docs/implementation>).
//!
//! A request holds one lead with its answers and the key that its form was given. Google asks to answer 200 with an empty
//! object, to tell repeats by `lead_id`, and to pass over fields that are not known.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::form::add;
use super::json::no_object;
use super::json::parse::parse;
use super::{Format, PLAIN, ids};
use crate::request::{Malformed, Part, Place, Request, Split, part};
use crate::verify::{self, Unauthentic};

/// Lead forms of Google Ads.
pub(super) const FORMAT: Format = Format {
    name: "google_ads",
    title: "lead forms of Google Ads",
    verify: verify_key,
    split,
    proof: "`google_key` in the body, the key that was set with the form: `verify: { platform: { secret: KEY } }`",
    answer: "200 `{}`; a test (`is_test`) is logged and makes no lead",
    ..PLAIN
};

const KEY: &str = "google_key";
const ANSWERS: &str = "user_column_data";

/// The key stands in the body, so the body is read for it, by the reader that bounds it; nothing else of it counts before.
fn verify_key(source: &Source, secrets: &[&[u8]], request: &Request<'_>, _: Timestamp) -> Result<(), Unauthentic> {
    let secrets = verify::platform(source, secrets)?;
    let body = parse(request.body).ok();
    let key = body.as_ref().and_then(|body| body.get(KEY)).and_then(Value::as_str).unwrap_or_default();
    // Every secret is compared, so that the time does not tell which one came close. The length may show.
    let fits = secrets.iter().fold(0, |found, secret| found | secret.ct_eq(key.as_bytes()).unwrap_u8());
    if fits == 1 { Ok(()) } else { Err(Unauthentic::Unproven { what: "google_key in the body" }) }
}

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut body = match parse(request.body)? {
        Value::Object(body) => body,
        other => return Err(no_object(Place::Only, &other)),
    };
    // The key is a secret: it goes no further.
    body.remove(KEY);
    let id = ids::text(&body, "lead_id");
    let is_test = body.get("is_test").and_then(Value::as_bool) == Some(true);
    let event = part(source, request, Place::Only, flatten(body)?)?;
    let event = Part { external_id: id.or(event.external_id.clone()), ..event };
    Ok(Split::Events(vec![if is_test {
        event.meant(Intent::Log { reason: "a test that was sent from Google Ads (is_test)".to_owned() })
    } else {
        event
    }]))
}

/// Puts each answer under its column's id (`FULL_NAME`), which is the same in every language; one that has no id under its
/// column's name. The texts of questions are kept beside them. What Google says of the lead itself keeps its name, save for two
/// that mean something else here.
fn flatten(mut body: Map<String, Value>) -> Result<Map<String, Value>, Malformed> {
    let refuse = |what: &str| Malformed::Event { at: Place::Only.to_string(), what: what.to_owned() };
    let columns = match body.remove(ANSWERS) {
        Some(Value::Array(columns)) => columns,
        None | Some(Value::Null) => Vec::new(),
        Some(_) => return Err(refuse("has a 'user_column_data' that is no list")),
    };
    let (mut event, mut names) = (Map::new(), Map::new());
    for (index, column) in columns.into_iter().enumerate() {
        let Value::Object(mut column) = column else {
            return Err(refuse(&format!("has a 'user_column_data[{index}]' that is no object")));
        };
        let text = |key: &str| {
            let text = column.get(key).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (id, name) = (text("column_id"), text("column_name"));
        let Some(key) = id.as_ref().or(name.as_ref()).cloned() else {
            return Err(refuse(&format!("has a 'user_column_data[{index}]' without column_id and column_name")));
        };
        if let (Some(id), Some(name)) = (id, name) {
            names.insert(id, name.into());
        }
        // Today every answer is a `string_value`; a new kind of value is kept as it is.
        let value = column.remove("string_value").unwrap_or_else(|| {
            column.retain(|key, _| !key.starts_with("column_"));
            if column.is_empty() { Value::Null } else { Value::Object(column) }
        });
        add(&mut event, key, value);
    }
    ids::as_texts(&mut body);
    for (key, value) in body {
        // `lead_source` is where the form stood, `lead_stage` how far the lead got in Google's own list.
        let key = match key.as_str() {
            "lead_source" | "lead_stage" => format!("google_{key}"),
            _ if event.contains_key(&key) => format!("google_{key}"),
            _ => key,
        };
        event.insert(key, value);
    }
    if !names.is_empty() {
        event.insert("column_names".to_owned(), names.into());
    }
    Ok(event)
}
