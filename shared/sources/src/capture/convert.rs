//! One outside value to a value of its field's type. Strict: what is not plainly of the type does not fit.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use leadyard_domain::config::FieldInfo;
use leadyard_domain::field::{FieldType, FieldValue, InvalidPoint, Point, parse};
use leadyard_domain::text::fold;
use serde_json::Value;

use super::{email, phone};

/// What a conversion needs to know of the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    /// The zone of times without one.
    pub(super) zone: &'a TimeZone,
    /// The country of phone numbers without a country code.
    pub(super) country: Option<&'a str>,
}

/// Whether an outside value is none: senders write an empty field in many ways.
#[must_use]
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_nothing),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The value in its field's type.
///
/// # Errors
/// What the field expects, in words.
pub(super) fn convert(value: &Value, field: &FieldInfo, setting: Setting<'_>) -> Result<FieldValue, String> {
    let text = scalar(value);
    let text = text.as_deref().map(str::trim);
    match field.kind {
        FieldType::Text => text.map(|text| FieldValue::Text(text.to_owned())).ok_or_else(|| "a text".to_owned()),
        FieldType::Number => text
            .filter(|_| !matches!(value, Value::Bool(_)))
            .and_then(parse::number)
            .map(|number| FieldValue::Number { number })
            .ok_or_else(|| "a number such as 75.5".to_owned()),
        FieldType::Boolean => text
            .and_then(boolean)
            .map(FieldValue::Boolean)
            .ok_or_else(|| "a boolean (true or false, yes or no, on or off, 1 or 0)".to_owned()),
        FieldType::Date => text
            .and_then(|text| date(text, setting.zone))
            .map(|date| FieldValue::Date { date })
            .ok_or_else(|| "a date such as 2026-01-31".to_owned()),
        FieldType::Datetime => text
            .and_then(|text| datetime(text, setting.zone))
            .map(|datetime| FieldValue::Datetime { datetime })
            .ok_or_else(|| "a time such as 2026-01-31T15:00 or 2026-01-31T15:00:00+01:00".to_owned()),
        FieldType::Phone => text
            .and_then(|text| phone::normalise(text, setting.country))
            .map(FieldValue::Text)
            .ok_or_else(|| match setting.country {
                Some(country) => format!("a phone number of {country}, or one with '+' and a country code"),
                None => "a phone number with '+' and a country code, as the source has no default_country".to_owned(),
            }),
        FieldType::Email => text
            .and_then(email::normalise)
            .map(FieldValue::Text)
            .ok_or_else(|| "an email address such as anna@example.com".to_owned()),
        FieldType::Choice => text
            .and_then(|text| choice(text, &field.options))
            .map(|option| FieldValue::Text(option.to_owned()))
            .ok_or_else(|| one_of(&field.options)),
        FieldType::Time => text
            .and_then(parse::time_of_day)
            .map(|time| FieldValue::Time { time })
            .ok_or_else(|| "a time of day such as 09:00 or 17:30:00".to_owned()),
        FieldType::Geo => place(value).map(|geo| FieldValue::Geo { geo }).map_err(|error| match error {
            InvalidPoint::Shape => {
                "a place such as {\"lat\": 52.52, \"lon\": 13.405} or the text 52.52,13.405".to_owned()
            }
            range => format!("a place on the earth ({range})"),
        }),
        FieldType::List => list(value).map(FieldValue::List).ok_or_else(|| "a list of texts".to_owned()),
    }
}

/// The text of one value; a list of one counts as its item, for some platforms send every value so.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(items) => match items.as_slice() {
            [only] if !only.is_array() => scalar(only),
            _ => None,
        },
        Value::Null | Value::Object(_) => None,
    }
}

fn list(value: &Value) -> Option<Vec<String>> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let present = items.iter().filter(|item| !is_nothing(item));
    present.map(|item| if item.is_array() { None } else { scalar(item).map(|text| text.trim().to_owned()) }).collect()
}

/// A place: an object with its latitude and longitude under one of their usual names, or a text of both.
fn place(value: &Value) -> Result<Point, InvalidPoint> {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(items) if items.len() == 1 => return place(&items[0]),
        other => return scalar(other).ok_or(InvalidPoint::Shape)?.parse(),
    };
    let degrees = |names: &[&str]| {
        let text = scalar(names.iter().find_map(|name| object.get(*name))?)?;
        text.trim().parse::<f64>().ok()
    };
    let lat = degrees(&["lat", "latitude"]).ok_or(InvalidPoint::Shape)?;
    let lon = degrees(&["lon", "lng", "longitude"]).ok_or(InvalidPoint::Shape)?;
    Point::new(lat, lon)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Some(true),
        "false" | "no" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// A day; of a moment with its zone, the day that it is in the source's.
