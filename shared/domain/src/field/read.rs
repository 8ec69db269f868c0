//! A field's value from JSON, as a person writes it for a lead that capture has already normalised.

use jiff::civil;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{FieldType, FieldValue, parse};
use crate::condition::instant;
use crate::config::FieldInfo;
use crate::text::fold;

impl FieldValue {
    /// The value in its field's type.
    ///
    /// # Errors
    /// What was found and what the field needs, in words.
    pub fn read(value: &Value, field: &FieldInfo, zone: &TimeZone) -> Result<Self, String> {
        let read = match field.kind {
            FieldType::Text | FieldType::Phone | FieldType::Email => {
                value.as_str().map(|text| Self::Text(text.to_owned()))
            }
            FieldType::Choice => value.as_str().and_then(|text| {
                let option = field.options.iter().find(|option| fold(option) == fold(text));
                option.map(|option| Self::Text(option.clone()))
            }),
            FieldType::Number => parse::number_of(value).map(|number| Self::Number { number }),
            FieldType::Boolean => value.as_bool().map(Self::Boolean),
            FieldType::Date => {
                text(value).and_then(|text| text.parse::<civil::Date>().ok()).map(|date| Self::Date { date })
            }
            FieldType::Datetime => {
                text(value).and_then(|text| instant(text, zone)).map(|datetime| Self::Datetime { datetime })
            }
            FieldType::Time => text(value).and_then(parse::time_of_day).map(|time| Self::Time { time }),
            FieldType::Geo => serde_json::from_value(value.clone()).ok().map(|geo| Self::Geo { geo }),
            FieldType::List => serde_json::from_value(value.clone()).ok().map(Self::List),
        };
        read.ok_or_else(|| format!("{value} does not fit: this {} field needs {}", field.kind.name(), needs(field)))
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim)
}

fn needs(field: &FieldInfo) -> String {
    match field.kind {
        FieldType::Text | FieldType::Phone | FieldType::Email => "a text in quotes".to_owned(),
        FieldType::Choice => format!("one of its options: {}", field.options.join(", ")),
        FieldType::Number => "a number".to_owned(),
        FieldType::Boolean => "true or false".to_owned(),
        FieldType::Date => "a day such as 2026-07-31".to_owned(),
        FieldType::Datetime => "a day or a time such as 2026-07-31T10:00:00Z".to_owned(),
        FieldType::Time => "a time of day in quotes such as '09:00'".to_owned(),
        FieldType::Geo => "a place such as { lat: 52.52, lon: 13.405 }".to_owned(),
        FieldType::List => "a list of texts".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_fit_their_type_or_say_what_it_needs() {
        let read = |kind, value: Value| {
            let field = FieldInfo { kind, options: vec!["Gold".to_owned()], derived: false };
            FieldValue::read(&value, &field, &TimeZone::UTC).map(|value| value.to_string())
        };
        for (kind, value, expected) in [
            (FieldType::Text, json!("a"), "a"),
            (FieldType::Choice, json!("GOLD"), "Gold"),
            (FieldType::Number, json!("75.0"), "75"),
            (FieldType::Number, json!(7.5), "7.5"),
            (FieldType::Boolean, json!(true), "true"),
            (FieldType::Date, json!("2026-07-31"), "2026-07-31"),
            (FieldType::Datetime, json!("2026-07-31T10:00:00+02:00"), "2026-07-31T08:00:00Z"),
            (FieldType::Time, json!("09:30"), "09:30:00"),
            (FieldType::List, json!(["a", "b"]), "a, b"),
        ] {
            assert_eq!(read(kind, value).as_deref(), Ok(expected));
        }
        for (kind, value) in [
            (FieldType::Text, json!(1)),
            (FieldType::Choice, json!("Tin")),
            (FieldType::Number, json!("many")),
            (FieldType::Boolean, json!("yes")),
            (FieldType::Date, json!("tomorrow")),
            (FieldType::Time, json!("9")),
            (FieldType::Geo, json!({ "lat": 99, "lon": 0 })),
            (FieldType::List, json!("a")),
        ] {
            let said = read(kind, value.clone()).unwrap_err();
            assert!(said.contains(&value.to_string()) && said.contains(kind.name()), "{said}");
        }
    }
}
