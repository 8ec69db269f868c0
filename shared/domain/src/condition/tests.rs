//! Every operator against every kind of value, missing ones included.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::assignment::Standing;
use crate::config::{FieldDefinition, FieldTable};
use crate::field::FieldValue;
use crate::id::{AccountId, Entity, EventId, LeadId, SourceId};
use crate::lead::{LastEvent, Lead};

fn fields() -> FieldTable {
    let fields: Vec<FieldDefinition> = serde_json::from_value(json!([
        { "name": "size", "type": "number" }, { "name": "vip", "type": "boolean" },
        { "name": "day", "type": "date" }, { "name": "at", "type": "datetime" },
        { "name": "tier", "type": "choice", "options": ["Gold", "Silver"] },
        { "name": "tags", "type": "list" }, { "name": "empty", "type": "text" }, { "name": "none", "type": "text" },
        { "name": "no_size", "type": "number" }, { "name": "no_tags", "type": "list" },
    ]))
    .unwrap();
    FieldTable::new(&fields)
}

fn lead() -> Lead {
    let source = SourceId::new("web").unwrap();
    let event = EventId::from_external(&AccountId::new("main").unwrap(), &source, "1");
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let fields = [
        ("email", text("Jane@Example.com")),
        ("city", text("  Zürich ")),
        ("company", text("STRASSE 7 GmbH")),
        ("size", FieldValue::Number { number: "75.0".parse().unwrap() }),
        ("vip", FieldValue::Boolean(true)),
        ("day", FieldValue::Date { date: "2026-07-21".parse().unwrap() }),
        ("at", FieldValue::Datetime { datetime: "2026-07-20T22:00:00Z".parse().unwrap() }),
        ("tier", text("Gold")),
        ("tags", FieldValue::List(vec!["Hot".into(), "EU".into()])),
        ("empty", text("  ")),
    ];
    Lead {
        id: LeadId::from_event(&event),
        account: AccountId::new("main").unwrap(),
        entity: Entity::new("lead").unwrap(),
        version: 1,
        source,
        fields: fields.into_iter().map(|(name, value)| (FieldName::new(name).unwrap(), value)).collect(),
        extra: BTreeMap::new(),
        owner: None,
        standing: Standing::Unassigned { attempt: 0 },
        duplicate_count: 0,
        last_event: LastEvent { event, at: Timestamp::UNIX_EPOCH, body_hash: None },
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn check(condition: Value) -> Result<(), Failed> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let condition: Condition = serde_json::from_value(condition).unwrap();
    let mut problems = Vec::new();
    let lists = BTreeSet::new();
    let scope = Scope { fields: &fields(), zone: &zone, lists: KnownLists::Names(&lists) };
    let test = compile(&condition, &scope, "when", &mut problems);
    assert_eq!(problems, []);
    let lead = lead();
    test.unwrap().check(&Subject {
        lead: &lead,
        source: &lead.source,
        is_new: true,
        received_at: Timestamp::UNIX_EPOCH,
        zone: &zone,
    })
}

#[test]
fn operators() {
    let holds = [
        ("city", "eq", json!("ZÜRICH")),
        ("company", "eq", json!("straße 7 gmbh")),
        ("size", "eq", json!(75)),
        ("size", "eq", json!("75.00")),
        ("vip", "eq", json!(true)),
        ("tier", "eq", json!("gold")),
        ("tags", "eq", json!("hot")),
        // A day begins at midnight of the account's zone: the same instant.
        ("day", "eq", json!("2026-07-20T22:00:00Z")),
        ("at", "eq", json!("2026-07-21")),
        ("at", "eq", json!("2026-07-21T00:00:00")),
        ("size", "ne", json!(74)),
        ("size", "in", json!([1, 75])),
        ("tags", "in", json!(["x", "eu"])),
        ("city", "not_in", json!(["Bern"])),
        ("size", "gt", json!(74.999)),
        ("size", "gte", json!(75)),
        ("size", "lt", json!(1e3)),
        ("size", "lte", json!(75)),
        ("day", "gt", json!("2026-07-20")),
        ("at", "lte", json!("2026-07-21T00:00:00+02:00")),
        ("company", "contains", json!("SSE 7")),
        ("tags", "contains", json!("EU")),
        ("company", "not_contains", json!("AG")),
        ("tags", "not_contains", json!("E")),
        ("email", "starts_with", json!("JANE@")),
        ("email", "ends_with", json!(".com")),
        ("email.domain", "eq", json!("example.com")),
        ("source.id", "eq", json!("web")),
        ("lead.is_new", "eq", json!(true)),
        // A missing or empty field.
        ("none", "ne", json!("x")),
        ("empty", "ne", json!("x")),
        ("none", "not_in", json!(["x"])),
        ("no_tags", "not_contains", json!("x")),
    ];
    for (field, op, value) in &holds {
        assert_eq!(check(json!({ "field": field, "op": op, "value": value })), Ok(()), "{field} {op} {value}");
        let opposite = match *op {
            "eq" => "ne",
            "ne" => "eq",
            "in" => "not_in",
            "not_in" => "in",
            "contains" => "not_contains",
            "not_contains" => "contains",
            _ => continue,
        };
        assert!(
            check(json!({ "field": field, "op": opposite, "value": value })).is_err(),
            "{field} {opposite} {value}"
        );
    }
    let fails = [
        ("size", "gt", json!(75)),
        ("size", "lt", json!(75)),
        ("no_size", "gt", json!(0)),
        ("no_size", "lt", json!(0)),
        ("no_size", "gte", json!(0)),
        ("no_size", "lte", json!(0)),
        ("none", "eq", json!("")),
        ("none", "starts_with", json!("")),
        ("none", "ends_with", json!("")),
        ("none", "contains", json!("")),
        ("none", "in", json!([""])),
        ("email", "starts_with", json!("ane@")),
    ];
    for (field, op, value) in &fails {
        assert!(check(json!({ "field": field, "op": op, "value": value })).is_err(), "{field} {op} {value}");
    }
    for (field, present) in [("email", true), ("empty", false), ("none", false)] {
        assert_eq!(check(json!({ "field": field, "op": "exists" })).is_ok(), present, "{field}");
        assert_eq!(check(json!({ "field": field, "op": "missing" })).is_ok(), !present, "{field}");
    }
}

#[test]
fn case_exact() {
    assert!(check(json!({ "field": "tier", "op": "eq", "value": "Gold", "case": "exact" })).is_ok());
    assert!(check(json!({ "field": "city", "op": "eq", "value": "zürich", "case": "exact" })).is_err());
    assert!(check(json!({ "field": "city", "op": "eq", "value": "Zürich", "case": "exact" })).is_ok());
}

#[test]
fn trees_name_the_comparison_that_failed() {
    let yes = json!({ "field": "vip", "op": "eq", "value": true });
    let no = json!({ "field": "size", "op": "gt", "value": 500 });
    let failed = |condition| check(condition).unwrap_err();
    assert_eq!(check(json!({ "all": [yes, { "any": [no, yes] }, { "not": no }] })), Ok(()));
    let at = failed(json!({ "all": [yes, { "any": [{ "field": "none", "op": "exists" }, no] }] }));
    assert_eq!((at.field.as_str(), at.op.as_str(), at.expected.as_str()), ("size", "gt", "500"));
    assert_eq!(at.found.as_deref(), Some("75"));
    let at = failed(json!({ "not": { "any": [no, yes] } }));
    assert_eq!((at.field.as_str(), at.op.as_str()), ("vip", "not eq"));
    assert_eq!(failed(json!({ "field": "none", "op": "eq", "value": "x" })).found, None);
}

#[test]
fn every_operator_answers_a_missing_field_as_the_docs_say() {
    let true_when_missing: Vec<&str> =
        Operator::ALL.iter().filter(|op| op.spec().when_missing).map(|op| op.name()).collect();
    assert_eq!(true_when_missing, ["ne", "not_in", "not_contains", "not_in_list", "missing"]);
}
