//! Random configs and leads as documents, small enough to meet each other: few fields, few words, few numbers.

use arbitrary::{Result, Unstructured};
use leadyard_domain::condition::Operator;
use leadyard_domain::field::{FieldName, FieldType, FieldValue};
use leadyard_domain::lead::Lead;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// A field's name and its type.
type Field = (&'static str, FieldType);

/// What rules compare, one or two fields of every type.
const FIELDS: &[Field] = &[
    ("company", FieldType::Text),
    ("city", FieldType::Text),
    ("email", FieldType::Email),
    ("phone", FieldType::Phone),
    ("score", FieldType::Number),
    ("size", FieldType::Number),
    ("vip", FieldType::Boolean),
    ("tier", FieldType::Choice),
    ("tags", FieldType::List),
    ("day", FieldType::Date),
    ("at", FieldType::Datetime),
    ("call_at", FieldType::Time),
    ("geo", FieldType::Geo),
];

/// What is worked out from a lead and its event.
const DERIVED: &[Field] = &[
    ("email.domain", FieldType::Text),
    ("email.is_free", FieldType::Boolean),
    ("phone.country", FieldType::Text),
    ("lead.is_new", FieldType::Boolean),
    ("lead.owner", FieldType::Text),
    ("lead.duplicate_count", FieldType::Number),
    ("received.time", FieldType::Time),
    ("received.weekday", FieldType::Choice),
    ("source.id", FieldType::Text),
];

const TIERS: &[&str] = &["Gold", "silver", "Bronze"];
const WEEKDAYS: &[&str] = &["monday", "Friday", "sunday"];
const WORDS: &[&str] = &[
    "a", "ac", "acme", "ACME", "Acme Ltd", " acme ", "ltd", "É", "straße", "STRASSE", "ﬁ", "İ", "tx", "10115", "101",
    "", " ",
];
const PATTERNS: &[&str] =
    &["^ac", "acme|ltd", "(?-i)A", "e$", "[a-z]{2}", "\\d+", "^$", "ß", "(?:a|b)*c", "\\bltd\\b", "."];
const EMAILS: &[&str] = &["a@gmail.com", "B@Acme.com", "c@acme", "no address", "@"];
const PHONES: &[&str] = &["+4930123456", "+12025550123", "030", "+"];
const ZONES: &[&str] = &["UTC", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"];
const DAYS: &[&str] = &["2026-07-19", "2026-07-21", "2026-11-01", "2024-02-29", "0001-01-01", "9999-12-31"];
const MOMENTS: &[&str] = &[
    "2026-07-21T10:00:00Z",
    "2026-07-21T10:00:00.000000001Z",
    "2026-03-08T02:30:00",
    "2026-11-01T01:30:00",
    "2026-07-21",
];
const TIMES: &[&str] = &["00:00", "06:00", "09:30:15", "22:00", "23:59:59"];
const NUMBERS: &[&str] =
    &["75", "75.0", "-1", "0.1", "1e3", "79228162514264337593543950335", "0.0000000000000000000000000001", "-0"];

const PROFILES_MAX: usize = 3;
const RULES_MAX: usize = 12;
const PARTS_MAX: usize = 4;
/// Now and then deeper than is allowed.
const DEPTH_MAX: usize = 6;

/// A config that is mostly sound.
pub fn document(u: &mut Unstructured<'_>) -> Result<Value> {
    let profiles = several(u, 1, PROFILES_MAX, profile)?;
    Ok(json!({
        "account": { "timezone": u.choose(ZONES)? },
        "fields": [
            { "name": "score", "type": "number" }, { "name": "size", "type": "number" },
            { "name": "vip", "type": "boolean" }, { "name": "tier", "type": "choice", "options": TIERS },
            { "name": "tags", "type": "list" }, { "name": "day", "type": "date" },
            { "name": "at", "type": "datetime" }, { "name": "call_at", "type": "time" },
        ],
        "sources": [{ "id": "web", "format": "json" }, { "id": "calls", "format": "json", "entity": "call" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "weight": u.choose(&[0, 1, 2])? },
            { "id": "bo", "name": "Bo", "active": u.arbitrary::<bool>()? },
            { "id": "cy", "name": "Cy", "caps": [{ "period": "day", "limit": u.choose(&[0, 1])? }] },
        ],
        "pools": [
            { "id": "first", "members": u.choose(&[json!(["anna", "bo"]), json!(["bo"]), json!([])])?, "fallback": "second" },
            { "id": "second", "members": ["cy", { "assignee": "anna", "weight": 0.5 }] },
        ],
        "profiles": profiles.into_iter().enumerate().map(|(place, profile)| named("p", place, profile)).collect::<Vec<_>>(),
    }))
}

fn profile(u: &mut Unstructured<'_>) -> Result<Value> {
    // Rules that look at the same fields cover and contradict each other.
    let focus = several(u, 1, 3, |u| u.choose(FIELDS).copied())?;
    let mut rules: Vec<Value> = Vec::new();
    for place in 0..u.int_in_range(0..=RULES_MAX)? {
        let earlier = u.choose(&rules).ok().and_then(|rule| rule.get("when").cloned());
        rules.push(named("r", place, rule(u, &focus, earlier)?));
    }
    let mut profile = json!({
        "entity": u.choose(&["lead", "lead", "lead", "call"])?,
        "match": u.choose(&["first", "first", "all"])?,
        "rules": rules,
    });
    if u.ratio(1, 2)? {
        profile["default"] = action(u)?;
    }
    if u.ratio(1, 16)? {
        profile["enabled"] = json!(false);
    }
    Ok(profile)
}

fn rule(u: &mut Unstructured<'_>, focus: &[Field], earlier: Option<Value>) -> Result<Value> {
    let mut rule = json!({ "then": several(u, 1, 2, action)?, "else": u.choose(&["park", "default", "do_nothing"])? });
    if u.ratio(15, 16)? {
        rule["when"] = match earlier {
            Some(earlier) if u.ratio(1, 2)? => variation(u, focus, earlier)?,
            _ => condition(u, focus, DEPTH_MAX)?,
        };
    }
    if u.ratio(1, 8)? {
        rule[*u.choose(&["active_from", "active_until"])?] = json!(u.choose(MOMENTS)?);
    }
    Ok(rule)
}

/// A condition that has something to do with an earlier one: it asks for more, for less, for the opposite, or the same of
/// another value.
fn variation(u: &mut Unstructured<'_>, focus: &[Field], earlier: Value) -> Result<Value> {
    Ok(match u.int_in_range(0..=4_u8)? {
        0 => json!({ "all": [earlier, comparison(u, focus)?] }),
        1 => json!({ "any": [earlier, comparison(u, focus)?] }),
        2 => json!({ "not": earlier }),
        _ => another_value(u, earlier)?,
    })
}

/// The same comparison of another value; a tree stays as it is.
fn another_value(u: &mut Unstructured<'_>, mut condition: Value) -> Result<Value> {
    let field = FIELDS.iter().chain(DERIVED).find(|(name, _)| condition["field"] == *name);
    let op = Operator::ALL.iter().find(|op| condition["op"] == op.name());
    if let (Some(&(field, kind)), Some(&op)) = (field, op)
        && let Some(value) = operand(u, op, field, kind)?
    {
        condition["value"] = value;
    }
    Ok(condition)
}

fn action(u: &mut Unstructured<'_>) -> Result<Value> {
    let actions = [
        json!({ "pool": "first" }),
        json!({ "pool": "second" }),
        json!({ "assign_to": "bo" }),
        json!({ "assign_to": "cy" }),
        json!("park"),
        json!("do_nothing"),
    ];
    u.choose(&actions).cloned()
}

fn condition(u: &mut Unstructured<'_>, focus: &[Field], depth: usize) -> Result<Value> {
    if depth == 0 {
        return comparison(u, focus);
    }
    let parts = |u: &mut Unstructured<'_>| several(u, 1, PARTS_MAX, |u| condition(u, focus, depth - 1));
    Ok(match u.int_in_range(0..=9_u8)? {
        0..=1 => json!({ "all": parts(u)? }),
        2 => json!({ "any": parts(u)? }),
        3 => json!({ "not": condition(u, focus, depth - 1)? }),
        _ => comparison(u, focus)?,
    })
}

fn comparison(u: &mut Unstructured<'_>, focus: &[Field]) -> Result<Value> {
    let (field, kind) = match u.int_in_range(0..=7_u8)? {
        0 => *u.choose(DERIVED)?,
        1 => *u.choose(FIELDS)?,
        _ => *u.choose(focus)?,
    };
    let fitting: Vec<Operator> = Operator::ALL.iter().copied().filter(|op| (op.spec().applies)(kind)).collect();
    let op = *u.choose(&fitting)?;
    let mut comparison = json!({ "field": field, "op": op.name() });
    if let Some(value) = operand(u, op, field, kind)? {
        comparison["value"] = value;
    }
    if u.ratio(1, 4)? {
        comparison["case"] = json!("exact");
    }
    Ok(comparison)
}

fn operand(u: &mut Unstructured<'_>, op: Operator, field: &str, kind: FieldType) -> Result<Option<Value>> {
    Ok(Some(match op {
        Operator::Exists | Operator::Missing => return Ok(None),
        Operator::In | Operator::NotIn => Value::Array(several(u, 1, PARTS_MAX, |u| value(u, field, kind))?),
        Operator::Between => json!([value(u, field, kind)?, value(u, field, kind)?]),
        Operator::Matches => json!(u.choose(PATTERNS)?),
        Operator::InList | Operator::NotInList => json!(u.choose(&["names", "codes"])?),
        Operator::WithinKm => {
            let mut circle = place(u)?;
            circle["km"] = json!(u.choose(&[0.001, 1.0, 111.2, 20_000.0])?);
            circle
        }
        _ => value(u, field, kind)?,
    }))
}

/// A value for a field, as a person writes it. A list is compared with one of its items.
fn value(u: &mut Unstructured<'_>, field: &str, kind: FieldType) -> Result<Value> {
    Ok(match kind {
        FieldType::Text | FieldType::List => text(u)?,
        FieldType::Email => json!(u.choose(EMAILS)?),
        FieldType::Phone => json!(u.choose(PHONES)?),
        FieldType::Number => match u.int_in_range(0..=7_u8)? {
            0 => json!(u.choose(NUMBERS)?),
            1 => json!(u.arbitrary::<i64>()?),
            _ => json!(u.int_in_range(-1..=6_i8)?),
        },
        FieldType::Boolean => json!(u.arbitrary::<bool>()?),
        FieldType::Choice if field == "received.weekday" => json!(u.choose(WEEKDAYS)?),
        FieldType::Choice => json!(u.choose(TIERS)?),
        FieldType::Date => json!(u.choose(DAYS)?),
        FieldType::Datetime => json!(u.choose(MOMENTS)?),
        FieldType::Time => json!(u.choose(TIMES)?),
        FieldType::Geo => place(u)?,
    })
}

fn text(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match u.int_in_range(0..=7_u8)? {
        0 => json!(u.arbitrary::<&str>()?.chars().take(12).collect::<String>()),
        _ => json!(u.choose(WORDS)?),
    })
}

fn place(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!({ "lat": u.choose(&[52.5, 53.5, -90.0, 90.0, 0.0])?, "lon": u.choose(&[13.4, -180.0, 180.0, 0.0])? }))
}

