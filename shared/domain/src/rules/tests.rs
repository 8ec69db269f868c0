//! The index gives the answers and the reasons of trying the rules one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::condition::{Case, Subject};
use crate::config::{Known, document};
use crate::field::{FieldName, FieldValue};
use crate::id::ListName;
use crate::lead::Lead;
use crate::testing::lead;

/// Rule sets times leads: the cases of one run.
const RULE_SETS: u32 = 1_000;
const LEADS: usize = 100;

/// A comparison of one of twelve fields, mostly with values that leads have.
fn comparison() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec!["acme", "ACME", "acme ltd", "ltd", "a", "é", "straße", "zzz"]);
    let text_op = prop::sample::select(vec![
        "eq",
        "ne",
        "contains",
        "not_contains",
        "starts_with",
        "ends_with",
        "matches",
        "in_list",
        "not_in_list",
    ]);
    let text_field = prop::sample::select(vec!["company", "city", "email.domain"]);
    let text = (text_field, text_op, word.clone(), any::<bool>()).prop_map(|(field, op, word, exact)| match op {
        "in_list" | "not_in_list" => json!({"field": field, "op": op, "value": "names"}),
        _ => json!({"field": field, "op": op, "value": word, "case": if exact { "exact" } else { "fold" }}),
    });
    let one_of = (
        prop::sample::select(vec!["company", "city", "tags", "state"]),
        prop::sample::select(vec!["in", "not_in"]),
        prop::collection::vec(prop::sample::select(vec!["ca", "ny", "tx"]), 1..4),
    )
        .prop_map(|(field, op, values)| json!({"field": field, "op": op, "value": values}));
    let tags = (prop::sample::select(vec!["eq", "ne", "contains", "not_contains"]), word)
        .prop_map(|(op, word)| json!({"field": "tags", "op": op, "value": word}));
    let number = (
        prop::sample::select(vec!["score", "size", "lead.duplicate_count"]),
        prop::sample::select(vec!["eq", "ne", "gt", "gte", "lt", "lte", "in"]),
        0..6i64,
    )
        .prop_map(|(field, op, bound)| match op {
            "in" => json!({"field": field, "op": op, "value": [bound, bound + 2]}),
            _ => json!({"field": field, "op": op, "value": bound}),
        });
    let between =
        (0..6i64, 0..6i64).prop_map(|(a, b)| json!({"field": "score", "op": "between", "value": [a.min(b), a.max(b)]}));
    let time = (0..24u8, 0..24u8).prop_map(
        |(from, to)| json!({"field": "received.time", "op": "between", "value": [format!("{from:02}:00"), format!("{to:02}:00")]}),
    );
    let present = (
        prop::sample::select(vec!["company", "score", "tags", "geo", "day"]),
        prop::sample::select(vec!["exists", "missing"]),
    )
        .prop_map(|(field, op)| json!({"field": field, "op": op}));
    let boolean = (prop::sample::select(vec!["optin", "lead.is_new", "email.is_free"]), any::<bool>())
        .prop_map(|(field, value)| json!({"field": field, "op": "eq", "value": value}));
    let day = (prop::sample::select(vec!["gt", "lte", "eq"]), 1..5u8)
        .prop_map(|(op, day)| json!({"field": "day", "op": op, "value": format!("2026-07-0{day}")}));
    let near = (48..54i32)
        .prop_map(|lat| json!({"field": "geo", "op": "within_km", "value": {"lat": lat, "lon": 13.4, "km": 200}}));
    prop_oneof![4 => text, 2 => one_of, 1 => tags, 4 => number, 2 => between, 1 => time, 1 => present, 1 => boolean, 1 => day, 1 => near]
}

