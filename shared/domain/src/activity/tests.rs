use serde_json::json;

use super::*;
use crate::id::{EventId, SourceId};

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

fn name(name: &str) -> AccountName {
    AccountName::new(name).unwrap()
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(1_784_628_000 + at).unwrap()
}

/// A call with a note, told at some second by an account.
fn call(note: &str, told_at: i64, by: &str) -> Activity {
    let lead = LeadId::from_event(&EventId::from_external(&account(), &SourceId::new("web").unwrap(), "1"));
    Activity {
        id: ActivityId::from_external(&account(), "42"),
        account: account(),
        lead,
        kind: ActivityType::new("call").unwrap(),
        at: second(-60),
        fields: [("note".to_owned(), json!(note))].into(),
        origin: ActivityOrigin { account: name(by), id: "42".to_owned() },
        version: 7,
        updated_at: second(told_at),
        via: vec![name("crm")],
        created_at: second(told_at + 1),
    }
}

/// What a telling came to, in a word, with the version and what it says then.
fn outcome(met: &ActivityMet) -> (&'static str, Option<(u64, Value)>) {
    let said = |activity: &Activity| Some((activity.version, activity.fields["note"].clone()));
    match met {
        ActivityMet::Created(activity) => ("created", said(activity)),
        ActivityMet::Updated(activity) => ("updated", said(activity)),
        ActivityMet::Unchanged(_) => ("unchanged", None),
        ActivityMet::Skipped(_) => ("skipped", None),
    }
}

#[test]
fn each_behaviour_with_each_telling() {
    use ActivityBehaviour::{CreateAndUpdate, CreateOnly, UpdateOnly};
    let known = Activity { version: 3, via: Vec::new(), ..call("busy", 10, "main") };
    let (yes, no) = (Some(&known), None);
    let (created, updated) = (("created", Some((1, json!("free")))), ("updated", Some((4, json!("free")))));
    let (unchanged, skipped) = (("unchanged", None), ("skipped", None));
    #[rustfmt::skip]
    let cases = [
        ("new", no, call("free", 5, "main"), [&created, &created, &skipped]),
        ("the same", yes, call("busy", 10, "main"), [&unchanged, &unchanged, &unchanged]),
        ("the same, later, by another", yes, call("busy", 20, "other"), [&unchanged, &unchanged, &unchanged]),
        ("later", yes, call("free", 11, "main"), [&updated, &skipped, &updated]),
        ("earlier", yes, call("free", 9, "main"), [&skipped, &skipped, &skipped]),
        ("earlier, by a greater name", yes, call("free", 9, "other"), [&skipped, &skipped, &skipped]),
        ("at once, by a greater name", yes, call("free", 10, "other"), [&updated, &skipped, &updated]),
        ("at once, by a lesser name", yes, call("free", 10, "crm"), [&skipped, &skipped, &skipped]),
        ("at once, by the same, saying more", yes, call("free", 10, "main"), [&updated, &skipped, &updated]),
        ("at once, by the same, saying less", yes, call("away", 10, "main"), [&skipped, &skipped, &skipped]),
    ];
    for (what, known, incoming, expected) in cases {
        for (behaviour, expected) in [CreateAndUpdate, CreateOnly, UpdateOnly].into_iter().zip(expected) {
            let met = meet(known, incoming.clone(), behaviour);
            assert_eq!(outcome(&met), *expected, "{what}, {behaviour:?}");
        }
    }
}

#[test]
fn what_is_updated_stays_who_it_is() {
    let known = Activity { version: 1, via: Vec::new(), ..call("busy", 10, "main") };
    let mut incoming = call("free", 20, "other");
    (incoming.id, incoming.at) = (ActivityId::from_external(&account(), "43"), second(-30));
    incoming.kind = ActivityType::new("visit").unwrap();
    let ActivityMet::Updated(after) = meet(Some(&known), incoming.clone(), ActivityBehaviour::default()) else {
        panic!("it is later")
    };
    assert_eq!((&after.id, &after.origin, after.created_at), (&known.id, &known.origin, known.created_at));
    assert!(after.says_the_same_as(&incoming));
    assert_eq!((after.updated_at, after.via), (incoming.updated_at, incoming.via));
}

