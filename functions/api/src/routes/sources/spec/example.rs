//! A lead as a supplier would send it, and the request that sends it.

use std::fmt::Write as _;

use jiff::Timestamp;
use leadyard_domain::config::{Checked, ExternalIdFrom, Source};
use leadyard_domain::field::{FieldName, FieldType};
use leadyard_sources::Written;
use serde_json::{Map, Value, json};

use super::proof::Proof;
use super::{fillable, key_of};
use crate::routes::destinations::sample;

/// What is in an example though no mapping, key or field of the account asks for it.
const USUAL: [&str; 5] = ["first_name", "last_name", "email", "phone", "message"];

/// Most fields of an example: it shows how, not all.
const FIELDS_MAX: usize = 30;

/// An event with a value in each field that matters to the source.
pub(super) fn event(config: &Checked, source: &Source, now: Timestamp) -> Map<String, Value> {
    let values = sample::fields(config, now);
    let is_own = |name: &FieldName| config.config().fields.iter().any(|field| field.name == *name);
    let is_mapped = |name: &FieldName| source.mapping.iter().any(|its| its.enabled && its.to == *name);
    let is_searched = |name: &FieldName| source.search_keys().iter().any(|key| key.fields().contains(name));
    let matters = |name: &FieldName| {
        is_mapped(name)
            || is_searched(name)
            || (source.mapping.is_empty() && (is_own(name) || USUAL.contains(&name.as_str())))
    };
    let mut event = Map::new();
    let mut all: Vec<_> = fillable(config, source).into_iter().filter(|(name, _)| matters(name)).collect();
    // What is needed must not be cut off.
    all.sort_by_key(|(name, _)| !is_searched(name));
    for (name, info) in all.into_iter().take(FIELDS_MAX) {
        let value = match info.kind {
            // As a text it fits a form too.
            FieldType::Geo => json!("39.8,-89.65"),
            _ => values.get(name.as_str()).cloned().unwrap_or_else(|| json!("Test")),
        };
        event.insert(key_of(source, name), value);
    }
    if let Some(ExternalIdFrom::Field(path)) = &source.external_id {
        event.entry(path.clone()).or_insert_with(|| json!("lead-1001"));
    }
    event
}

/// A request for a shell. It can be pasted as it is, once the key and the secret are put in.
pub(super) fn curl(url: &str, written: &Written, proof: &Proof) -> String {
    let Written { content_type, body } = written;
    let mut text = format!("BODY={}\n{}", in_quotes(body), proof.lines());
    text.push_str("curl -X POST");
    let headers = [("Content-Type".to_owned(), (*content_type).to_owned())].into_iter().chain(proof.headers());
    for (name, value) in headers {
        // Writing to a text does not fail.
        write!(text, " \\\n  -H \"{name}: {value}\"").unwrap_or_default();
    }
    write!(text, " \\\n  --data-binary \"$BODY\" \\\n  {}", in_quotes(url)).unwrap_or_default();
    text
}

/// A text as one word of a shell.
fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// How a value of a type is written, for people.
pub(super) fn how_written(kind: FieldType, has_country: bool) -> &'static str {
    match kind {
        FieldType::Text => "any text",
        FieldType::Number => "a number such as 75.5",
        FieldType::Boolean => "true or false",
        FieldType::Date => "a date such as 2026-01-31",
        FieldType::Datetime => "a time such as 2026-01-31T15:00:00+01:00",
        FieldType::Phone if has_country => "a phone number, with + and the country code or as it is dialled at home",
        FieldType::Phone => "a phone number with + and the country code",
        FieldType::Email => "an email address",
        FieldType::Choice => "one of its choices",
        FieldType::List => "a list of texts",
        FieldType::Time => "a time of day such as 09:00",
        FieldType::Geo => "a place such as 52.52,13.405",
    }
}