/// A lead as a person writes it, each value of its field's type.
pub fn lead(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut fields = Map::new();
    for &(name, kind) in FIELDS {
        if u.ratio(2, 3)? {
            let value = match kind {
                FieldType::List => Value::Array(several(u, 0, PARTS_MAX, text)?),
                _ => value(u, name, kind)?,
            };
            fields.insert(name.to_owned(), value);
        }
    }
    let mut lead = json!({
        "entity": u.choose(&["lead", "lead", "lead", "call"])?,
        "received_at": u.choose(MOMENTS)?,
        "is_new": u.arbitrary::<bool>()?,
        "duplicate_count": u.int_in_range(0..=3_u32)?,
        "fields": fields,
    });
    if u.ratio(1, 4)? {
        lead["owner"] = json!(u.choose(&["anna", "bo", "gone"])?);
    }
    Ok(lead)
}

/// Gives a field a value that is none of its type, as on a lead that is older than the config.
pub fn retype(u: &mut Unstructured<'_>, lead: &mut Lead) -> Result<()> {
    let (name, _) = u.choose(FIELDS)?;
    let value = match u.int_in_range(0..=3_u8)? {
        0 => FieldValue::Text("acme".to_owned()),
        1 => FieldValue::Boolean(true),
        2 => FieldValue::Number { number: Decimal::from(u.int_in_range(-1..=6_i8)?) },
        _ => FieldValue::List(vec!["acme".to_owned(), "75".to_owned()]),
    };
    lead.fields.insert(FieldName::new(*name).expect("a field of the list"), value);
    Ok(())
}

fn named(prefix: &str, place: usize, mut value: Value) -> Value {
    value["id"] = json!(format!("{prefix}{place}"));
    value
}

fn several<T>(
    u: &mut Unstructured<'_>,
    least: usize,
    most: usize,
    mut one: impl FnMut(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let count = u.int_in_range(least..=most)?;
    (0..count).map(|_| one(u)).collect()
}
