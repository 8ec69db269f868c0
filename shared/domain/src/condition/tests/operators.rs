//! Every operator on every type of field.

use super::*;

/// Conditions that hold for the full lead: field, operator, value.
fn holding() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("city", "eq", json!("ZÜRICH")),
        ("company", "eq", json!("straße 7 gmbh")),
        ("email", "eq", json!("JANE@example.COM")),
        ("phone", "eq", json!("+49301234567")),
        ("size", "eq", json!(75)),
        ("size", "eq", json!("75.00")),
        ("vip", "eq", json!(true)),
        ("tier", "eq", json!("gold")),
        ("tags", "eq", json!("hot")),
        // A day begins at midnight of the account's zone: the same instant.
        ("day", "eq", json!("2026-07-20T22:00:00Z")),
        ("at", "eq", json!("2026-07-21")),
        ("at", "eq", json!("2026-07-21T00:00:00")),
        ("opens", "eq", json!("22:30")),
        ("size", "ne", json!(74)),
        ("vip", "ne", json!(false)),
        ("tags", "ne", json!("cold")),
        ("opens", "ne", json!("22:30:01")),
        ("size", "in", json!([100, "75.000", 1])),
        ("tags", "in", json!(["x", "eu"])),
        ("tier", "in", json!(["Silver", "GOLD"])),
        ("opens", "in", json!(["22:30:00", "01:00"])),
        ("vip", "in", json!([false, true])),
        ("day", "in", json!(["2026-07-21", "2026-07-22"])),
        ("city", "not_in", json!(["Bern"])),
        ("tags", "not_in", json!(["a", "b"])),
        ("size", "gt", json!(74.999)),
        ("size", "gte", json!(75)),
        ("size", "lt", json!(1e3)),
        ("size", "lte", json!(75)),
        ("day", "gt", json!("2026-07-20")),
        ("at", "lte", json!("2026-07-21T00:00:00+02:00")),
        ("opens", "gt", json!("22:29:59")),
        ("opens", "gte", json!("22:30")),
        ("opens", "lt", json!("23:00")),
        ("opens", "lte", json!("22:30:00")),
        ("size", "between", json!([75, 80])),
        ("size", "between", json!([70, "75.00"])),
        ("size", "between", json!([75, 75])),
        ("day", "between", json!(["2026-07-21", "2026-07-21"])),
        ("at", "between", json!(["2026-07-20", "2026-07-21"])),
        ("opens", "between", json!(["09:00", "22:30"])),
        ("opens", "between", json!(["22:30", "23:00"])),
        // Over midnight.
        ("opens", "between", json!(["22:00", "06:00"])),
        ("opens", "between", json!(["22:30", "22:00"])),
        ("opens", "between", json!(["23:00", "22:30"])),
        ("company", "contains", json!("SSE 7")),
        ("tags", "contains", json!("EU")),
        ("tier", "contains", json!("OL")),
        ("phone", "contains", json!("301")),
        ("company", "not_contains", json!("AG")),
        // A list contains its items, not their parts.
        ("tags", "not_contains", json!("E")),
        ("email", "starts_with", json!("JANE@")),
        ("phone", "starts_with", json!("+49")),
        ("company", "starts_with", json!("straß")),
        ("email", "ends_with", json!(".com")),
        ("tier", "ends_with", json!("LD")),
        ("city", "matches", json!("^zürich$")),
        ("company", "matches", json!(r"\d gmbh")),
        ("email", "matches", json!(r"@example\.(com|net)$")),
        ("phone", "matches", json!(r"^\+49")),
        ("tier", "matches", json!("^(gold|platinum)$")),
        ("city", "in_list", json!("cities")),
        ("email", "in_list", json!("codes")),
        ("phone", "in_list", json!("codes")),
        ("tier", "in_list", json!("codes")),
        // One of its items is.
        ("tags", "in_list", json!("codes")),
        ("city", "not_in_list", json!("codes")),
        ("tags", "not_in_list", json!("cities")),
        ("city", "not_in_list", json!("empty")),
        ("geo", "within_km", json!({ "lat": 52.52, "lon": 13.405, "km": 0.001 })),
        // Potsdam is 27 km away.
        ("geo", "within_km", json!({ "lat": 52.3989, "lon": 13.0657, "km": 30 })),
    ]
}

