//! `elementor`: the webhook of a form made with Elementor Pro, in either of its shapes, and JSON of the same.
//!
//! With *Advanced Data* on, PHP's encoding: `form[id]`, `fields[email][value]`, `meta[page_url][value]`; off, each label
//! with its value. It sends no signature and no id. Any other answer than 200 is an error for the visitor who sent the form,
//! so that a body that cannot be read is a failed event.

use leadyard_domain::config::Source;
use serde_json::Value;

use super::answers::{Answers, text};
use super::{Format, PLAIN, body, nest};
use crate::request::{Malformed, Place, Request, Split, part};

/// A form of Elementor Pro.
pub(super) const FORMAT: Format = Format {
    name: "elementor",
    title: "Elementor Pro (WordPress): a submitted form",
    split,
    answer: "200 `{}`, always",
    forgiving: true,
    names: true,
    ..PLAIN
};

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let body = body::object(body::read(request)?.nested()?, "the top level")?;
    // JSON may have the brackets in its keys.
    let mut body = nest::nest(body.into_iter().collect())?;
    let mut answers = Answers::default();
    for key in ["fields", "form_fields"] {
        match body.remove(key) {
            Some(Value::Object(fields)) => {
                for (id, field) in fields {
                    put_field(&mut answers, &id, field);
                }
            }
            Some(Value::Array(fields)) => {
                for field in fields {
                    let id = field.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                    put_field(&mut answers, &id, field);
                }
            }
            other => drop(answers.put(&[key], other.unwrap_or_default())),
        }
    }
    if let Some(Value::Object(meta)) = body.remove("meta") {
        for (key, value) in meta {
            let value = value.get("value").cloned().unwrap_or(value);
            // Where the form stands is said of the lead too.
            if key == "page_url" {
                answers.put(&[&key], value);
            } else {
                answers.about(&key, value);
            }
        }
    }
    for (key, value) in body {
        match (key.as_str(), value) {
            ("form", Value::Object(form)) => {
                for (key, value) in form {
                    answers.about(&format!("form_{key}"), value);
                }
            }
            ("form_id" | "form_name" | "Date" | "Time" | "User Agent" | "Remote IP" | "Powered by", value) => {
                answers.about(&key, value);
            }
            (_, value) => drop(answers.put(&[&key], value)),
        }
    }
    Ok(Split::Events(vec![part(source, request, Place::Only, answers.into_payload())?]))
}

fn put_field(answers: &mut Answers, id: &str, field: Value) {
    let Value::Object(mut field) = field else {
        answers.put(&[id], field);
        return;
    };
    let value = ["value", "raw_value"].iter().find_map(|key| field.remove(*key));
    let Some(value) = value else {
        answers.put(&[id], field.into());
        return;
    };
    let title = text(&field, "title");
    // An id that Elementor made says nothing.
    let names = if id.starts_with("field_") && !title.is_empty() { [title, id] } else { [id, title] };
    let Some(name) = answers.put(&names, value) else { return };
    answers.name(&format!("fields.{id}.value"), &name);
    match text(&field, "type") {
        "email" => answers.name("email", &name),
        "tel" => answers.name("phone", &name),
        _ => {}
    }
}