fn date(text: &str, zone: &TimeZone) -> Option<civil::Date> {
    const DAY_CHARS: usize = "2026-01-31".len();
    if text.len() == DAY_CHARS {
        return text.parse().ok();
    }
    datetime(text, zone).map(|moment| moment.to_zoned(zone.clone()).date())
}

fn datetime(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    // A day alone would parse as its midnight, which nobody meant.
    if !text.contains(':') {
        return None;
    }
    let local: civil::DateTime = text.parse().ok()?;
    // In the hour that a clock goes through twice the earlier one; in the one that it leaves out, the later.
    local.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

fn choice<'a>(text: &str, options: &'a [String]) -> Option<&'a str> {
    let wanted = fold(text);
    options.iter().map(String::as_str).find(|option| fold(option) == wanted)
}

/// The options for an error, as many as a person would read.
fn one_of(options: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<&str> = options.iter().take(SHOWN).map(String::as_str).collect();
    let more = if options.len() > SHOWN { format!(" and {} more", options.len() - SHOWN) } else { String::new() };
    format!("one of: {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use leadyard_domain::field::FieldType as T;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KINDS: [T; 11] =
        [T::Text, T::Number, T::Boolean, T::Date, T::Datetime, T::Phone, T::Email, T::Choice, T::List, T::Time, T::Geo];

    fn to(kind: T, value: &Value) -> Result<Value, String> {
        let options = vec!["Gold".to_owned(), "Straße".to_owned()];
        let field = FieldInfo { kind, options, derived: false };
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let converted = convert(value, &field, Setting { zone: &zone, country: Some("DE") })?;
        Ok(serde_json::to_value(converted).unwrap())
    }

    #[test]
    fn what_fits() {
        for (kind, value, expected) in [
            (T::Text, json!(" ab "), json!("ab")),
            (T::Text, json!(1_234_567_890_123_456_789_u64), json!("1234567890123456789")),
            (T::Text, json!(["only"]), json!("only")),
            (T::Text, json!(true), json!("true")),
            (T::Number, json!(75), json!({"number": "75"})),
            (T::Number, json!("75.0"), json!({"number": "75.0"})),
            (T::Number, json!("-0.10"), json!({"number": "-0.10"})),
            (T::Number, json!(0.1), json!({"number": "0.1"})),
            (T::Number, json!("1234567890123456789.5"), json!({"number": "1234567890123456789.5"})),
            (T::Number, json!(1e20), json!({"number": "100000000000000000000"})),
            (T::Boolean, json!(false), json!(false)),
            (T::Boolean, json!("Yes"), json!(true)),
            (T::Boolean, json!(0), json!(false)),
            (T::Boolean, json!("on"), json!(true)),
            (T::Date, json!("2026-01-31"), json!({"date": "2026-01-31"})),
            (T::Date, json!("2026-01-31T23:30:00Z"), json!({"date": "2026-02-01"})),
            (T::Datetime, json!("2026-01-31T15:00:00+02:00"), json!({"datetime": "2026-01-31T13:00:00Z"})),
            (T::Datetime, json!("2026-01-31T15:00"), json!({"datetime": "2026-01-31T14:00:00Z"})),
            (T::Datetime, json!("2026-07-31 15:00:01"), json!({"datetime": "2026-07-31T13:00:01Z"})),
            (T::Phone, json!("030 1234567"), json!("+49301234567")),
            (T::Phone, json!(4_930_123_456_i64), json!("+4930123456")),
            (T::Email, json!("A@Example.com"), json!("A@example.com")),
            (T::Choice, json!("gold "), json!("Gold")),
            (T::Choice, json!("STRASSE"), json!("Straße")),
            (T::List, json!(["a", 1, "", null]), json!(["a", "1"])),
            (T::List, json!("a"), json!(["a"])),
            (T::Time, json!("09:00"), json!({"time": "09:00:00"})),
            (T::Time, json!(" 17:30:15 "), json!({"time": "17:30:15"})),
            (T::Geo, json!({"lat": 52.52, "lon": 13.405}), json!({"geo": {"lat": 52.52, "lon": 13.405}})),
            (
                T::Geo,
                json!({"latitude": "52.52", "longitude": " -13.405 ", "accuracy": 9}),
                json!({"geo": {"lat": 52.52, "lon": -13.405}}),
            ),
            (T::Geo, json!({"lat": -90, "lng": 180}), json!({"geo": {"lat": -90.0, "lon": 180.0}})),
            (T::Geo, json!("52.52, 13.405"), json!({"geo": {"lat": 52.52, "lon": 13.405}})),
            (T::Geo, json!([{"lat": 1, "lon": 2}]), json!({"geo": {"lat": 1.0, "lon": 2.0}})),
        ] {
            assert_eq!(to(kind, &value), Ok(expected), "{kind:?} of {value}");
        }
    }

    #[test]
    fn what_does_not_fit() {
        for (kind, value) in [
            (T::Text, json!({"a": 1})),
            (T::Text, json!(["a", "b"])),
            (T::Number, json!("1,200")),
            (T::Number, json!("1_200")),
            (T::Number, json!("12 EUR")),
            (T::Number, json!(".5")),
            (T::Number, json!("0x10")),
            (T::Number, json!(true)),
            (T::Number, json!("123456789012345678901234567890")),
            (T::Boolean, json!(2)),
            (T::Boolean, json!("maybe")),
            (T::Date, json!("31.01.2026")),
            (T::Date, json!("2026-02-30")),
            (T::Date, json!(1_769_814_000)),
            (T::Datetime, json!("2026-01-31")),
            (T::Datetime, json!("15:00")),
            (T::Phone, json!("12")),
            (T::Email, json!("nobody")),
            (T::Choice, json!("silver")),
            (T::Choice, json!("")),
            (T::List, json!({"a": 1})),
            (T::List, json!([["a"]])),
            (T::Time, json!("9:00")),
            (T::Time, json!("24:00")),
            (T::Time, json!(900)),
            (T::Time, json!("2026-01-31T09:00")),
            (T::Geo, json!("Berlin")),
            (T::Geo, json!("52.52")),
            (T::Geo, json!("91,0")),
            (T::Geo, json!("0,181")),
            (T::Geo, json!("nan,nan")),
            (T::Geo, json!("52,52,13,405")),
            (T::Geo, json!({"lat": 91, "lon": 0})),
            (T::Geo, json!({"lat": 52.52})),
            (T::Geo, json!({"lat": 52.52, "lon": null})),
            (T::Geo, json!({"lat": true, "lon": false})),
            // One order here, the other in GeoJSON.
            (T::Geo, json!([52.52, 13.405])),
        ] {
            let expected = to(kind, &value).expect_err(&format!("{kind:?} of {value}"));
            assert!(expected.contains(kind.name()) || !expected.is_empty(), "{expected}");
        }
    }

    #[test]
    fn a_place_that_is_none_is_told_by_what_is_wrong_with_it() {
        assert!(to(T::Geo, &json!({"lat": 91, "lon": 0})).unwrap_err().contains("a number from -90 to 90"));
        assert!(to(T::Geo, &json!("0,181")).unwrap_err().contains("a number from -180 to 180"));
        assert!(to(T::Geo, &json!("Berlin")).unwrap_err().contains("the text 52.52,13.405"));
    }

    #[test]
    fn a_clock_that_is_put_forward_and_back() {
        for (local, expected) in
            [("2026-03-29T02:30", "2026-03-29T01:30:00Z"), ("2026-10-25T02:30", "2026-10-25T00:30:00Z")]
        {
            assert_eq!(to(T::Datetime, &json!(local)), Ok(json!({ "datetime": expected })), "{local}");
        }
    }

    proptest! {
        #[test]
        fn any_text_fits_or_does_not(text in ".{0,40}|[-+0-9.,eTZ: ]{0,40}|[0-9:]{5,8}|-?[0-9]{1,3}.[0-9]{0,9},[0-9.]{1,9}") {
            for kind in KINDS {
                // What fits is read again as itself.
                if let Ok(converted) = to(kind, &json!(text)) {
                    let field: FieldValue = serde_json::from_value(converted.clone()).unwrap();
                    prop_assert_eq!(to(kind, &field.to_json()).map(|again| match again {
                        // A number in JSON has no trailing zeros.
                        Value::Object(_) if kind == T::Number => converted.clone(),
                        again => again,
                    }), Ok(converted), "{:?} of {:?}", kind, text);
                }
            }
        }
    }
}
