//! Comparisons in words.

use serde_json::Value;

use crate::condition::operator::Operator;

/// Most values that a sentence lists.
const LISTED_MAX: usize = 5;

/// What a comparison asks for, to stand after "asks for": `more than 500`, `one of DE, AT and CH`.
///
/// `expected` is the rule's value as JSON, whole or cut; `positive` is false where the comparison must not hold.
#[must_use]
pub fn asked(op: Operator, positive: bool, expected: &str) -> String {
    let value = Written::new(expected);
    let one = value.one();
    match (op, positive) {
        (Operator::Eq, true) | (Operator::Ne, false) => one,
        (Operator::Ne, true) | (Operator::Eq, false) => format!("anything but {one}"),
        (Operator::In, true) | (Operator::NotIn, false) => format!("one of {}", value.listed("or")),
        (Operator::NotIn, true) | (Operator::In, false) => format!("none of {}", value.listed("and")),
        (Operator::Gt, true) | (Operator::Lte, false) => format!("{} {one}", value.order("more than", "later than")),
        (Operator::Gt, false) | (Operator::Lte, true) => format!("{} {one}", value.order("at most", "no later than")),
        (Operator::Gte, true) | (Operator::Lt, false) => {
            format!("{} {one}", value.order("at least", "no earlier than"))
        }
        (Operator::Lt, true) | (Operator::Gte, false) => format!("{} {one}", value.order("less than", "earlier than")),
        (Operator::Between, true) => format!("a value from {}", value.ends()),
        (Operator::Between, false) => format!("no value from {}", value.ends()),
        (Operator::Contains, true) | (Operator::NotContains, false) => format!("a value that contains {one}"),
        (Operator::NotContains, true) | (Operator::Contains, false) => format!("a value that does not contain {one}"),
        (Operator::StartsWith, true) => format!("a value that begins with {one}"),
        (Operator::StartsWith, false) => format!("a value that does not begin with {one}"),
        (Operator::EndsWith, true) => format!("a value that ends with {one}"),
        (Operator::EndsWith, false) => format!("a value that does not end with {one}"),
        (Operator::Matches, true) => format!("a value that matches the pattern {}", value.raw()),
        (Operator::Matches, false) => format!("a value that does not match the pattern {}", value.raw()),
        (Operator::InList, true) | (Operator::NotInList, false) => format!("an entry of the list {one}"),
        (Operator::NotInList, true) | (Operator::InList, false) => format!("no entry of the list {one}"),
        (Operator::WithinKm, true) => format!("a place within {}", value.circle()),
        (Operator::WithinKm, false) => format!("a place not within {}", value.circle()),
        (Operator::Exists, true) | (Operator::Missing, false) => "any value".to_owned(),
        (Operator::Missing, true) | (Operator::Exists, false) => "no value".to_owned(),
    }
}

/// `a, b and c`.
#[must_use]
pub fn and(items: &[String]) -> String {
    joined(items, "and")
}

fn joined(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A value in a sentence: in quotes where it could be taken for a part of the sentence.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | ':' | '/');
    let is_plain = !text.is_empty() && text.chars().all(plain) && !text.ends_with(['.', ':']);
    if is_plain { text.to_owned() } else { format!("\"{text}\"") }
}

/// A rule's value as it was written. One that a trace cut off is told as it stands.
struct Written<'a> {
    text: &'a str,
    json: Option<Value>,
}

