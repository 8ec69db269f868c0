//! Fields of a lead: names, types and values.

use std::fmt;

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most fields that a lead may have.
pub const FIELDS_MAX: usize = 200;
/// Most bytes of one field's text.
pub const FIELD_BYTES_MAX: usize = 8 * 1024;

/// A field's name: lower-case words joined by dots, such as `company_size` or `utm.campaign`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct FieldName(String);

/// A text that is no field name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no field name: use words of a-z, 0-9 and '_' joined by '.', at most 64 characters")]
pub struct InvalidFieldName(String);

impl FieldName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// When the text is not of the form above.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidFieldName> {
        let text = text.into();
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if text.len() <= 64 && text.split('.').all(word) {
            Ok(Self(text))
        } else {
            Err(InvalidFieldName(text.chars().take(80).collect()))
        }
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FieldName {
    type Error = InvalidFieldName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<FieldName> for String {
    fn from(name: FieldName) -> String {
        name.0
    }
}

impl std::borrow::Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Any text.
    Text,
    /// A decimal number, exact to 28 digits.
    Number,
    /// True or false.
    Boolean,
    /// A day, without a time.
    Date,
    /// A moment.
    Datetime,
    /// A telephone number, kept as E.164.
    Phone,
    /// An email address.
    Email,
    /// One of the field's options.
    Choice,
    /// Several texts.
    List,
}

impl FieldType {
    /// The type as it is written in a config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Choice => "choice",
            Self::List => "list",
        }
    }
}

/// The value of a field, parsed.
///
/// Stored form: texts, booleans and lists are themselves; the others say what they are (`{"number": "75.5"}`), so that a
/// value is read back as it was, whatever the config says by then. [`FieldValue::to_json`] is the form people see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// Text, email, phone or choice.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// An exact decimal.
    Number {
        /// Its value.
        number: Decimal,
    },
    /// A day.
    Date {
        /// Its value.
        date: civil::Date,
    },
    /// A moment.
    Datetime {
        /// Its value, in UTC.
        datetime: Timestamp,
    },
    /// Several texts.
    List(Vec<String>),
}

impl FieldValue {
    /// Whether there is nothing in it: such a value counts as missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            _ => false,
        }
    }

    /// The value as plain JSON, for receivers and people. Numbers that fit become JSON numbers.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Text(text) => Value::from(text.clone()),
            Self::Boolean(value) => Value::from(*value),
            Self::Number { number } => {
                let text = number.normalize().to_string();
                // 15 digits survive a receiver that reads numbers as doubles; longer ones stay text.
                if text.bytes().filter(u8::is_ascii_digit).count() <= 15 {
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                } else {
                    Value::String(text)
                }
            }
            Self::Date { date } => Value::from(date.to_string()),
            Self::Datetime { datetime } => Value::from(datetime.to_string()),
            Self::List(items) => Value::from(items.clone()),
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number { number } => write!(f, "{}", number.normalize()),
            Self::Date { date } => write!(f, "{date}"),
            Self::Datetime { datetime } => write!(f, "{datetime}"),
            Self::List(items) => f.write_str(&items.join(", ")),
        }
    }
}

/// The fields that every account has. Custom ones are declared in its config.
pub const BUILT_IN: &[(&str, FieldType)] = &[
    ("email", FieldType::Email),
    ("phone", FieldType::Phone),
    ("first_name", FieldType::Text),
    ("last_name", FieldType::Text),
    ("full_name", FieldType::Text),
    ("company", FieldType::Text),
    ("job_title", FieldType::Text),
    ("website", FieldType::Text),
    ("street", FieldType::Text),
    ("city", FieldType::Text),
    ("state", FieldType::Text),
    ("postal_code", FieldType::Text),
    ("country", FieldType::Text),
    ("message", FieldType::Text),
    ("lead_source", FieldType::Text),
    ("utm.source", FieldType::Text),
    ("utm.medium", FieldType::Text),
    ("utm.campaign", FieldType::Text),
    ("utm.term", FieldType::Text),
    ("utm.content", FieldType::Text),
    ("click.gclid", FieldType::Text),
    ("click.fbclid", FieldType::Text),
    ("page_url", FieldType::Text),
    ("referrer", FieldType::Text),
];

/// Fields that are computed from a lead and its event: rules may test them, mappings may not fill them.
pub const DERIVED: &[(&str, FieldType)] =
    &[("email.domain", FieldType::Text), ("source.id", FieldType::Text), ("lead.is_new", FieldType::Boolean)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["email", "utm.campaign", "mx_score1", "1st_choice"] {
            assert!(FieldName::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "a.", "A", "a b", "a-b", "ä", &"x".repeat(65)] {
            assert!(FieldName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_stored_form_reads_back_as_it_was() {
        let values = [
            FieldValue::Text("2026-01-01".into()),
            FieldValue::Boolean(true),
            FieldValue::Number { number: "75.50".parse().unwrap() },
            FieldValue::Date { date: "2026-01-01".parse().unwrap() },
            FieldValue::Datetime { datetime: "2026-01-01T10:00:00Z".parse().unwrap() },
            FieldValue::List(vec!["a".into(), "b".into()]),
        ];
        for value in values {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<FieldValue>(&json).unwrap(), value, "{json}");
        }
    }

    #[test]
    fn long_numbers_leave_as_text() {
        let json = |text: &str| FieldValue::Number { number: text.parse().unwrap() }.to_json();
        assert_eq!(json("75.0"), serde_json::json!(75));
        assert_eq!(json("0.1"), serde_json::json!(0.1));
        assert_eq!(json("1234567890123456789"), serde_json::json!("1234567890123456789"));
    }

    #[test]
    fn every_listed_name_is_a_valid_name() {
        for (name, _) in BUILT_IN.iter().chain(DERIVED) {
            assert!(FieldName::new(*name).is_ok(), "{name}");
        }
    }
}