fn opposite(op: &str) -> Option<&'static str> {
    [("eq", "ne"), ("in", "not_in"), ("contains", "not_contains"), ("in_list", "not_in_list")]
        .into_iter()
        .find_map(|(yes, no)| if op == yes { Some(no) } else { (op == no).then_some(yes) })
}

#[test]
fn what_holds_and_its_opposite() {
    for (field, op, value) in holding() {
        assert_eq!(check(json!({ "field": field, "op": op, "value": value })), Ok(()), "{field} {op} {value}");
        if let Some(op) = opposite(op) {
            assert!(check(json!({ "field": field, "op": op, "value": value })).is_err(), "{field} {op} {value}");
        }
    }
}

#[test]
fn what_does_not_hold() {
    for (field, op, value) in [
        ("size", "gt", json!(75)),
        ("size", "lt", json!(75)),
        ("opens", "gt", json!("22:30")),
        ("opens", "lt", json!("22:30")),
        ("size", "between", json!([75.001, 80])),
        ("size", "between", json!([0, 74.999])),
        ("opens", "between", json!(["06:00", "22:00"])),
        ("opens", "between", json!(["22:31", "22:29"])),
        ("email", "starts_with", json!("ane@")),
        ("email", "ends_with", json!("example")),
        ("city", "matches", json!("^rich")),
        ("tags", "eq", json!("Hot, EU")),
        // Potsdam again.
        ("geo", "within_km", json!({ "lat": 52.3989, "lon": 13.0657, "km": 25 })),
    ] {
        assert!(check(json!({ "field": field, "op": op, "value": value })).is_err(), "{field} {op} {value}");
    }
}

#[test]
fn case_exact() {
    for (field, op, value, holds) in [
        ("tier", "eq", json!("Gold"), true),
        ("tier", "eq", json!("gold"), false),
        ("city", "eq", json!("zürich"), false),
        ("city", "eq", json!("Zürich"), true),
        // Composed or not is no matter of case.
        ("city", "eq", json!("Zu\u{308}rich"), true),
        ("tags", "in", json!(["hot"]), false),
        ("tags", "in", json!(["Hot"]), true),
        ("tags", "contains", json!("hot"), false),
        ("company", "contains", json!("straße"), false),
        ("email", "starts_with", json!("jane"), false),
        ("email", "ends_with", json!("Example.com"), true),
        ("city", "matches", json!("^zürich$"), false),
        ("city", "matches", json!("^Zürich$"), true),
        ("city", "in_list", json!("cities"), true),
        ("tags", "in_list", json!("codes"), false),
        ("tags", "not_in_list", json!("codes"), true),
        ("tier", "in_list", json!("codes"), true),
        ("email", "in_list", json!("codes"), false),
        ("size", "eq", json!(75), true),
    ] {
        let condition = json!({ "field": field, "op": op, "value": value, "case": "exact" });
        assert_eq!(check(condition).is_ok(), holds, "{field} {op} {value}");
    }
}

