//! Conditions that are refused: where, what was found, what was expected.

use super::*;

/// Each row: a comparison, the path below it, and a piece of what is said.
#[test]
fn what_is_refused_is_said_where_it_is() {
    let list_of = |count: usize| Value::from(vec![1; count]);
    for (field, op, value, path, said) in [
        // Fields and operators.
        ("sise", "gt", json!(1), ".field", "did you mean 'size'?"),
        ("colour", "eq", json!(1), ".field", "there is no field 'colour'"),
        ("company", "gt", json!(1), ".op", "it orders number, date, datetime and time fields"),
        ("company", "between", json!([1, 2]), ".op", "can't compare the text field 'company'"),
        ("size", "contains", json!(1), ".op", "text, email, phone, choice and list"),
        ("tags", "starts_with", json!("a"), ".op", "text, email, phone and choice"),
        ("tags", "matches", json!("a"), ".op", "text, email, phone and choice"),
        ("size", "in_list", json!("codes"), ".op", "text, email, phone, choice and list"),
        ("city", "within_km", json!({}), ".op", "it measures from geo fields"),
        ("geo", "eq", json!("52.52,13.405"), ".op", "which 'within_km' compares"),
        ("geo", "not_in", json!(["52.52,13.405"]), ".op", "which 'within_km' compares"),
        ("geo", "gt", json!(1), ".op", "it orders"),
        ("lead.owner", "gte", json!("a"), ".op", "the text field 'lead.owner'"),
        // Values of another type.
        ("company", "eq", json!(1), ".value", "1 does not fit: this text field needs a text in quotes"),
        ("size", "gt", json!("big"), ".value", "\"big\" does not fit: this number field needs a number"),
        ("size", "gt", json!("1_000"), ".value", "needs a number"),
        ("size", "gt", json!("1,000"), ".value", "needs a number"),
        ("size", "eq", json!(true), ".value", "needs a number"),
        ("vip", "eq", json!("yes"), ".value", "needs true or false"),
        ("tier", "eq", json!("platinum"), ".value", "one of its options: Gold, Silver"),
        ("received.weekday", "eq", json!("mon"), ".value", "one of its options: monday, "),
        ("day", "lt", json!("tomorrow"), ".value", "2026-07-31"),
        ("opens", "lt", json!("9:00"), ".value", "a time of day such as 09:00"),
        ("received.time", "gt", json!(900), ".value", "a time of day"),
        ("received.time", "gt", json!("24:00"), ".value", "a time of day"),
        ("size", "in", json!([1, "x"]), ".value[1]", "number"),
        ("size", "in", json!([]), ".value", "at least one value"),
        ("size", "in", json!(1), ".value", "1 does not fit: 'in' needs a list of values"),
        ("size", "exists", json!(1), ".value", "takes no value"),
        ("size", "eq", json!(null), "", "'eq' needs a value"),
        ("size", "in", json!(null), "", "'in' needs a list of values"),
        ("tier", "contains", json!(5), ".value", "5 does not fit: 'contains' needs a text in quotes"),
        // between
        ("size", "between", json!(null), "", "'between' needs a list of two values"),
        ("size", "between", json!(5), ".value", "5 does not fit: 'between' needs a list of two values"),
        ("size", "between", list_of(1), ".value", "there is 1 value"),
        ("size", "between", list_of(3), ".value", "there are 3 values"),
        ("size", "between", json!([20, 10]), ".value", "20 is more than 10"),
        ("size", "between", json!([1, "x"]), ".value[1]", "needs a number"),
        ("day", "between", json!(["2026-02-01", "2026-01-01"]), ".value", "swap"),
        // matches
        ("city", "matches", json!(5), ".value", "a regular expression in quotes"),
        ("city", "matches", json!("ab(c"), ".value", "unclosed group at character 3"),
        ("city", "matches", json!("é[b-a]"), ".value", "at character 3"),
        ("city", "matches", json!("(?=a)"), ".value", "look-ahead"),
        ("city", "matches", json!(r"(a)\1"), ".value", "backreferences are not supported at character 4"),
        ("city", "matches", json!(r"\p{Klingon}"), ".value", "at character 1"),
        ("city", "matches", json!(r"(\w{99}){99}"), ".value", "too large"),
        ("city", "matches", json!("a".repeat(1_001)), ".value", "1001 characters; at most 1000"),
        ("city", "matches", json!("(".repeat(60) + &")".repeat(60)), ".value", "no regular expression"),
        // lists
        ("city", "in_list", json!("citis"), ".value", "there is no list 'citis'"),
        ("city", "not_in_list", json!("My Cities"), ".value", "is no valid list name"),
        ("city", "in_list", json!(["cities"]), ".value", "'in_list' needs the name of a list"),
        // within_km
        ("geo", "within_km", json!("52.52,13.405"), ".value", "{lat: 52.52, lon: 13.405, km: 50}"),
        ("geo", "within_km", json!({ "lat": 1, "lon": 1 }), ".value", "'km' is missing"),
        ("geo", "within_km", json!({ "lat": 1, "lng": 1, "km": 1 }), ".value.lng", "'lng' is unknown here"),
        ("geo", "within_km", json!({ "lat": "1", "lon": 1, "km": 1 }), ".value.lat", "-90 to 90"),
        ("geo", "within_km", json!({ "lat": 91, "lon": 1, "km": 1 }), ".value.lat", "-90 to 90"),
        ("geo", "within_km", json!({ "lat": 1, "lon": -181, "km": 1 }), ".value.lon", "-180 to 180"),
        ("geo", "within_km", json!({ "lat": 1, "lon": 1, "km": 0 }), ".value.km", "more than 0"),
        ("geo", "within_km", json!({ "lat": 1, "lon": 1, "km": 20_017 }), ".value.km", "at most 20016"),
        ("geo", "within_km", json!({ "lat": 1, "lon": 1, "km": null }), ".value.km", "null does not fit"),
    ] {
        let mut condition = json!({ "field": field, "op": op });
        if !value.is_null() {
            condition["value"] = value.clone();
        }
        let problems = compiled(condition, &berlin()).expect_err(&format!("{field} {op} {value}"));
        let [Problem { path: at, message }] = problems.as_slice() else { panic!("one problem: {problems:?}") };
        assert_eq!(at, &format!("when{path}"), "{field} {op} {value}: {message}");
        assert!(message.contains(said) && !message.contains('\n'), "{field} {op} {value}: {message}");
    }
}

