//! What is told of random rules is true of random leads.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::condition::{Case, KnownLists, Subject};
use crate::config::warning::{Facts, warnings};
use crate::config::{Known, document};
use crate::field::{FieldName, FieldValue};
use crate::id::ListName;
use crate::list::Lists;
use crate::testing::lead;

/// Rule sets times leads: the cases of one run.
const RULE_SETS: u32 = 400;
const LEADS: usize = 150;

const WORDS: [&str; 8] = ["a", "A", "ab", "AB", "abc", "b", "ba", "ß"];

/// Few fields with few values, so that comparisons often meet.
fn comparison() -> impl Strategy<Value = Value> {
    let text_ops =
        ["eq", "ne", "contains", "not_contains", "starts_with", "ends_with", "matches", "in_list", "not_in_list"];
    let text = (select(vec!["city", "state"]), select(text_ops.to_vec()), select(WORDS.to_vec()), any::<bool>());
    let text = text.prop_map(|(field, op, word, exact)| {
        let value = if op.ends_with("_list") { "names" } else { word };
        json!({"field": field, "op": op, "value": value, "case": if exact { "exact" } else { "fold" }})
    });
    let fields = select(vec!["city", "state", "tags"]);
    let one_of =
        (fields, select(vec!["in", "not_in"]), prop::collection::vec(select(WORDS.to_vec()), 1..4), any::<bool>());
    let one_of = one_of.prop_map(|(field, op, values, exact)| {
        json!({"field": field, "op": op, "value": values, "case": if exact { "exact" } else { "fold" }})
    });
    let tags = (select(vec!["eq", "ne", "contains", "not_contains", "in_list"]), select(WORDS.to_vec()));
    let tags = tags.prop_map(
        |(op, word)| json!({"field": "tags", "op": op, "value": if op == "in_list" { "names" } else { word }}),
    );
    let number = (select(vec!["eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "between"]), 0..4i64, 0..4i64);
    let number = number.prop_map(|(op, low, more)| match op {
        "in" | "not_in" | "between" => json!({"field": "size", "op": op, "value": [low, low + more]}),
        _ => json!({"field": "size", "op": op, "value": low}),
    });
    let time = (0..4u8, 0..4u8).prop_map(
        |(from, to)| json!({"field": "open", "op": "between", "value": [format!("0{from}:00"), format!("0{to}:00")]}),
    );
    let present = (select(vec!["city", "size", "tags", "hot", "open", "geo"]), select(vec!["exists", "missing"]));
    let present = present.prop_map(|(field, op)| json!({"field": field, "op": op}));
    let boolean = (select(vec!["eq", "ne"]), any::<bool>());
    let boolean = boolean.prop_map(|(op, value)| json!({"field": "hot", "op": op, "value": value}));
    let near = (50..53i32, select(vec![60, 120, 250]))
        .prop_map(|(lat, km)| json!({"field": "geo", "op": "within_km", "value": {"lat": lat, "lon": 13, "km": km}}));
    prop_oneof![4 => text, 3 => one_of, 2 => tags, 4 => number, 1 => time, 2 => present, 2 => boolean, 2 => near]
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

fn fields() -> impl Strategy<Value = BTreeMap<FieldName, FieldValue>> {
    let words = || select(WORDS.map(|word| FieldValue::Text(word.to_owned())).to_vec()).boxed();
    let tags = prop::collection::vec(select(WORDS.to_vec()), 0..3)
        .prop_map(|tags| FieldValue::List(tags.into_iter().map(str::to_owned).collect()));
    let number = (-1..12i64).prop_map(|half| FieldValue::Number { number: rust_decimal::Decimal::new(half * 5, 1) });
    let time = (0..8i8).prop_map(|half| FieldValue::Time { time: jiff::civil::time(half / 2, half % 2 * 30, 0, 0) });
    let geo = (490..545i32).prop_map(|lat| {
        serde_json::from_value(json!({"geo": {"lat": f64::from(lat) / 10.0, "lon": 13.0}})).expect("a place")
    });
    let all: [(&str, BoxedStrategy<FieldValue>); 7] = [
        ("city", words()),
        ("state", words()),
        ("tags", tags.boxed()),
        ("size", number.boxed()),
        ("open", time.boxed()),
        ("hot", any::<bool>().prop_map(FieldValue::Boolean).boxed()),
        ("geo", geo.boxed()),
    ];
    let each: Vec<_> = all
        .into_iter()
        .map(|(name, value)| {
            let name = FieldName::new(name).expect("a name");
            prop::option::weighted(0.8, value).prop_map(move |value| value.map(|value| (name.clone(), value)))
        })
        .collect();
    each.prop_map(|fields| fields.into_iter().flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: RULE_SETS, ..ProptestConfig::default() })]
    #[test]
    fn what_is_told_is_true(
        conditions in prop::collection::vec(condition(), 1..12),
        leads in prop::collection::vec(fields(), LEADS),
    ) {
        let rules: Vec<Value> = conditions
            .iter()
            .enumerate()
            .map(|(number, when)| json!({"id": format!("r{number}"), "when": when, "then": ["park"]}))
            .collect();
        let config = json!({
            "fields": [
                {"name": "size", "type": "number"},
                {"name": "hot", "type": "boolean"},
                {"name": "tags", "type": "list"},
                {"name": "open", "type": "time"},
            ],
            "profiles": [{"id": "p", "rules": rules}],
        });
        let names = ListName::new("names").unwrap();
        let known = BTreeSet::from([names.clone()]);
        let checked = document::from_value(config).unwrap();
        let checked = checked.check(&Known { secrets: &BTreeSet::new(), formats: &[], lists: &known }).unwrap();
        let mut lists = Lists::default();
        for case in [Case::Fold, Case::Exact] {
            lists.add(names.clone(), case, "a\nAB\n");
        }
        let one_by_one = checked.profiles(KnownLists::Loaded(&lists)).unwrap().remove(0).rules;
        let facts = Facts { now: jiff::Timestamp::UNIX_EPOCH, lists: &known, fills: &|_, _| true };
        let told = warnings(&checked, &facts);
        let places = |code: &str| -> BTreeSet<usize> {
            let told = told.iter().filter(|warning| warning.code == code);
            told.map(|warning| {
                let after = warning.path.strip_prefix("profiles[0].rules[").unwrap();
                after.split_once(']').unwrap().0.parse().unwrap()
            }).collect()
        };
        let (never, covered, always) = (places("never_matches"), places("covered_by"), places("always_holds"));
        let zone = TimeZone::UTC;
        for fields in leads {
            let lead = lead(fields);
            let at = jiff::Timestamp::UNIX_EPOCH;
            let subject = Subject { lead: &lead, source: &lead.source, is_new: true, received_at: at, zone: &zone };
            let mut taken = false;
            for (place, rule) in one_by_one.iter().enumerate() {
                let matches = rule.test.as_ref().unwrap().check(&subject).is_ok();
                prop_assert!(!(matches && never.contains(&place)), "{place} matches {:?}\n{:#?}", lead.fields, told);
                prop_assert!(matches || !always.contains(&place), "{place} fails {:?}\n{:#?}", lead.fields, told);
                prop_assert!(!matches || taken || !covered.contains(&place), "{place} is first {:?}\n{:#?}", lead.fields, told);
                taken |= matches;
            }
        }
    }
}