/// The table of domain.md: a missing field makes a comparison false, except for five operators.
#[test]
fn every_operator_answers_a_missing_field_as_the_docs_say() {
    let true_when_missing: Vec<&str> =
        Operator::ALL.iter().filter(|op| op.spec().when_missing).map(|op| op.name()).collect();
    assert_eq!(true_when_missing, ["ne", "not_in", "not_contains", "not_in_list", "missing"]);
    // A field of each type that the lead does not have.
    let empty = lead([("first_name", text(" ")), ("tags", FieldValue::List(vec![]))]);
    for (field, op, value) in holding() {
        let holds = |lead: &Lead, field: &str| {
            let condition = json!({ "field": field, "op": op, "value": value });
            check_in(condition, lead, &berlin(), Timestamp::UNIX_EPOCH).is_ok()
        };
        assert_eq!(holds(&empty, field), true_when_missing.contains(&op), "{field} {op} {value}");
        if value.is_string() && field == "city" {
            assert_eq!(holds(&empty, "first_name"), true_when_missing.contains(&op), "an empty text, {op}");
        }
    }
    for (field, present) in [("email", true), ("geo", true), ("first_name", false), ("last_name", false)] {
        assert_eq!(check(json!({ "field": field, "op": "exists" })).is_ok(), present, "{field}");
        assert_eq!(check(json!({ "field": field, "op": "missing" })).is_ok(), !present, "{field}");
    }
}

/// A field whose type was changed holds values of the old one until its leads change: those compare as false, and as
/// true where the opposite is asked.
#[test]
fn a_value_of_another_type_is_not_the_rules_value() {
    let old = lead([("size", text("75")), ("opens", text("22:30")), ("geo", text("52.52,13.405"))]);
    for (field, op, value, holds) in [
        ("size", "eq", json!(75), false),
        ("size", "ne", json!(75), true),
        ("size", "in", json!([75]), false),
        ("size", "gte", json!(0), false),
        ("size", "lt", json!(100), false),
        ("size", "between", json!([0, 100]), false),
        ("opens", "between", json!(["22:00", "06:00"]), false),
        ("geo", "within_km", json!({ "lat": 52.52, "lon": 13.405, "km": 20_000 }), false),
    ] {
        let condition = json!({ "field": field, "op": op, "value": value });
        assert_eq!(check_in(condition, &old, &berlin(), Timestamp::UNIX_EPOCH).is_ok(), holds, "{field} {op} {value}");
    }
}

/// A pattern sees the text without what surrounds it, with compatible characters made one, and may decide about case
/// itself.
#[test]
fn patterns() {
    let company = |name: &str| lead([("company", text(name))]);
    for (name, pattern, case, holds) in [
        ("  Acme  ", "^Acme$", "fold", true),
        ("ＡＣＭＥ", "^acme$", "fold", true),
        ("acme", "ACME", "fold", true),
        ("acme", "ACME", "exact", false),
        ("acme", "(?i)ACME", "exact", true),
        ("acme", "(?-i)ACME", "fold", false),
        ("Ärzte", "^ä", "fold", true),
        ("a\nb", "^b$", "fold", false),
        ("a\nb", "(?m)^b$", "fold", true),
        ("Μία", r"\p{Greek}", "fold", true),
        ("Acme", "", "fold", true),
    ] {
        let condition = json!({ "field": "company", "op": "matches", "value": pattern, "case": case });
        let holds_for = check_in(condition, &company(name), &berlin(), Timestamp::UNIX_EPOCH).is_ok();
        assert_eq!(holds_for, holds, "{name:?} {pattern} {case}");
    }
}

#[test]
fn the_edge_of_a_circle_belongs_to_it() {
    // Degrees on the equator, to the millimetre.
    for (degrees, km, holds) in [
        (1.0, 111.195_080, true),
        (1.0, 111.195_079, false),
        (3.0, 333.585_241, true),
        (3.0, 333.585_240, false),
        (0.0, 0.000_001, true),
    ] {
        let place = lead([("geo", FieldValue::Geo { geo: Point::new(0.0, degrees).unwrap() })]);
        let condition = json!({ "field": "geo", "op": "within_km", "value": { "lat": 0, "lon": 0, "km": km } });
        let outcome = check_in(condition, &place, &berlin(), Timestamp::UNIX_EPOCH);
        assert_eq!(outcome.is_ok(), holds, "{degrees} {km}");
    }
}
