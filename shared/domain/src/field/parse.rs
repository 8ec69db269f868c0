//! Reading values from text, strictly: what is not plainly of a type does not fit.

use jiff::civil;
use rust_decimal::Decimal;
use serde_json::Value;

/// Digits, with a '.' before the fraction; a JSON number's `1e3` as well. `1,200` is one thing in Boston and another in
/// Berlin, so it is none here. `None` also for more than 28 digits.
#[must_use]
pub fn number(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) || unsigned.contains('_') {
        return None;
    }
    if unsigned.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok()
}

/// A JSON number, or a text that is one, exactly.
#[must_use]
pub fn number_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(value) => number(&value.to_string()),
        Value::String(text) => number(text.trim()),
        _ => None,
    }
}

/// A time of day: `HH:MM` or `HH:MM:SS`, from `00:00` to `23:59:59`.
#[must_use]
pub fn time_of_day(text: &str) -> Option<civil::Time> {
    let mut parts = text.split(':').map(|part| {
        let two_digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if two_digits { part.parse::<i8>().ok() } else { None }
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        None => 0,
        Some(second) => second?,
    };
    if parts.next().is_some() {
        return None;
    }
    civil::Time::new(hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("75", Some("75")),
            ("-0.10", Some("-0.10")),
            ("+3", Some("3")),
            ("1e3", Some("1000")),
            ("1,200", None),
            ("1_200", None),
            (".5", None),
            ("0x10", None),
            ("", None),
            ("-", None),
            ("123456789012345678901234567890", None),
            ("1e28", Some("10000000000000000000000000000")),
            ("1e29", None),
            ("1e-28", Some("0.0000000000000000000000000001")),
            ("1e-29", None),
            ("1e2147483648", None),
            ("1e-2147483649", None),
            ("1e99999999999999999999", None),
            ("1e", None),
            ("1e1e1", None),
            ("1e1.5", None),
        ] {
            assert_eq!(number(text), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn times_of_day() {
        for (text, expected) in [
            ("00:00", Some((0, 0, 0))),
            ("09:05", Some((9, 5, 0))),
            ("23:59:59", Some((23, 59, 59))),
            ("24:00", None),
            ("23:60", None),
            ("23:59:60", None),
            ("9:05", None),
            ("09", None),
            ("0905", None),
            ("09:05:00:00", None),
            ("09:05:00.5", None),
            ("-9:05", None),
            ("+9:05", None),
            ("09:05 PM", None),
            ("", None),
        ] {
            let expected = expected.map(|(hour, minute, second)| civil::time(hour, minute, second, 0));
            assert_eq!(time_of_day(text), expected, "{text}");
        }
    }
}
