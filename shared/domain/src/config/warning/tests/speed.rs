//! Ten thousand rules are looked at with bounded work, and what was not compared is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config::warning::{Facts, Warning, warnings};
use crate::config::{Known, document};

const RULES: usize = crate::config::RULES_MAX;

fn warned(when: impl Fn(usize) -> Value) -> Vec<Warning> {
    let rules: Vec<Value> =
        (0..RULES).map(|number| json!({"id": format!("r{number}"), "when": when(number), "then": ["park"]})).collect();
    let config = json!({
        "fields": [{"name": "score", "type": "number"}, {"name": "size", "type": "number"}],
        "profiles": [{"id": "p", "rules": rules, "default": "park"}],
    });
    let known = Known { secrets: &BTreeSet::new(), formats: &[], lists: &BTreeSet::new() };
    let checked = document::from_value(config).unwrap().check(&known).unwrap();
    let facts = Facts { now: jiff::Timestamp::UNIX_EPOCH, lists: &BTreeSet::new(), fills: &|_, _| true };
    let start = std::time::Instant::now();
    let told = warnings(&checked, &facts);
    println!("{:?} {}", start.elapsed(), told.len());
    told
}

/// Territories: a state, the beginning of a ZIP code and a score. One in a thousand stands twice.
#[test]
fn territories() {
    let told = warned(|number| {
        let number = if number % 1_000 == 999 { number - 500 } else { number };
        json!({"all": [
            {"field": "state", "op": "eq", "value": format!("s{}", number % 50)},
            {"field": "postal_code", "op": "starts_with", "value": format!("{:04}", number % 10_000)},
            {"field": "score", "op": "gte", "value": number % 97},
        ]})
    });
    let codes: Vec<&str> = told.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["covered_by"; 10]);
}

/// Trees of one to six comparisons over twelve fields.
#[test]
fn mixed() {
    let told = warned(|number| {
        // A small generator of its own: the same rules in every run.
        let mut state = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = move |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let parts: Vec<Value> = (0..=next(6))
            .map(|_| match next(12) {
                0 => json!({"field": "state", "op": "eq", "value": format!("s{}", next(50))}),
                1 => json!({"field": "country", "op": "in", "value": [format!("c{}", next(200)), format!("c{}", next(200))]}),
                2 => json!({"field": "postal_code", "op": "starts_with", "value": format!("{:03}", next(1_000))}),
                3 => json!({"field": "company", "op": "contains", "value": format!("x{}", next(500))}),
                4 => json!({"field": "score", "op": "gte", "value": next(100)}),
                5 => json!({"field": "size", "op": "lt", "value": next(5_000)}),
                6 => json!({"field": "lead_source", "op": "ne", "value": format!("l{}", next(20))}),
                7 => json!({"field": "email.domain", "op": "ends_with", "value": format!(".t{}", next(40))}),
                8 => json!({"field": "utm.campaign", "op": "exists"}),
                9 => json!({"field": "received.time", "op": "between", "value": ["09:00", format!("1{}:00", next(10))]}),
                10 => json!({"field": "lead.is_new", "op": "eq", "value": next(2) == 0}),
                _ => json!({"field": "received.weekday", "op": "not_in", "value": ["saturday", "sunday"]}),
            })
            .collect();
        if next(4) == 0 { json!({"any": parts}) } else { json!({"all": parts}) }
    });
    assert!(!told.is_empty());
    println!("{:?}", told.iter().filter(|warning| warning.code == "not_compared").collect::<Vec<_>>());
}

#[test]
fn lists_of_values() {
    let told = warned(|number| {
        let values: Vec<String> = (0..40).map(|value| format!("{:06}", number * 20 + value)).collect();
        json!({"field": "postal_code", "op": "in", "value": values})
    });
    assert_eq!(told.iter().filter(|warning| warning.code == "not_compared").count(), 0, "{told:#?}");
}

/// Nothing to look them up by: the work is cut short, and that is told.
#[test]
fn ranges_of_one_field_are_given_up_in_time() {
    let told = warned(|number| {
        json!({"all": [
            {"field": "score", "op": "gt", "value": number},
            {"field": "score", "op": "lt", "value": number + 2},
            {"field": "size", "op": "lt", "value": number + 2},
        ]})
    });
    let codes: Vec<&str> = told.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["not_compared"]);
    assert!(told[0].message.contains("may be covered without a warning"), "{}", told[0].message);
}
