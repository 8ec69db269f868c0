//! Behaviours x known or not x what happens to a known lead.

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::Standing;
use leadyard_domain::event::EventStatus::{self, Created, Duplicate, Flagged, Rejected, Unchanged, Updated};
use leadyard_domain::id::LeadId;
use leadyard_domain::lead::Lead;

use super::super::{Applied, apply};
use super::*;

const LATER: Timestamp = Timestamp::constant(1_000, 0);

/// A lead that has a first name, an empty city and an owner.
fn known() -> Lead {
    let first = received(json!({"email": "a@x.example", "first_name": "Anna", "x": 1}));
    let draft = draft(json!({}), Value::Object(first.payload.clone())).unwrap();
    let applied = apply(draft, None, &source(json!({})), &first, Timestamp::UNIX_EPOCH).unwrap();
    let mut lead = applied.lead().unwrap().clone();
    lead.fields.insert("city".to_owned().try_into().unwrap(), serde_json::from_value(json!(" ")).unwrap());
    lead.owner = Some("rep".parse().unwrap());
    lead.standing = Standing::Assigned { attempt: 1, deliveries: Vec::new(), at: Timestamp::UNIX_EPOCH };
    lead.version = 5;
    lead
}

/// Another event for the same person: a new first name, a city, and an extra of each kind.
fn again() -> Received {
    let mut again = received(json!({"email": "A@x.example", "first_name": "Ann", "city": "Ulm", "x": 2, "y": 3}));
    again.event = EventId::from_external(&again.account, &again.source, "2");
    again.identity = Identity::External("2".to_owned());
    again.received_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(500);
    again
}

fn settle(settings: Value, known: Option<&Lead>, event: &Received) -> Applied {
    let source = source(settings);
    let draft = capture(&source, &table(), &TimeZone::UTC, event).unwrap();
    apply(draft, known, &source, event, LATER).unwrap()
}

#[test]
fn each_behaviour_and_duplicate_policy() {
    const NEW: &[(&str, EventStatus)] =
        &[("create_and_update", Created), ("create_only", Created), ("update_only", Unchanged), ("nothing", Unchanged)];
    const KNOWN: &[(&str, &str, EventStatus)] = &[
        ("create_and_update", "merge", Updated),
        ("create_and_update", "update", Updated),
        ("create_and_update", "flag", Flagged),
        ("create_and_update", "reject", Rejected),
        ("create_only", "merge", Unchanged),
        ("create_only", "update", Unchanged),
        ("create_only", "flag", Flagged),
        ("create_only", "reject", Rejected),
        ("update_only", "merge", Updated),
        ("update_only", "update", Updated),
        ("update_only", "flag", Flagged),
        ("update_only", "reject", Rejected),
        ("nothing", "merge", Unchanged),
        ("nothing", "update", Unchanged),
        ("nothing", "flag", Unchanged),
        ("nothing", "reject", Unchanged),
    ];
    let lead = known();
    for (behaviour, status) in NEW {
        for on_duplicate in ["merge", "update", "flag", "reject"] {
            let applied = settle(json!({"behaviour": behaviour, "on_duplicate": on_duplicate}), None, &again());
            assert_eq!(applied.status(), *status, "{behaviour} {on_duplicate}, unknown");
            assert_eq!(applied.lead().is_some(), *status == Created, "{behaviour} {on_duplicate}, unknown");
            assert_eq!(applied.reason().is_none(), *status == Created, "{behaviour} {on_duplicate}, unknown");
        }
    }
    for (behaviour, on_duplicate, status) in KNOWN {
        let case = format!("{behaviour} {on_duplicate}, known");
        let applied = settle(json!({"behaviour": behaviour, "on_duplicate": on_duplicate}), Some(&lead), &again());
        assert_eq!(applied.status(), *status, "{case}");
        assert_eq!(applied.lead_id(), Some(&lead.id), "{case}");
        assert_eq!(applied.reason().is_none(), *status == Updated, "{case}");
        let Some(next) = applied.lead() else {
            assert_eq!(*behaviour, "nothing", "{case}");
            continue;
        };
        // Met is met, whatever becomes of it; and nobody's standing is touched by it.
        assert_eq!((next.version, next.duplicate_count), (6, 1), "{case}");
        assert_eq!(next.last_event.event, again().event, "{case}");
        assert_eq!((&next.owner, &next.standing), (&lead.owner, &lead.standing), "{case}");
        assert_eq!((&next.id, next.created_at), (&lead.id, lead.created_at), "{case}");
        if *status == Updated {
            let (name, x) = if *on_duplicate == "merge" { ("Anna", 1) } else { ("Ann", 2) };
            let fields = plain(&next.fields);
            assert_eq!((&fields["first_name"], &fields["city"]), (&json!(name), &json!("Ulm")), "{case}");
            assert_eq!(json!(next.extra), json!({"x": x, "y": 3}), "{case}");
            assert_eq!(next.updated_at, LATER, "{case}");
        } else {
            assert_eq!((&next.fields, &next.extra), (&lead.fields, &lead.extra), "{case}");
            assert_eq!(next.updated_at, lead.updated_at, "{case}");
        }
    }
}