fn condition() -> impl Strategy<Value = Value> {
    comparison().prop_recursive(3, 8, 3, |inner| {
        let parts = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            3 => parts.clone().prop_map(|parts| json!({"all": parts})),
            2 => parts.prop_map(|parts| json!({"any": parts})),
            1 => inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let moment =
        || prop::option::weighted(0.1, 0..10u8).prop_map(|day| day.map(|day| format!("2026-07-{:02}", day + 1)));
    (prop::option::weighted(0.97, condition()), moment()).prop_map(|(when, from)| {
        let mut rule = json!({"then": ["park"]});
        if let Some(when) = when {
            rule["when"] = when;
        }
        if let Some(from) = from {
            rule["active_from"] = json!(from);
        }
        rule
    })
}

fn compile(rules: &[Value]) -> (Rules, Vec<crate::config::CheckedRule>) {
    let rules: Vec<Value> = rules
        .iter()
        .enumerate()
        .map(|(number, rule)| {
            let mut rule = rule.clone();
            rule["id"] = json!(format!("r{number}"));
            rule
        })
        .collect();
    let config = json!({
        "account": {"timezone": "America/New_York"},
        "fields": [
            {"name": "score", "type": "number"},
            {"name": "size", "type": "number"},
            {"name": "optin", "type": "boolean"},
            {"name": "tags", "type": "list"},
            {"name": "day", "type": "date"},
        ],
        "profiles": [{"id": "p", "rules": rules}],
    });
    let names = ListName::new("names").unwrap();
    let known = Known { secrets: &BTreeSet::new(), formats: &[], lists: &BTreeSet::from([names.clone()]) };
    let checked = document::from_value(config).unwrap().check(&known).unwrap();
    let mut lists = Lists::default();
    for case in [Case::Fold, Case::Exact] {
        lists.add(names.clone(), case, "Acme\nTX\ngmail.com\n");
    }
    let one_by_one = checked.profiles(KnownLists::Loaded(&lists)).unwrap().remove(0).rules;
    (checked.compile(&lists).unwrap(), one_by_one)
}

fn fields() -> impl Strategy<Value = BTreeMap<FieldName, FieldValue>> {
    let text = |values: &[&str]| {
        let values: Vec<FieldValue> = values.iter().map(|value| FieldValue::Text((*value).to_owned())).collect();
        prop::sample::select(values).boxed()
    };
    let number = || (0..7i64).prop_map(|number| FieldValue::Number { number: number.into() }).boxed();
    let words = ["Acme", "acme ltd", " a ", "É", "STRASSE", "TX", "", "other"];
    let tags = prop::collection::vec(prop::sample::select(vec!["Acme", "ny", "a", "x"]), 0..3)
        .prop_map(|tags| FieldValue::List(tags.into_iter().map(str::to_owned).collect()));
    let day = (1..6i8).prop_map(|day| FieldValue::Date { date: jiff::civil::date(2026, 7, day) });
    let geo = (48..54i32)
        .prop_map(|lat| serde_json::from_value(json!({"geo": {"lat": f64::from(lat), "lon": 13.4}})).expect("a place"));
    let all: Vec<(&str, BoxedStrategy<FieldValue>)> = vec![
        ("company", text(&words)),
        ("city", text(&words)),
        ("state", text(&["CA", "ny", "Tx", "wa"])),
        ("email", text(&["a@gmail.com", "b@acme", "c@ltd"])),
        ("score", number()),
        ("size", number()),
        ("optin", any::<bool>().prop_map(FieldValue::Boolean).boxed()),
        ("tags", tags.boxed()),
        ("day", day.boxed()),
        ("geo", geo.boxed()),
        // A field that had another type when the lead was stored.
        ("score", text(&["3"])),
    ];
    let each: Vec<_> = all
        .into_iter()
        .map(|(name, value)| {
            let likely = if name == "score" { 0.4 } else { 0.7 };
            prop::option::weighted(likely, value)
                .prop_map(move |value| value.map(|value| (FieldName::new(name).unwrap(), value)))
        })
        .collect();
    each.prop_map(|fields| fields.into_iter().flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: RULE_SETS, ..ProptestConfig::default() })]
    #[test]
    fn the_index_answers_as_one_by_one(
        rules in prop::collection::vec(rule(), 1..25),
        leads in prop::collection::vec((fields(), 0..4u32, 0..12 * 24i64), LEADS),
    ) {
        let (rules, one_by_one) = compile(&rules);
        let profile = &rules.profiles[0];
        let zone = TimeZone::get("America/New_York").unwrap();
        let start: Timestamp = "2026-06-30T00:30:00Z".parse().unwrap();
        for (fields, duplicates, hours) in leads {
            let lead = Lead { duplicate_count: duplicates, ..lead(fields) };
            let received_at = start + jiff::SignedDuration::from_hours(hours);
            let subject = Subject { lead: &lead, source: &lead.source, is_new: hours % 2 == 0, received_at, zone: &zone };
            let tried: Vec<_> = one_by_one
                .iter()
                .map(|rule| match (rule.window.contains(received_at), &rule.test) {
                    (false, _) => Err(PassedOver::OutOfTime),
                    (true, None) => Ok(()),
                    (true, Some(test)) => test.check(&subject).map_err(PassedOver::Failed),
                })
                .collect();
            let expected: Vec<usize> =
                tried.iter().enumerate().filter(|(_, tried)| tried.is_ok()).map(|(place, _)| place).collect();
            prop_assert_eq!(&profile.matching(&subject, usize::MAX), &expected);
            prop_assert_eq!(profile.matching(&subject, 1).first().copied(), expected.first().copied());
            let mut reasons: Vec<_> = profile.passed_over(&subject, 0..one_by_one.len()).map(|(_, why)| why).collect();
            reasons.reverse();
            prop_assert_eq!(reasons, tried.into_iter().filter_map(Result::err).collect::<Vec<_>>());
        }
    }
}
