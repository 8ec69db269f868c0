//! What a mapping does to a value before it gets its field's type. Each family has a file.

mod moment;
mod number;
mod parts;
#[cfg(test)]
mod tests;
mod words;

use leadyard_domain::config::Transform;
use serde_json::Value;

use super::convert::Setting;
use super::phone;

/// Applies transforms in their order.
///
/// # Errors
/// What the first one that does not fit expects, in words.
pub(super) fn apply(transforms: &[Transform], value: &Value, setting: Setting<'_>) -> Result<Value, String> {
    transforms.iter().try_fold(value.clone(), |value, transform| one(transform, value, setting))
}

fn one(transform: &Transform, value: Value, setting: Setting<'_>) -> Result<Value, String> {
    match transform {
        Transform::Split(split) => parts::split(split, value),
        Transform::Join(between) => parts::join(between, &value),
        Transform::Trim => each(value, &|text| Ok(words::trim(text).into())),
        Transform::Lower => each(value, &|text| Ok(text.to_lowercase().into())),
        Transform::Upper => each(value, &|text| Ok(text.to_uppercase().into())),
        Transform::Title => each(value, &|text| Ok(words::title(text).into())),
        Transform::Digits => each(value, &|text| Ok(words::digits(text).into())),
        Transform::Map(map) => each(value, &|text| Ok(words::mapped(map, text).into())),
        Transform::Date(format) => each(value, &|text| moment::read(format, text, setting.zone).map(Value::String)),
        Transform::Number => each(value, &|text| number::plain(text, None)),
        Transform::Decimal(mark) => each(value, &|text| number::plain(text, mark.chars().next())),
        Transform::Boolean => each(value, &words::boolean),
        Transform::Phone => each(value, &|text| {
            let expected = || "a telephone number that can be dialled".to_owned();
            phone::normalise(text, setting.country).map(Value::String).ok_or_else(expected)
        }),
    }
}

/// Changes the text, or each text of a list. Numbers and booleans are the text that they are written as; nothing stays
/// nothing.
fn each(value: Value, change: &dyn Fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Ok(Value::Null),
        Value::String(text) => change(&text),
        Value::Number(number) => change(&number.to_string()),
        Value::Bool(value) => change(&value.to_string()),
        Value::Array(items) => {
            items.into_iter().map(|item| each(item, change)).collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        Value::Null => Ok(Value::Null),
        Value::Object(_) => Err("a text, or a list of texts (`join` makes one of an object)".to_owned()),
    }
}