#[test]
fn a_list_is_looked_up_by_name_when_a_config_is_checked() {
    let names: BTreeSet<ListName> = ["berlin-zips", "cities"].map(|name| ListName::new(name).unwrap()).into();
    let compiled = |list: &str| {
        let condition = json!({ "field": "city", "op": "in_list", "value": list });
        let condition: Condition = serde_json::from_value(condition).unwrap();
        let mut problems = Vec::new();
        let scope = Scope {
            fields: &table(),
            zone: &berlin(),
            lists: KnownLists::Names(&names),
            patterns: &Patterns::default(),
        };
        let test = compile(&condition, &scope, "when", &mut problems);
        (test, problems.pop().map(|problem| problem.message).unwrap_or_default())
    };
    let (test, _) = compiled("cities");
    assert!(matches!(test, Some(Test::Is(Predicate { operand: Operand::List { set: None, .. }, .. }))));
    let (test, message) = compiled("berlin_zip");
    assert!(test.is_none());
    assert!(message.contains("there is no list 'berlin_zip'") && message.ends_with("did you mean 'berlin-zips'?"));
}

#[test]
fn every_fault_of_a_tree_is_named() {
    let condition = json!({ "all": [
        { "field": "sise", "op": "exists" },
        { "any": [{ "not": { "field": "size", "op": "in", "value": [] } }] },
        { "any": [] },
    ] });
    let problems = compiled(condition, &berlin()).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["when.all[0].field", "when.all[1].any[0].not.value", "when.all[2].any"]);
}

#[test]
fn what_is_no_condition() {
    for written in [
        json!({}),
        json!({ "field": "size" }),
        json!({ "op": "exists" }),
        json!({ "all": [], "any": [] }),
        json!({ "all": [], "value": 1 }),
        json!({ "field": "size", "op": "like", "value": 1 }),
        json!({ "field": "Size", "op": "exists" }),
        json!({ "field": "size", "op": "eq", "vaule": 1 }),
        json!({ "field": "size", "op": "eq", "value": 1, "case": "upper" }),
        json!("size > 5"),
    ] {
        assert!(serde_json::from_value::<Condition>(written.clone()).is_err(), "{written}");
    }
}
