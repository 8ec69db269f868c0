//! Why an event could not be captured.

use std::fmt;

use jiff::Timestamp;
use leadyard_domain::field::{FIELD_BYTES_MAX, FIELDS_MAX, FieldName};
use leadyard_domain::id::AccountName;
use serde_json::Value;

/// Why an event could not be captured. Not worth a retry by itself: a person mends the mapping, the field or the event
/// and retries it. The text holds names and shapes, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Another account than the source is for tells something.
    #[error("the account '{found}' tells this, and the source takes what '{expected}' tells (`sync.account`)")]
    Stranger {
        /// Who tells it.
        found: AccountName,
        /// Who should.
        expected: AccountName,
    },
    /// Another account says that it set a field long from now.
    #[error(
        "field '{field}' is said to be set at {at} by the account '{by}', more than a day from now: set its clock right and retry"
    )]
    AheadOfTime {
        /// The field.
        field: FieldName,
        /// When it is said to be set.
        at: Timestamp,
        /// By which account.
        by: AccountName,
    },
    /// A value that is not of its field's type.
    #[error("field '{field}' expects {expected}, but {place} {found}{}", at.as_deref().map(|at| format!(" at '{at}'")).unwrap_or_default(),
        place = if at.is_some() { "the event has" } else { "the source's default is" })]
    Misfit {
        /// The lead's field.
        field: FieldName,
        /// Where the event has the value; `None` when it is the default of the source's mapping.
        at: Option<String>,
        /// What stands there.
        found: Shape,
        /// What should.
        expected: String,
    },
    /// A text that is longer than a field may be.
    #[error("field '{field}' has {bytes} bytes; at most {FIELD_BYTES_MAX} are kept")]
    TooLong {
        /// The lead's field.
        field: FieldName,
        /// The size of its value.
        bytes: usize,
    },
    /// The lead would have more fields than it may.
    #[error("the lead would have {fields} fields, those without a mapping included; at most {FIELDS_MAX} are kept")]
    TooManyFields {
        /// How many it would have.
        fields: usize,
    },
    /// There is no value in the event at all.
    #[error("the event has no value: there is nothing to make a lead of")]
    Empty,
}

/// What a value looks like, without the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text of so many characters.
    Text(usize),
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of so many items.
    List(usize),
    /// An object.
    Object,
    /// Nothing.
    Null,
}

impl Shape {
    /// The shape of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.chars().count()),
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Boolean,
            Value::Array(items) => Self::List(items.len()),
            Value::Object(_) => Self::Object,
            Value::Null => Self::Null,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |f: &mut fmt::Formatter<'_>, what: &str, count: usize, unit: &str| {
            write!(f, "a {what} of {count} {unit}{}", if count == 1 { "" } else { "s" })
        };
        match *self {
            Self::Text(chars) => counted(f, "text", chars, "character"),
            Self::List(items) => counted(f, "list", items, "item"),
            Self::Number => f.write_str("a number"),
            Self::Boolean => f.write_str("a boolean"),
            Self::Object => f.write_str("an object"),
            Self::Null => f.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_names_the_field_the_shape_and_the_type() {
        let misfit = |at: Option<&str>, value: Value| {
            CaptureError::Misfit {
                field: FieldName::new("company_size").unwrap(),
                at: at.map(str::to_owned),
                found: Shape::of(&value),
                expected: "a number such as 75.5".to_owned(),
            }
            .to_string()
        };
        assert_eq!(
            misfit(Some("size"), json!("large")),
            "field 'company_size' expects a number such as 75.5, but the event has a text of 5 characters at 'size'"
        );
        assert_eq!(
            misfit(Some("a.0.b"), json!([1])),
            "field 'company_size' expects a number such as 75.5, but the event has a list of 1 item at 'a.0.b'"
        );
        assert_eq!(
            misfit(None, json!(true)),
            "field 'company_size' expects a number such as 75.5, but the source's default is a boolean"
        );
    }
}
