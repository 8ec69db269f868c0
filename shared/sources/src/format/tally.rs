//! `tally`: a submission by Tally's webhook (tally.so/help/webhooks).
//!
//! Each answer is kept under its label; its key leads to it. Chosen options, which Tally sends as ids, are their texts, and
//! files are their addresses. Signed is the raw body: `Tally-Signature: <base64>`.

use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};

use super::answers::{Answers, text};
use super::{Format, PLAIN, body};
use crate::request::{Malformed, Place, Request, Split, id_text, part};
use crate::verify::Unauthentic;
use crate::verify::signed::{Written, body_in_header, signed};

/// A form of Tally.
pub(super) const FORMAT: Format = Format {
    name: "tally",
    title: "Tally: a submitted form",
    verify,
    split,
    proof: "`Tally-Signature`: the webhook's signing secret as `verify.platform.secret`",
    names: true,
    ..PLAIN
};

fn verify(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    signed(source, secrets, request, now, |_, secrets, request, _| {
        body_in_header("tally-signature", "", Written::Base64, secrets, request)
    })
}

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut event = body::json_object(request)?;
    let kind = text(&event, "eventType");
    let id = event.get("eventId").and_then(id_text);
    if !matches!(kind, "" | "FORM_RESPONSE") {
        let intent = Intent::Log { reason: "no form response".to_owned() };
        return Ok(Split::Events(vec![part(source, request, Place::Only, event)?.named(id).meant(intent)]));
    }
    let mut data = body::take_object(&mut event, "data")?;
    let mut answers = Answers::default();
    if let Some(Value::Array(fields)) = data.remove("fields") {
        let with_options: Vec<String> = fields.iter().filter_map(key_with_options).collect();
        for field in fields {
            match field {
                Value::Object(field) if repeats_an_option(&field, &with_options) => {}
                Value::Object(field) => put_field(&mut answers, &field),
                other => drop(answers.put(&["field"], other)),
            }
        }
    }
    answers.about_all(event);
    answers.about_all(data);
    let payload = answers.into_payload();
    Ok(Split::Events(vec![part(source, request, Place::Only, payload)?.named(id)]))
}

fn key_with_options(field: &Value) -> Option<String> {
    let field = field.as_object().filter(|field| field.get("options").is_some_and(Value::is_array))?;
    Some(format!("{}_", text(field, "key"))).filter(|prefix| prefix.len() > 1)
}

/// Tally sends check boxes twice: as the ids of those that are ticked, and each as a boolean under the key of the question
/// and the option.
fn repeats_an_option(field: &Map<String, Value>, with_options: &[String]) -> bool {
    field.get("value").is_some_and(|value| value.is_boolean() || value.is_null())
        && !field.contains_key("options")
        && text(field, "type") == "CHECKBOXES"
        && with_options.iter().any(|prefix| text(field, "key").starts_with(prefix.as_str()))
}

fn put_field(answers: &mut Answers, field: &Map<String, Value>) {
    let kind = text(field, "type");
    let value = value_of(kind, field);
    let Some(name) = answers.put(&[text(field, "label"), text(field, "key")], value) else { return };
    match kind {
        "INPUT_EMAIL" => answers.name("email", &name),
        "INPUT_PHONE_NUMBER" => answers.name("phone", &name),
        _ => {}
    }
}

fn value_of(kind: &str, field: &Map<String, Value>) -> Value {
    let value = field.get("value").cloned().unwrap_or_default();
    match kind {
        "MATRIX" => matrix(field, value),
        "FILE_UPLOAD" | "SIGNATURE" => files(value),
        _ => match field.get("options").and_then(Value::as_array) {
            Some(options) => chosen(options, value, matches!(kind, "MULTIPLE_CHOICE" | "DROPDOWN")),
            None => value,
        },
    }
}

/// The texts of ids. What is no id of an option is a text of the person's own.
fn chosen(options: &[Value], value: Value, one_is_no_list: bool) -> Value {
    match value {
        Value::Array(ids) => {
            let mut texts: Vec<Value> = ids.into_iter().map(|id| option_text(options, id)).collect();
            if one_is_no_list && texts.len() == 1 { texts.remove(0) } else { texts.into() }
        }
        Value::String(_) | Value::Number(_) => option_text(options, value),
        other => other,
    }
}

fn option_text(options: &[Value], id: Value) -> Value {
    let of_option = |option: &&Value| option.get("id") == Some(&id);
    let found = options.iter().find(of_option);
    // A picture's option may have no text.
    let words = found.and_then(|option| ["text", "name", "url"].iter().find_map(|key| option.get(*key)));
    words.filter(|words| words.is_string()).cloned().unwrap_or(id)
}

/// The ids of the columns by the id of their row, as texts.
fn matrix(field: &Map<String, Value>, value: Value) -> Value {
    let list = |key: &str| field.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let Value::Object(rows) = value else { return value };
    let row = |(row, columns): (String, Value)| {
        let name = match option_text(list("rows"), Value::String(row.clone())) {
            Value::String(name) => name,
            _ => row,
        };
        (name, chosen(list("columns"), columns, true))
    };
    rows.into_iter().map(row).collect::<Map<_, _>>().into()
}

/// The addresses of files.
fn files(value: Value) -> Value {
    let address = |file: Value| file.get("url").filter(|url| url.is_string()).cloned().unwrap_or(file);
    match value {
        Value::Array(files) => files.into_iter().map(address).collect::<Vec<_>>().into(),
        one => address(one),
    }
}