#[test]
fn a_new_lead() {
    let mapping = json!([{"from": "tier", "to": "tier", "default": "gold"}]);
    let event = again();
    let Applied::Created(lead) = settle(json!({"mapping": mapping, "entity": "mortgage"}), None, &event) else {
        panic!("not created");
    };
    assert_eq!(lead.id, LeadId::from_event(&event.event));
    assert_eq!((lead.version, lead.duplicate_count, lead.entity.as_str()), (1, 0, "mortgage"));
    assert_eq!((lead.created_at, lead.updated_at), (event.received_at, LATER));
    assert_eq!(lead.standing, Standing::Unassigned { attempt: 0 });
    assert_eq!(plain(&lead.fields)["tier"], "Gold");
}

#[test]
fn a_default_counts_only_where_neither_has_a_value() {
    let mapping = json!([{"from": "first", "to": "first_name", "default": "?"}, {"from": "tier", "to": "tier", "default": "gold"}]);
    for on_duplicate in ["merge", "update"] {
        let mut event = received(json!({"email": "a@x.example"}));
        event.event = again().event;
        let settings = json!({"mapping": mapping, "on_duplicate": on_duplicate});
        let Applied::Updated(lead) = settle(settings, Some(&known()), &event) else { panic!("not updated") };
        let fields = plain(&lead.fields);
        assert_eq!((&fields["first_name"], &fields["tier"]), (&json!("Anna"), &json!("Gold")), "{on_duplicate}");
    }
}

#[test]
fn an_event_that_says_nothing_new_changes_nothing() {
    let mut event = received(json!({"email": "a@x.example", "x": 1}));
    event.event = again().event;
    for on_duplicate in ["merge", "update"] {
        let applied = settle(json!({ "on_duplicate": on_duplicate }), Some(&known()), &event);
        assert!(matches!(&applied, Applied::Unchanged { lead, .. } if lead.duplicate_count == 1), "{on_duplicate}");
    }
}

#[test]
fn the_same_body_shortly_after_is_a_repeat() {
    let event = |second: i64, hash: &str, number: &str| {
        let mut event = received(json!({"email": "a@x.example", "city": "Ulm"}));
        event.event = EventId::from_external(&event.account, &event.source, number);
        event.identity = Identity::Body(hash.to_owned());
        event.received_at = Timestamp::from_second(second).unwrap();
        event
    };
    let first = settle(json!({}), None, &event(1_000, "h", "1"));
    let lead = first.lead().unwrap();
    for (second, hash, number, status) in [
        (1_000, "h", "2", Duplicate),
        (1_060, "h", "2", Duplicate),
        (940, "h", "2", Duplicate),
        (1_061, "h", "2", Unchanged),
        (1_010, "other", "2", Unchanged),
        (5_000, "h", "1", Duplicate),
    ] {
        let applied = settle(json!({}), Some(lead), &event(second, hash, number));
        assert_eq!(applied.status(), status, "{hash} at {second} as {number}");
        assert_eq!(applied.lead_id(), Some(&lead.id));
        assert_eq!(applied.lead().is_none(), status == Duplicate);
    }
    // The window moves on with each meeting.
    let met = settle(json!({}), Some(lead), &event(1_061, "h", "2"));
    assert_eq!(settle(json!({}), met.lead(), &event(1_100, "h", "3")).status(), Duplicate);
    // Who names the events says what a repeat is: the same body under another id is another event.
    let mut named = event(1_001, "h", "4");
    named.identity = Identity::External("4".to_owned());
    assert_eq!(settle(json!({}), Some(lead), &named).status(), Unchanged);
}

#[test]
fn a_lead_that_would_outgrow_its_limit_fails_the_event() {
    let mut lead = known();
    lead.extra = (0..198).map(|n| (format!("old{n}"), json!(n))).collect();
    let event = again();
    let source = source(json!({}));
    let draft = capture(&source, &table(), &TimeZone::UTC, &event).unwrap();
    assert_eq!(apply(draft, Some(&lead), &source, &event, LATER), Err(CaptureError::TooManyFields { fields: 203 }));
}
