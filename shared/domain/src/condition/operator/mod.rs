//! The operators. Each family has a file; each operator has one line in the list below.

mod equality;
mod membership;
mod ordering;
mod presence;
mod substring;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Case;
use crate::config::FieldInfo;
use crate::field::{FieldType, FieldValue};
use crate::text;

/// What an operator is: the compiled form calls nothing else.
pub struct Spec {
    /// Whether it can compare fields of a type.
    pub applies: fn(FieldType) -> bool,
    /// The fields that it can compare, for the error message.
    pub expects: &'static str,
    /// What its value looks like.
    pub arity: Arity,
    /// Its answer for a missing field.
    pub when_missing: bool,
    /// Its answer for a present one.
    pub test: fn(&Scalar, &Operand) -> bool,
}

/// What an operator's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// There is none.
    Nothing,
    /// One value.
    One,
    /// A list of values.
    Many,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident $name:literal => $spec:expr,)*) => {
        /// How a field is compared.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Operator {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Operator {
            /// Every operator.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The operator as it is written in a config.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does.
            #[must_use]
            pub fn spec(self) -> &'static Spec {
                match self { $(Self::$variant => &$spec,)* }
            }
        }
    };
}

operators! {
    /// The same value; for a list, it holds the value.
    Eq "eq" => equality::EQ,
    /// Not `eq`; true for a missing field.
    Ne "ne" => equality::NE,
    /// One of the values.
    In "in" => membership::IN,
    /// None of the values; true for a missing field.
    NotIn "not_in" => membership::NOT_IN,
    /// Greater, or later.
    Gt "gt" => ordering::GT,
    /// Greater or equal.
    Gte "gte" => ordering::GTE,
    /// Less, or earlier.
    Lt "lt" => ordering::LT,
    /// Less or equal.
    Lte "lte" => ordering::LTE,
    /// The text stands somewhere in it; for a list, it holds the value.
    Contains "contains" => substring::CONTAINS,
    /// Not `contains`; true for a missing field.
    NotContains "not_contains" => substring::NOT_CONTAINS,
    /// It begins with the text.
    StartsWith "starts_with" => substring::STARTS_WITH,
    /// It ends with the text.
    EndsWith "ends_with" => substring::ENDS_WITH,
    /// There is a value.
    Exists "exists" => presence::EXISTS,
    /// There is none.
    Missing "missing" => presence::MISSING,
}

/// A value ready to compare: texts are folded, days and moments are instants.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A folded text.
    Text(String),
    /// An exact decimal.
    Number(Decimal),
    /// True or false.
    Boolean(bool),
    /// A moment; a day is the moment it begins in the account's zone.
    Instant(Timestamp),
    /// The folded texts of a list field.
    List(Vec<String>),
}

/// The compiled value of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// There is none.
    Nothing,
    /// One value.
    One(Scalar),
    /// Several values.
    Many(Vec<Scalar>),
}

fn fold(text: &str, exact: bool) -> String {
    if exact { text::normalise(text) } else { text::fold(text) }
}

fn day_start(date: civil::Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_zoned(date.at(0, 0, 0, 0)).compatible().ok().map(|zoned| zoned.timestamp())
}

impl Scalar {
    /// A lead's value.
    #[must_use]
    pub fn of(value: &FieldValue, exact: bool, zone: &TimeZone) -> Self {
        match value {
            FieldValue::Text(text) => Self::Text(fold(text, exact)),
            FieldValue::Boolean(value) => Self::Boolean(*value),
            FieldValue::Number { number } => Self::Number(*number),
            // A day at the very end of the calendar has no instant in some zones; it then compares as the last one.
            FieldValue::Date { date } => Self::Instant(day_start(*date, zone).unwrap_or(Timestamp::MAX)),
            FieldValue::Datetime { datetime } => Self::Instant(*datetime),
            FieldValue::List(items) => Self::List(items.iter().map(|item| fold(item, exact)).collect()),
        }
    }

    /// A rule's value for a field, or what was expected instead.
    pub(super) fn read(value: &Value, field: &FieldInfo, case: Case, zone: &TimeZone) -> Result<Self, String> {
        let expected = |what: &str| format!("{value} does not fit: this {} field needs {what}", field.kind.name());
        let text = || value.as_str().ok_or_else(|| expected("a text in quotes"));
        let exact = case == Case::Exact;
        match field.kind {
            FieldType::Text | FieldType::Phone | FieldType::Email | FieldType::List => {
                text().map(|text| Self::Text(fold(text, exact)))
            }
            FieldType::Choice => {
                let folded = text::fold(text()?);
                if field.options.iter().any(|option| text::fold(option) == folded) {
                    Ok(Self::Text(fold(text()?, exact)))
                } else {
                    Err(expected(&format!("one of its options: {}", field.options.join(", "))))
                }
            }
            FieldType::Number => number(value).map(Self::Number).ok_or_else(|| expected("a number")),
            FieldType::Boolean => value.as_bool().map(Self::Boolean).ok_or_else(|| expected("true or false")),
            FieldType::Date | FieldType::Datetime => value
                .as_str()
                .and_then(|text| instant(text, zone))
                .map(Self::Instant)
                .ok_or_else(|| expected("a day or a time such as 2026-07-31 or 2026-07-31T10:00:00Z")),
        }
    }
}

/// A JSON number, or a text that is one, exactly.
fn number(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    if let Ok(moment) = text.parse::<civil::DateTime>()
        && text.contains([':'])
    {
        return zone.to_ambiguous_zoned(moment).compatible().ok().map(|zoned| zoned.timestamp());
    }
    text.parse().ok().and_then(|date| day_start(date, zone))
}