#[test]
fn whatever_order_tellings_come_in_the_same_one_stays() {
    let told = [("a", 1), ("c", 1), ("b", 1), ("d", 2), ("e", 2)].map(|(note, at)| call(note, at, "main"));
    let mut ends = Vec::new();
    permute(&mut told.to_vec(), 0, &mut |order| {
        let mut known: Option<Activity> = None;
        for incoming in order {
            match meet(known.as_ref(), incoming.clone(), ActivityBehaviour::CreateAndUpdate) {
                ActivityMet::Created(next) | ActivityMet::Updated(next) => {
                    assert_eq!(next.version, known.as_ref().map_or(1, |known| known.version + 1));
                    known = Some(next);
                }
                ActivityMet::Unchanged(_) | ActivityMet::Skipped(_) => {}
            }
        }
        ends.push(known.unwrap().fields["note"].clone());
    });
    assert_eq!(ends.len(), 120);
    assert!(ends.iter().all(|end| *end == json!("e")), "{ends:?}");
}

fn permute(told: &mut Vec<Activity>, from: usize, done: &mut impl FnMut(&[Activity])) {
    if from == told.len() {
        return done(told);
    }
    for other in from..told.len() {
        told.swap(from, other);
        permute(told, from + 1, done);
        told.swap(from, other);
    }
}

#[test]
fn limits() {
    let now = second(0);
    let with = |name: &str, value: Value| {
        let mut activity = call("x", 0, "main");
        activity.fields.insert(name.to_owned(), value);
        activity
    };
    let many = |count: usize| {
        let fields = (0..count).map(|number| (number.to_string(), json!(number))).collect();
        Activity { fields, ..call("x", 0, "main") }
    };
    let at = |seconds: i64| Activity { at: second(seconds), ..call("x", 0, "main") };
    let named = |id: String| {
        let mut activity = call("x", 0, "main");
        activity.origin.id = id;
        activity
    };
    let far = |accounts: usize| Activity { via: vec![name("a"); accounts], ..call("x", 0, "main") };
    for good in [
        call("x", 0, "main"),
        many(200),
        with("text", json!("x".repeat(8 * 1024))),
        with(&"n".repeat(200), json!(null)),
        at(300),
        Activity { at: Timestamp::UNIX_EPOCH, ..call("x", 0, "main") },
        named("x".repeat(200)),
        far(16),
    ] {
        assert_eq!(good.check(now), Ok(()));
    }
    for (bad, says) in [
        (many(201), "has 201 fields; at most 200"),
        (with("text", json!("ä".repeat(4 * 1024 + 1))), "field 'text' of the activity has 8194 bytes; at most 8192"),
        (with("list", json!(["x".repeat(8 * 1024 - 3)])), "field 'list' of the activity has 8193 bytes"),
        (with("", json!(1)), "a name of 0 bytes"),
        (with(&"n".repeat(201), json!(1)), "a name of 201 bytes; give it one of 1 to 200"),
        (at(301), "give a moment between 1970 and now"),
        (Activity { at: Timestamp::UNIX_EPOCH - jiff::SignedDuration::from_secs(1), ..at(0) }, "said to have happened"),
        (named(String::new()), "has 0 bytes; give it one of 1 to 200"),
        (named("x".repeat(201)), "has 201 bytes"),
        (far(17), "came through 17 accounts"),
    ] {
        let error = bad.check(now).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("xxx"), "a value is told: {error}");
    }
}

#[test]
fn what_was_made_here_comes_back_as_itself() {
    let own = ActivityId::from_external(&account(), "42");
    let origin = ActivityOrigin { account: name("main"), id: own.to_string() };
    assert_eq!(origin.id_in(&name("main")), own);
    let there = origin.id_in(&name("other"));
    assert_eq!(there, ActivityId::from_origin(&name("main"), own.as_str()));
    assert_ne!(there, own);
    let crm = ActivityOrigin { account: name("main"), id: "42".to_owned() };
    assert_eq!(crm.id_in(&name("main")), ActivityId::from_origin(&name("main"), "42"));
}

#[test]
fn it_reads_back() {
    let activity = call("busy", 10, "main");
    let json = serde_json::to_value(&activity).unwrap();
    assert_eq!((&json["type"], &json["origin"]["id"]), (&json!("call"), &json!("42")));
    assert_eq!(serde_json::from_value::<Activity>(json).unwrap(), activity);
}
