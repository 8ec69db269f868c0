//! Values of fields.

use std::fmt;

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Point;

/// The value of a field, parsed.
///
/// Stored form: texts, booleans and lists are themselves; the others say what they are (`{"number": "75.5"}`), so that a
/// value is read back as it was, whatever the config says by then. [`FieldValue::to_json`] is the form people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A time of day.
    Time {
        /// Its value.
        time: civil::Time,
    },
    /// A place on the earth.
    Geo {
        /// Its value.
        geo: Point,
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
            Self::Time { time } => Value::from(time.to_string()),
            Self::Geo { geo } => serde_json::json!({ "lat": geo.lat(), "lon": geo.lon() }),
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
            Self::Time { time } => write!(f, "{time}"),
            Self::Geo { geo } => write!(f, "{geo}"),
            Self::List(items) => f.write_str(&items.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_reads_back_as_it_was() {
        let values = [
            FieldValue::Text("2026-01-01".into()),
            FieldValue::Boolean(true),
            FieldValue::Number { number: "75.50".parse().unwrap() },
            FieldValue::Date { date: "2026-01-01".parse().unwrap() },
            FieldValue::Datetime { datetime: "2026-01-01T10:00:00Z".parse().unwrap() },
            FieldValue::Time { time: "22:00:00".parse().unwrap() },
            FieldValue::Geo { geo: Point::new(52.52, -13.405).unwrap() },
            FieldValue::Geo { geo: Point::new(0.0, 180.0).unwrap() },
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
    fn people_see_plain_values() {
        let time = FieldValue::Time { time: "22:00:00".parse().unwrap() };
        assert_eq!((time.to_json(), time.to_string()), (serde_json::json!("22:00:00"), "22:00:00".to_owned()));
        let geo = FieldValue::Geo { geo: Point::new(52.52, 13.405).unwrap() };
        assert_eq!(geo.to_json(), serde_json::json!({ "lat": 52.52, "lon": 13.405 }));
        assert_eq!(geo.to_string(), "52.52, 13.405");
    }
}
