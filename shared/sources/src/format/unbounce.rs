//! `unbounce`: the webhook of an Unbounce page, an urlencoded form.
//!
//! `data.json` holds the fields as JSON, every value an array; it is `data_json` where PHP passed it on. Beside it stand the
//! page and its variant. It sends no signature and no id.

use leadyard_domain::config::Source;
use serde_json::{Map, Value};

use super::answers::Answers;
use super::json::parse;
use super::{Format, PLAIN, body};
use crate::request::{Malformed, Place, Request, Split, part};

/// A form of an Unbounce page.
pub(super) const FORMAT: Format =
    Format { name: "unbounce", title: "Unbounce: a submitted form of a page", split, names: true, ..PLAIN };

/// What Unbounce adds to the fields.
const OF_SUBMISSION: &[&str] =
    &["date_submitted", "ip_address", "page_id", "page_name", "page_uuid", "time_submitted", "variant", "variant_id"];

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let mut body = body::object(body::read(request)?.flat(), "the top level")?;
    // The same fields a second time.
    for key in ["data.xml", "data_xml"] {
        body.remove(key);
    }
    let mut answers = Answers::default();
    for key in ["data.json", "data_json"] {
        if let Some(data) = body.remove(key) {
            put_all(&mut answers, fields(data, key)?);
        }
    }
    put_all(&mut answers, body);
    Ok(Split::Events(vec![part(source, request, Place::Only, answers.into_payload())?]))
}

fn fields(data: Value, key: &str) -> Result<Map<String, Value>, Malformed> {
    let data = match data {
        Value::String(text) => parse::parse(text.as_bytes())?,
        other => other,
    };
    body::object(data, key)
}

fn put_all(answers: &mut Answers, fields: Map<String, Value>) {
    for (name, value) in fields {
        let value = match value {
            Value::Array(mut values) if values.len() == 1 => values.remove(0),
            other => other,
        };
        if OF_SUBMISSION.contains(&name.as_str()) {
            answers.about(&name, value);
        } else {
            answers.put(&[&name], value);
        }
    }
}
