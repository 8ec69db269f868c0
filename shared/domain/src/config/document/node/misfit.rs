//! What is said of a node that does not fit.

use std::borrow::Cow;
use std::fmt::Display;

use serde::de::{self, Expected, Unexpected};
use serde_json::Value;

use super::unexpected;
use crate::{near, text};

/// Longest piece of a document that a message repeats, in characters.
const FOUND_CHARS_MAX: usize = 60;

/// What was found in the place of what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misfit(String);

impl Misfit {
    /// A node that is neither the name of a choice nor a map with one name.
    pub(super) fn no_variant(found: &Value, names: &[&str]) -> Self {
        let found = match found {
            Value::Object(map) if !map.is_empty() => {
                let keys: Vec<&str> = map.keys().map(String::as_str).collect();
                format!("found {} at once", quoted(&keys))
            }
            other => format!("found {}", words(&unexpected(other))),
        };
        Self(format!("{found}, expected one of {}", quoted(names)))
    }

    /// A choice that needs a setting and has none.
    pub(super) fn bare_variant(name: &str) -> Self {
        Self(format!("found '{name}' alone, expected its value too: {{{name}: …}}"))
    }

    /// A choice that takes no setting and has one.
    pub(super) fn needless_setting(name: &str, found: &Value) -> Self {
        Self(format!("found {} under '{name}', which stands alone: write just {name}", words(&unexpected(found))))
    }
}

impl de::Error for Misfit {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("found {}, expected {}", words(&found), expectation(&expected.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self(format!("found {length} values, expected {}", expectation(&expected.to_string())))
    }

    fn unknown_variant(name: &str, names: &'static [&'static str]) -> Self {
        Self::unknown(name, names)
    }

    fn unknown_field(name: &str, names: &'static [&'static str]) -> Self {
        Self::unknown(name, names)
    }

    fn missing_field(name: &'static str) -> Self {
        Self(format!("'{name}' is missing: it has no default"))
    }
}

impl Misfit {
    fn unknown(name: &str, names: &[&str]) -> Self {
        let hint = near::hint(name, names.iter().copied());
        let name = shortened(name);
        Self(format!("there is no '{name}' here: expected one of {}{hint}", quoted(names)))
    }
}

/// What was found, in words.
fn words(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => format!("the number {value}"),
        Unexpected::Signed(value) => format!("the number {value}"),
        Unexpected::Float(value) => format!("the number {value}"),
        Unexpected::Str(text) => format!("the text \"{}\"", shortened(text)),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// Rust's names of what is expected, in words; a type that says it in its own words keeps them.
fn expectation(expected: &str) -> String {
    let words = match expected {
        "a boolean" => "true or false",
        "a string" => "a text",
        "a sequence" => "a list",
        "unit" => "nothing",
        "f64" => "a number",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0",
        other => other,
    };
    words.to_owned()
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("'{}'", shortened(name))).collect::<Vec<_>>().join(", ")
}

/// The beginning of a long text.
fn shortened(text: &str) -> Cow<'_, str> {
    text::shortened(text, FOUND_CHARS_MAX)
}
