//! Types of fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// A time of day, without a day.
    Time,
    /// A place on the earth.
    Geo,
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
            Self::Time => "time",
            Self::Geo => "geo",
        }
    }
}