impl<'a> Written<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, json: serde_json::from_str(text).ok() }
    }

    fn one(&self) -> String {
        self.json.as_ref().map_or_else(|| self.text.to_owned(), in_words)
    }

    /// The words for numbers, or those for days and times.
    fn order(&self, numbers: &'static str, times: &'static str) -> &'static str {
        let is_time = matches!(&self.json, Some(Value::String(text)) if text.parse::<f64>().is_err());
        if is_time { times } else { numbers }
    }

    fn listed(&self, last: &str) -> String {
        let Some(Value::Array(items)) = &self.json else { return self.text.to_owned() };
        let mut words: Vec<String> = items.iter().take(LISTED_MAX).map(in_words).collect();
        if items.len() > LISTED_MAX {
            words.push(format!("{} more", items.len() - LISTED_MAX));
        }
        joined(&words, last)
    }

    fn ends(&self) -> String {
        match self.json.as_ref().and_then(Value::as_array).map(Vec::as_slice) {
            Some([low, high]) => format!("{} to {}", in_words(low), in_words(high)),
            _ => self.text.to_owned(),
        }
    }

    fn circle(&self) -> String {
        let number = |name: &str| self.json.as_ref()?.get(name).map(in_words);
        match (number("km"), number("lat"), number("lon")) {
            (Some(km), Some(lat), Some(lon)) => format!("{km} km of {lat}, {lon}"),
            _ => self.text.to_owned(),
        }
    }

    fn raw(&self) -> &str {
        self.json.as_ref().and_then(Value::as_str).unwrap_or(self.text)
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => joined(&items.iter().map(in_words).collect::<Vec<_>>(), "and"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_has_words_and_opposite_words() {
        let rows = [
            ("eq", "\"DE\"", "DE", "anything but DE"),
            ("ne", "\"New York\"", "anything but \"New York\"", "\"New York\""),
            ("in", "[\"DE\",\"AT\",\"CH\"]", "one of DE, AT or CH", "none of DE, AT and CH"),
            ("not_in", "[1,2]", "none of 1 and 2", "one of 1 or 2"),
            ("gt", "500", "more than 500", "at most 500"),
            ("gt", "\"2026-01-01\"", "later than 2026-01-01", "no later than 2026-01-01"),
            ("gte", "500", "at least 500", "less than 500"),
            ("lt", "\"75\"", "less than 75", "at least 75"),
            ("lte", "\"09:00\"", "no later than 09:00", "later than 09:00"),
            ("between", "[10,20]", "a value from 10 to 20", "no value from 10 to 20"),
            ("contains", "\"a b\"", "a value that contains \"a b\"", "a value that does not contain \"a b\""),
            ("not_contains", "\"x\"", "a value that does not contain x", "a value that contains x"),
            ("starts_with", "\"ent-\"", "a value that begins with ent-", "a value that does not begin with ent-"),
            ("ends_with", "\".org\"", "a value that ends with .org", "a value that does not end with .org"),
            (
                "matches",
                "\"^a.*\"",
                "a value that matches the pattern ^a.*",
                "a value that does not match the pattern ^a.*",
            ),
            ("exists", "", "any value", "no value"),
            ("missing", "", "no value", "any value"),
            ("in_list", "\"zips\"", "an entry of the list zips", "no entry of the list zips"),
            ("not_in_list", "\"zips\"", "no entry of the list zips", "an entry of the list zips"),
            (
                "within_km",
                "{\"km\":25,\"lat\":52.52,\"lon\":13.405}",
                "a place within 25 km of 52.52, 13.405",
                "a place not within 25 km of 52.52, 13.405",
            ),
        ];
        for (name, expected, words, opposite) in rows {
            let op = Operator::ALL.iter().find(|op| op.name() == name).copied().unwrap();
            assert_eq!(asked(op, true, expected), words);
            assert_eq!(asked(op, false, expected), opposite);
        }
        assert!(Operator::ALL.iter().all(|op| rows.iter().any(|row| row.0 == op.name())));
    }

    #[test]
    fn long_and_cut_values() {
        assert_eq!(asked(Operator::In, true, "[1,2,3,4,5,6,7]"), "one of 1, 2, 3, 4, 5 or 2 more");
        assert_eq!(asked(Operator::In, true, "[\"a\",\"b…"), "one of [\"a\",\"b…");
        assert_eq!(asked(Operator::WithinKm, true, "{\"km\":…"), "a place within {\"km\":…");
    }
}
