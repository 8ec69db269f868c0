//! Conditions: what each operator answers, what is refused, what is computed.

mod derived;
mod operators;
mod properties;
mod refusals;
mod times;
mod trees;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::config::{FieldDefinition, FieldTable, Problem};
use crate::field::{FieldValue, Point};
use crate::id::{ListName, SourceId};
use crate::lead::Lead;
use crate::list::Lists;
use crate::testing;

/// The built-in fields and one of each type that none of them has.
fn table() -> FieldTable {
    let fields: Vec<FieldDefinition> = serde_json::from_value(json!([
        { "name": "size", "type": "number" },
        { "name": "vip", "type": "boolean" },
        { "name": "day", "type": "date" },
        { "name": "at", "type": "datetime" },
        { "name": "opens", "type": "time" },
        { "name": "tier", "type": "choice", "options": ["Gold", "Silver"] },
        { "name": "tags", "type": "list" },
    ]))
    .unwrap();
    FieldTable::new(&fields)
}

fn lists() -> Lists {
    let mut lists = Lists::default();
    for (name, lines) in
        [("cities", "Zürich\nBern\n"), ("codes", "Gold\nHOT\n+49301234567\njane@example.com\n"), ("empty", "")]
    {
        for case in [Case::Fold, Case::Exact] {
            lists.add(ListName::new(name).unwrap(), case, lines);
        }
    }
    lists
}

fn name(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn lead(fields: impl IntoIterator<Item = (&'static str, FieldValue)>) -> Lead {
    testing::lead(fields.into_iter().map(|(field, value)| (name(field), value)).collect())
}

/// A lead with a value in a field of each type; `last_name` and the unnamed ones are missing, `first_name` is empty.
fn full_lead() -> Lead {
    lead([
        ("email", text("Jane@Example.com")),
        ("phone", text("+49301234567")),
        ("first_name", text("  ")),
        ("city", text("  Zürich ")),
        ("company", text("STRASSE 7 GmbH")),
        ("size", FieldValue::Number { number: "75.0".parse().unwrap() }),
        ("vip", FieldValue::Boolean(true)),
        ("day", FieldValue::Date { date: "2026-07-21".parse().unwrap() }),
        ("at", FieldValue::Datetime { datetime: "2026-07-20T22:00:00Z".parse().unwrap() }),
        ("opens", FieldValue::Time { time: "22:30:00".parse().unwrap() }),
        ("tier", text("Gold")),
        ("tags", FieldValue::List(vec!["Hot".into(), "EU".into()])),
        ("geo", FieldValue::Geo { geo: Point::new(52.52, 13.405).unwrap() }),
    ])
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn compiled(condition: Value, zone: &TimeZone) -> Result<Test, Vec<Problem>> {
    let condition: Condition = serde_json::from_value(condition).unwrap();
    let mut problems = Vec::new();
    let scope = Scope { fields: &table(), zone, lists: KnownLists::Loaded(&lists()), patterns: &Patterns::default() };
    match compile(&condition, &scope, "when", &mut problems) {
        Some(test) if problems.is_empty() => Ok(test),
        _ => Err(problems),
    }
}

fn check_in(condition: Value, lead: &Lead, zone: &TimeZone, received_at: Timestamp) -> Result<(), Failed> {
    let test = compiled(condition, zone).unwrap();
    test.check(&Subject { lead, source: &lead.source, is_new: true, received_at, zone })
}

/// Tries a condition on the full lead, in Berlin.
fn check(condition: Value) -> Result<(), Failed> {
    check_in(condition, &full_lead(), &berlin(), Timestamp::UNIX_EPOCH)
}
