//! Trees of conditions, and what they say of a lead that does not match.

use super::*;

#[test]
fn trees_name_the_comparison_that_failed() {
    let yes = json!({ "field": "vip", "op": "eq", "value": true });
    let no = json!({ "field": "size", "op": "gt", "value": 500 });
    let failed = |condition| check(condition).unwrap_err();
    assert_eq!(check(json!({ "all": [yes, { "any": [no, yes] }, { "not": no }] })), Ok(()));
    let at = failed(json!({ "all": [yes, { "any": [{ "field": "last_name", "op": "exists" }, no] }] }));
    assert_eq!((at.field.as_str(), at.op.as_str(), at.expected.as_str()), ("size", "gt", "500"));
    assert_eq!(at.found.as_deref(), Some("75"));
    let at = failed(json!({ "not": { "any": [no, yes] } }));
    assert_eq!((at.field.as_str(), at.op.as_str()), ("vip", "not eq"));
    assert_eq!(failed(json!({ "field": "last_name", "op": "eq", "value": "x" })).found, None);
}

#[test]
fn a_failed_comparison_tells_the_value_as_it_was_written() {
    let rows = [
        ("size", "between", json!([100, "200.0"]), r#"[100,"200.0"]"#, "75"),
        ("opens", "between", json!(["06:00", "09:30"]), r#"["06:00","09:30"]"#, "22:30:00"),
        ("city", "in_list", json!("empty"), r#""empty""#, "  Zürich "),
        ("city", "matches", json!("^x{2}$"), r#""^x{2}$""#, "  Zürich "),
        ("geo", "within_km", json!({"lat": 0, "lon": 0, "km": 1}), r#"{"km":1,"lat":0,"lon":0}"#, "52.52, 13.405"),
        ("tags", "in", json!(["z", "a"]), r#"["z","a"]"#, "Hot, EU"),
        ("day", "missing", json!(null), "", "2026-07-21"),
    ];
    for (field, op, value, expected, found) in rows {
        let mut condition = json!({ "field": field, "op": op });
        if !value.is_null() {
            condition["value"] = value;
        }
        let failed = check(condition).unwrap_err();
        assert_eq!((failed.expected.as_str(), failed.found.as_deref()), (expected, Some(found)), "{field} {op}");
    }
}

#[test]
fn what_was_written_reads_back() {
    for condition in [
        json!({ "field": "size", "op": "between", "value": [1, 2] }),
        json!({ "all": [{ "field": "city", "op": "matches", "value": "^a", "case": "exact" }] }),
        json!({ "any": [{ "not": { "field": "geo", "op": "missing" } }] }),
    ] {
        let read: Condition = serde_json::from_value(condition.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), condition);
    }
}
