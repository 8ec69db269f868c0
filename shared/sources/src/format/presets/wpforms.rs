//! `wpforms`: the Webhooks addon of WPForms (WordPress), as JSON or as a form, with the keys that a person chose; or its
//! fields as they are, a list or an object of `{id, name, type, value}`.

use serde_json::{Map, Value};

use super::super::answers::{Answers, text};
use super::super::{Format, PLAIN};
use super::{Ids, PROOF, put_all, split_by};
use crate::request::id_text;

/// A form of WPForms.
pub(in crate::format) const FORMAT: Format = Format {
    name: "wpforms",
    title: "WPForms (WordPress): a submitted form",
    split: |source, request| split_by(source, request, IDS, read),
    proof: PROOF,
    names: true,
    ..PLAIN
};

const IDS: &Ids = &Ids { sure: &["entry_id", "entryId"], unsure: &["id"] };

fn read(mut event: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    let fields: Vec<Value> = match event.remove("fields") {
        Some(Value::Array(fields)) => fields,
        Some(Value::Object(fields)) if fields.values().all(|field| field.get("value").is_some()) => {
            fields.into_iter().map(|(_, field)| field).collect()
        }
        other => {
            answers.put(&["fields"], other.unwrap_or_default());
            Vec::new()
        }
    };
    for field in fields {
        match field {
            Value::Object(field) => put_field(&mut answers, &field),
            other => drop(answers.put(&["field"], other)),
        }
    }
    for key in ["form_id", "entry_id", "form_title"] {
        if let Some(value) = event.remove(key) {
            answers.about(key, value);
        }
    }
    put_all(&mut answers, event);
    answers
}

fn put_field(answers: &mut Answers, field: &Map<String, Value>) {
    let (name, kind) = (text(field, "name"), text(field, "type"));
    let id = field.get("id").and_then(id_text).unwrap_or_default();
    let value = field.get("value").cloned().unwrap_or_else(|| Value::Object(field.clone()));
    for part in ["first", "last"] {
        if let Some(value) = field.get(part).filter(|_| kind == "name")
            && let Some(kept) = answers.put(&[&format!("{name} ({part})")], value.clone())
        {
            answers.name(&format!("{part}_name"), &kept);
        }
    }
    let Some(kept) = answers.put(&[name, &id], value) else { return };
    match kind {
        "email" => answers.name("email", &kept),
        "phone" => answers.name("phone", &kept),
        _ => {}
    }
}
