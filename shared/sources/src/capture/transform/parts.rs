//! Transforms between a text and its parts.

use leadyard_domain::config::Split;
use serde_json::Value;

use super::super::convert::is_nothing;

/// The parts, or the one that is wanted; one that is not there is nothing.
pub(super) fn split(split: &Split, value: Value) -> Result<Value, String> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null => return Ok(Value::Null),
        // It is in parts already.
        Value::Array(items) => return Ok(taken(split, items)),
        Value::Bool(_) | Value::Object(_) => return Err("a text that can be split".to_owned()),
    };
    // Nothing stands between two characters: the check of a config refuses it.
    let parts: Vec<Value> = if split.by.is_empty() {
        vec![text.into()]
    } else {
        text.split(split.by.as_str()).map(|part| Value::String(part.trim().to_owned())).collect()
    };
    Ok(taken(split, parts))
}

fn taken(split: &Split, mut parts: Vec<Value>) -> Value {
    let Some(take) = split.take else { return parts.into() };
    let from_start = usize::try_from(take).ok();
    let from_end = || parts.len().checked_sub(usize::from(take.unsigned_abs()));
    match from_start.or_else(from_end).filter(|at| *at < parts.len()) {
        Some(at) => parts.swap_remove(at),
        None => Value::Null,
    }
}

/// One text of a list's items, or of an object's values.
pub(super) fn join(between: &str, value: &Value) -> Result<Value, String> {
    let mut texts = Vec::new();
    if collect(value, &mut texts) {
        Ok(texts.join(between).into())
    } else {
        Err("a list of texts, or an object of texts".to_owned())
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) -> bool {
    match value {
        _ if is_nothing(value) => true,
        Value::String(text) => {
            texts.push(text.trim().to_owned());
            true
        }
        Value::Number(number) => {
            texts.push(number.to_string());
            true
        }
        Value::Bool(value) => {
            texts.push(value.to_string());
            true
        }
        // Events are at most 32 deep, so this ends.
        Value::Array(items) => items.iter().all(|item| collect(item, texts)),
        Value::Object(object) => object.values().all(|item| collect(item, texts)),
        Value::Null => true,
    }
}
