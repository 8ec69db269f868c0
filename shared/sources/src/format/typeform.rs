//! `typeform`: a form response by Typeform's webhook (typeform.com/developers/webhooks/example-payload).
//!
//! Each answer is kept under its `ref`, where a person has made one, else under its question; the other of the two and the
//! question's id lead to it. Hidden fields stand beside the answers. Signed is the raw body: `Typeform-Signature:
//! sha256=<base64>` (typeform.com/developers/webhooks/secure-your-webhooks). Typeform switches a webhook off whose
//! deliveries fail, so that a body that cannot be read is a failed event.

use jiff::Timestamp;
use leadyard_domain::config::Source;
use leadyard_domain::event::Intent;
use serde_json::{Map, Value};

use super::answers::{Answers, text};
use super::{Format, PLAIN, body};
use crate::request::{Malformed, Place, Request, Split, id_text, part};
use crate::verify::Unauthentic;
use crate::verify::signed::{Written, body_in_header, signed};

/// A form of Typeform.
pub(super) const FORMAT: Format = Format {
    name: "typeform",
    title: "Typeform: a completed form",
    verify,
    split,
    proof: "`Typeform-Signature`: the webhook's secret as `verify.platform.secret`",
    forgiving: true,
    names: true,
    ..PLAIN
};

fn verify(source: &Source, secrets: &[&[u8]], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthentic> {
    signed(source, secrets, request, now, |_, secrets, request, _| {
        body_in_header("typeform-signature", "sha256=", Written::Base64, secrets, request)
    })
}

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut event = body::json_object(request)?;
    let kind = text(&event, "event_type").to_owned();
    let id = event.get("event_id").and_then(id_text);
    if !kind.is_empty() && kind != "form_response" {
        let reason = match kind.as_str() {
            "form_response_partial" => "a response that the person has not completed".to_owned(),
            _ => "no form response".to_owned(),
        };
        return Ok(Split::Events(vec![
            part(source, request, Place::Only, event)?.named(id).meant(Intent::Log { reason }),
        ]));
    }
    let response = body::take_object(&mut event, "form_response")?;
    let mut answers = read(response);
    answers.about_all(event);
    let payload = answers.into_payload();
    Ok(Split::Events(vec![part(source, request, Place::Only, payload)?.named(id)]))
}

fn read(mut response: Map<String, Value>) -> Answers {
    let mut answers = Answers::default();
    let definition = match response.remove("definition") {
        Some(Value::Object(definition)) => definition,
        _ => Map::new(),
    };
    let mut questions = Map::new();
    collect_questions(definition.get("fields"), &mut questions);
    if let Some(Value::Array(given)) = response.remove("answers") {
        for answer in given {
            match answer {
                Value::Object(answer) => put_answer(&mut answers, &questions, answer),
                other => drop(answers.put(&["answer"], other)),
            }
        }
    }
    match response.remove("hidden") {
        Some(Value::Object(hidden)) => {
            for (name, value) in hidden {
                answers.put(&[&name, &format!("hidden {name}")], value);
            }
        }
        other => answers.about("hidden", other.unwrap_or_default()),
    }
    answers.about("form_title", definition.get("title").cloned().unwrap_or_default());
    answers.about_all(response);
    answers
}

/// The questions by their ids. Those of a group, a matrix or a contact block stand in its `properties`.
fn collect_questions(fields: Option<&Value>, questions: &mut Map<String, Value>) {
    for field in fields.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
        if let Some(id) = field.get("id").and_then(id_text) {
            questions.insert(id, field.get("title").cloned().unwrap_or_default());
        }
        // Bodies are at most 32 deep, so this ends.
        collect_questions(field.get("fields"), questions);
        collect_questions(field.get("properties").and_then(|properties| properties.get("fields")), questions);
    }
}

fn put_answer(answers: &mut Answers, questions: &Map<String, Value>, mut answer: Map<String, Value>) {
    let field = match answer.remove("field") {
        Some(Value::Object(field)) => field,
        _ => Map::new(),
    };
    let id = field.get("id").and_then(id_text).unwrap_or_default();
    let title = match text(&field, "title") {
        "" => text(questions, &id),
        title => title,
    };
    let reference = text(&field, "ref");
    let names = if is_made_by_hand(reference) { [reference, title, &id] } else { [title, reference, &id] };
    let kind = text(&answer, "type").to_owned();
    let Some(name) = answers.put(&names, value_of(&kind, answer)) else { return };
    match kind.as_str() {
        "email" => answers.name("email", &name),
        "phone_number" => answers.name("phone", &name),
        _ => {}
    }
}

/// The answer by its type. What no document knows is kept as it is.
fn value_of(kind: &str, mut answer: Map<String, Value>) -> Value {
    match (kind, answer.remove(kind)) {
        ("choice", Some(Value::Object(choice))) => chosen(&choice, "label").unwrap_or(Value::Object(choice)),
        ("choices", Some(Value::Object(choices))) => {
            let mut labels = match choices.get("labels") {
                Some(Value::Array(labels)) => labels.clone(),
                _ => Vec::new(),
            };
            labels.extend(choices.get("other").filter(|other| !other.is_null()).cloned());
            if labels.is_empty() { Value::Object(choices) } else { labels.into() }
        }
        (_, Some(value)) => value,
        (_, None) => {
            answer.remove("type");
            answer.into()
        }
    }
}

/// The text of a choice: its label, or what the person wrote instead.
fn chosen(choice: &Map<String, Value>, key: &str) -> Option<Value> {
    [key, "other"].iter().find_map(|key| choice.get(*key).filter(|value| value.is_string()).cloned())
}

/// Typeform makes a UUID where nobody wrote a ref.
fn is_made_by_hand(reference: &str) -> bool {
    let is_uuid = reference.len() == 36
        && reference.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && reference.bytes().filter(|byte| *byte == b'-').count() == 4;
    !reference.is_empty() && !is_uuid
}
