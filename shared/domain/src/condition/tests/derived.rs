//! Fields that are computed.

use super::*;
use crate::field::DERIVED;
use crate::id::AssigneeId;

fn get(lead: &Lead, is_new: bool, field: &str) -> Option<FieldValue> {
    let (source, zone) = (SourceId::new("portal").unwrap(), TimeZone::UTC);
    let subject =
        Subject { lead, source: &source, is_new, received_at: "2026-07-21T10:00:00Z".parse().unwrap(), zone: &zone };
    subject.get(&name(field)).map(std::borrow::Cow::into_owned)
}

#[test]
fn values() {
    let mut owned = full_lead();
    owned.owner = Some(AssigneeId::new("anna").unwrap());
    owned.duplicate_count = 3;
    for (field, expected) in [
        ("email.domain", text("Example.com")),
        ("email.is_free", FieldValue::Boolean(false)),
        ("lead.duplicate_count", FieldValue::Number { number: 3.into() }),
        ("lead.is_new", FieldValue::Boolean(true)),
        ("lead.owner", text("anna")),
        ("phone.country", text("DE")),
        ("received.time", FieldValue::Time { time: "10:00:00".parse().unwrap() }),
        ("received.weekday", text("tuesday")),
        // Where the event came from, not where the lead was made.
        ("source.id", text("portal")),
    ] {
        assert_eq!(get(&owned, true, field), Some(expected), "{field}");
    }
    assert_eq!(get(&owned, false, "lead.is_new"), Some(FieldValue::Boolean(false)));
    let free = lead([("email", text("jane@GMail.com")), ("phone", text("+12425550123"))]);
    assert_eq!(get(&free, true, "email.is_free"), Some(FieldValue::Boolean(true)));
    assert_eq!(get(&free, true, "phone.country"), Some(text("BS")));
}

#[test]
fn what_is_computed_from_nothing_is_missing() {
    let empty = lead([]);
    for field in ["email.domain", "email.is_free", "lead.owner", "phone.country"] {
        assert_eq!(get(&empty, true, field), None, "{field}");
    }
    let odd = lead([("email", text("nobody@ ")), ("phone", text("030 123"))]);
    for field in ["email.domain", "email.is_free", "phone.country"] {
        assert_eq!(get(&odd, true, field), None, "{field}");
    }
    assert_eq!(get(&empty, true, "lead.duplicate_count"), Some(FieldValue::Number { number: 0.into() }));
}

/// Every listed field is computed, with a value that its type allows; no other is.
#[test]
fn the_listed_fields_are_those_that_are_computed() {
    let mut owned = full_lead();
    owned.owner = Some(AssigneeId::new("anna").unwrap());
    for derived in DERIVED {
        let value = get(&owned, true, derived.name).unwrap_or_else(|| panic!("{} is not computed", derived.name));
        assert!(table().get(&name(derived.name)).is_some_and(|info| info.derived), "{}", derived.name);
        let condition = json!({ "field": derived.name, "op": "eq", "value": value.to_json() });
        assert!(compiled(condition, &TimeZone::UTC).is_ok(), "{} is {value}", derived.name);
    }
    assert_eq!(get(&owned, true, "email.user"), None);
}

#[test]
fn each_weekday_is_an_option() {
    let lead = full_lead();
    let options = &table().get(&name("received.weekday")).unwrap().options.clone();
    for (day, option) in (20..27).zip(options) {
        let received_at = format!("2026-07-{day}T12:00:00Z").parse().unwrap();
        let condition = json!({ "field": "received.weekday", "op": "eq", "value": option });
        assert_eq!(check_in(condition, &lead, &TimeZone::UTC, received_at), Ok(()), "{day} {option}");
    }
}
