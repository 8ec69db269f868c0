//! Values ready to compare.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use serde_json::Value;

use super::Case;
use super::operator::shown;
use crate::config::FieldInfo;
use crate::field::{FieldType, FieldValue, Point, parse};
use crate::{near, text};

/// A value ready to compare: texts are folded, days and moments are instants.
///
/// Values of one kind are ordered as a person orders them; the order of kinds has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// A folded text; only normalised where case counts.
    Text(String),
    /// An exact decimal.
    Number(Decimal),
    /// True or false.
    Boolean(bool),
    /// A moment; a day is the moment it begins in the account's zone.
    Instant(Timestamp),
    /// A time of day.
    Time(civil::Time),
    /// A place.
    Geo(Point),
    /// The folded texts of a list field.
    List(Vec<String>),
}

impl Scalar {
    /// A lead's value; with `exact` its texts keep their case.
    #[must_use]
    pub fn of(value: &FieldValue, exact: bool, zone: &TimeZone) -> Self {
        match value {
            FieldValue::Text(text) => Self::Text(text::comparable(text, exact)),
            FieldValue::Boolean(value) => Self::Boolean(*value),
            FieldValue::Number { number } => Self::Number(*number),
            // A day at the very end of the calendar has no instant in some zones; it then compares as the last one.
            FieldValue::Date { date } => Self::Instant(day_start(*date, zone).unwrap_or(Timestamp::MAX)),
            FieldValue::Datetime { datetime } => Self::Instant(*datetime),
            FieldValue::Time { time } => Self::Time(*time),
            FieldValue::Geo { geo } => Self::Geo(*geo),
            FieldValue::List(items) => Self::List(items.iter().map(|item| text::comparable(item, exact)).collect()),
        }
    }

    /// A rule's value for a field, or what was expected instead.
    pub(super) fn read(value: &Value, field: &FieldInfo, case: Case, zone: &TimeZone) -> Result<Self, String> {
        let expected =
            |what: &str| format!("{} does not fit: this {} field needs {what}", shown(value), field.kind.name());
        let text = || value.as_str().ok_or_else(|| expected("a text in quotes"));
        let exact = case == Case::Exact;
        match field.kind {
            FieldType::Text | FieldType::Phone | FieldType::Email | FieldType::List => {
                text().map(|text| Self::Text(text::comparable(text, exact)))
            }
            FieldType::Choice => {
                let folded = text::fold(text()?);
                if field.options.iter().any(|option| text::fold(option) == folded) {
                    Ok(Self::Text(text::comparable(text()?, exact)))
                } else {
                    let hint = near::hint(text()?, field.options.iter().map(String::as_str));
                    Err(expected(&format!("one of its options: {}{hint}", field.options.join(", "))))
                }
            }
            FieldType::Number => parse::number_of(value).map(Self::Number).ok_or_else(|| expected("a number")),
            FieldType::Boolean => value.as_bool().map(Self::Boolean).ok_or_else(|| expected("true or false")),
            FieldType::Date | FieldType::Datetime => value
                .as_str()
                .and_then(|text| instant(text, zone))
                .map(Self::Instant)
                .ok_or_else(|| expected("a day or a time such as 2026-07-31 or 2026-07-31T10:00:00Z")),
            FieldType::Time => value
                .as_str()
                .and_then(parse::time_of_day)
                .map(Self::Time)
                .ok_or_else(|| expected("a time of day such as 09:00 or 17:30:00")),
            // No operator reads one: `within_km` has its own form.
            FieldType::Geo => Err(expected("the operator within_km")),
        }
    }
}

fn day_start(date: civil::Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_zoned(date.at(0, 0, 0, 0)).compatible().ok().map(|zoned| zoned.timestamp())
}

pub(crate) fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
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
