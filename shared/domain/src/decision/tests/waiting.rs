//! What a lead waits for: the first moment at which somebody may be able to take it.

use super::*;
use crate::availability::{Availability, Switch};

const CAL: &str = "calendars: [{ id: de, days: [2026-07-22] }]
schedules: [{ id: office, hours: { monday: ['09:00-17:00'], tuesday: ['09:00-17:00'], wednesday: ['09:00-17:00'], thursday: ['09:00-17:00'] } }]
";

/// The moment that is waited for, on Tuesday at noon in Berlin, with these people and this default.
fn until(people: &str, pools: &str, default: &str) -> Option<String> {
    let mut desk = desk(people, pools, default);
    let decision = desk.one(&lead_no(1, &[]));
    let (_, _, until) = parked(&decision);
    if let Some(until) = &until {
        assert!(moment(until) > desk.now);
        // It holds: just before nobody can take it, then somebody can.
        desk.now = moment(until).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        assert_eq!(given(&desk.one(&lead_no(1, &[])).outcome), "parked", "before {until}");
        desk.now = moment(until);
        assert!(matches!(desk.one(&lead_no(1, &[])).outcome, Outcome::Assigned { .. }), "at {until}");
    }
    until
}

fn desk(people: &str, pools: &str, default: &str) -> Desk {
    Desk::new(&format!(
        "account: {{ timezone: Europe/Berlin }}\n{CAL}assignees: [{people}]\npools: [{pools}]\nprofiles: [{{ id: x, default: {default} }}]"
    ))
}

#[test]
fn the_first_moment_of_a_candidate() {
    let a = |rest: &str| until(&format!("{{ id: a, name: A, {rest} }}"), "", "{ assign_to: a }");
    let cap = |period: &str| format!("caps: [{{ period: {period}, limit: 0 }}]");
    assert_eq!(a("active: false"), None);
    assert_eq!(a("absences: [{ from: 2026-07-20, until: 2026-07-25 }]"), Some("2026-07-24T22:00:00Z".into()));
    // Away until the evening, then closed, then a holiday, then Thursday.
    let chain = "schedule: office, holidays: [de], absences: [{ from: 2026-07-20, until: 2026-07-21T20:00 }]";
    assert_eq!(a(chain), Some("2026-07-23T07:00:00Z".into()));
    assert_eq!(a("hours: {}"), None, "never at work");
    // A cap of nothing is reached in every period.
    for period in ["hour", "day", "week", "month", "lifetime"] {
        assert_eq!(a(&cap(period)), None, "{period}");
    }
}

#[test]
fn a_cap_then_hours_then_an_absence() {
    let people = "{ id: a, name: A, schedule: office, holidays: [de], caps: [{ period: day, limit: 1 }], \
                  absences: [{ from: 2026-07-23T09:00, until: 2026-07-23T13:00 }] }";
    let mut desk = desk(people, "", "{ assign_to: a }");
    assert_eq!(desk.give_many(2), ["a", "parked"]);
    // Midnight frees the cap; Wednesday is off; on Thursday he is away until one o'clock.
    assert_eq!(parked(&desk.one(&lead_no(3, &[]))).2, Some("2026-07-23T11:00:00Z".into()));
    for (now, who) in [("2026-07-23T10:59:59Z", "parked"), ("2026-07-23T11:00:00Z", "a")] {
        desk.now = moment(now);
        assert_eq!(given(&desk.one(&lead_no(3, &[])).outcome), who, "{now}");
    }
}

#[test]
fn the_earliest_of_all_candidates_counts() {
    let away = |id: &str, until: &str| {
        format!("{{ id: {id}, name: A, absences: [{{ from: 2026-07-20, until: '2026-07-{until}' }}] }}")
    };
    let people = [away("a", "28"), away("b", "26"), away("c", "24"), "{ id: off, name: O, active: false }".to_owned()];
    let people = people.join(", ");
    let at = |day: u8| Some(format!("2026-07-{}T22:00:00Z", day - 1));
    let pools = "{ id: one, members: [a, off], fallback: two }, { id: two, members: [b] }, { id: none, members: [off] }, \
                 { id: outer, members: [{ pool: one }, { pool: two }] }, { id: zero, members: [{ assignee: c, weight: 0 }, a] }, \
                 { id: outer_zero, members: [{ pool: two, weight: 0 }, { pool: one }] }";
    let rows = [
        ("{ assign_to: a }", at(28)),
        ("[{ assign_to: a }, { assign_to: c }]", at(24)),
        ("{ pool: one }", at(26)),
        ("{ pool: none }", None),
        ("[{ pool: none }, { pool: two }]", at(26)),
        ("{ pool: outer }", at(26)),
        ("{ pool: zero }", at(28)),
        ("{ pool: outer_zero }", at(28)),
        ("[{ assign_to: a }, park]", None),
        ("park", None),
    ];
    for (default, wanted) in rows {
        assert_eq!(until(&people, pools, default), wanted, "{default}");
    }
}

#[test]
fn where_the_rule_asks_for_the_default_it_is_waited_for_too() {
    let text = r"
assignees:
  - { id: a, name: A, absences: [{ from: 2026-07-20, until: 2026-07-28 }] }
  - { id: b, name: B, absences: [{ from: 2026-07-20, until: 2026-07-26 }] }
profiles:
  - id: x
    rules:
      - { id: d, when: { field: company, op: eq, value: d }, then: [{ assign_to: a }], else: default }
      - { id: p, when: { field: company, op: eq, value: p }, then: [{ assign_to: a }] }
    default: { assign_to: b }
";
    let mut desk = Desk::new(text);
    for (company, until) in [("d", "2026-07-26T00:00:00Z"), ("p", "2026-07-28T00:00:00Z")] {
        let decision = desk.one(&lead_no(1, &[("company", company)]));
        assert_eq!(parked(&decision).2, Some(until.to_owned()), "{company}");
        assert!(decision.blocked);
    }
}

#[test]
fn owners_and_names_are_waited_for() {
    let text = r"
fields: [{ name: rep, type: text }]
assignees: [{ id: a, name: A, absences: [{ from: 2026-07-20, until: 2026-07-28 }] }]
profiles: [{ id: x, default: [keep_owner, { named: rep }] }]
";
    let mut desk = Desk::new(text);
    let owned = Lead { owner: Some(id("a")), ..lead_no(1, &[]) };
    for lead in [owned, lead_no(1, &[("rep", "a")])] {
        let decision = desk.one(&lead);
        assert_eq!(parked(&decision).2, Some("2026-07-28T00:00:00Z".into()));
        assert!(!decision.blocked, "others have other owners and names");
    }
    assert_eq!(parked(&desk.one(&lead_no(1, &[]))).2, None);
}

#[test]
fn a_switch_by_hand_goes_before_hours_holidays_and_absences() {
    let rows = [
        // Off for an hour, off for good.
        ("", Switch::Off, Some("2026-07-21T11:00:00Z"), "parked", Some("2026-07-21T11:00:00Z")),
        ("", Switch::Off, None, "parked", None),
        // Off until after hours: the next morning that is no holiday.
        (
            "schedule: office, holidays: [de]",
            Switch::Off,
            Some("2026-07-21T18:00:00Z"),
            "parked",
            Some("2026-07-23T07:00:00Z"),
        ),
        // On, whatever else is said of the time.
        ("absences: [{ from: 2026-07-20, until: 2026-07-25 }]", Switch::On, None, "a", None),
        ("hours: {}", Switch::On, Some("2026-07-21T11:00:00Z"), "a", None),
        ("schedule: office, holidays: [de], hours_until: x", Switch::On, None, "a", None),
        // Whose `active` says no is on by no switch.
        ("active: false", Switch::On, None, "parked", None),
        ("active: false", Switch::Off, Some("2026-07-21T11:00:00Z"), "parked", None),
        // It is over: what the config says holds again.
        ("hours: {}", Switch::On, Some("2026-07-21T10:00:00Z"), "parked", None),
        ("", Switch::Off, Some("2026-07-21T10:00:00Z"), "a", None),
    ];
    for (rest, switch, over, who, until) in rows {
        let rest = rest.replace(", hours_until: x", "");
        let mut desk = desk(&format!("{{ id: a, name: A, {rest} }}"), "", "{ assign_to: a }");
        desk.state.counters_mut(&id("a")).availability =
            Some(Availability { switch, until: over.map(moment), at: now(), by: "key".into() });
        let decision = desk.one(&lead_no(1, &[]));
        assert_eq!(given(&decision.outcome), who, "{rest} {switch:?} {over:?}");
        if who == "parked" {
            assert_eq!(parked(&decision).2.as_deref(), until, "{rest} {switch:?} {over:?}");
            assert!(decision.blocked);
        }
    }
}

#[test]
fn whoever_is_switched_on_still_has_caps_and_they_open_in_time() {
    let mut desk = desk("{ id: a, name: A, hours: {}, caps: [{ period: hour, limit: 1 }] }", "", "{ assign_to: a }");
    desk.state.counters_mut(&id("a")).availability = Some(Availability {
        switch: Switch::On,
        until: Some(moment("2026-07-21T12:00:00Z")),
        at: now(),
        by: "k".into(),
    });
    assert_eq!(desk.give_many(2), ["a", "parked"]);
    assert_eq!(parked(&desk.one(&lead_no(3, &[]))).2, Some("2026-07-21T11:00:00Z".into()));
    desk.now = moment("2026-07-21T11:30:00Z");
    assert_eq!(desk.give_many(2), ["a", "parked"]);
    assert_eq!(parked(&desk.one(&lead_no(3, &[]))).2, None, "at noon the switch is over");
}

#[test]
fn whether_others_of_the_same_rules_would_find_somebody() {
    let rows = [
        ("{ id: a, name: A, active: false }", true),
        ("{ id: a, name: A, hours: {} }", true),
        ("{ id: a, name: A, weight: 0 }", true),
        ("{ id: a, name: A, caps: [{ period: day, limit: 0 }] }", true),
        ("{ id: a, name: A, capacity: { leads: 0 } }", true),
        ("{ id: a, name: A, filter: { field: email, op: exists } }", false),
        // Who is away takes nobody, whatever the filter.
        ("{ id: a, name: A, active: false, filter: { field: email, op: exists } }", true),
    ];
    for (people, blocked) in rows {
        for pools in ["{ id: p, members: [a] }", "{ id: p, members: [{ pool: q }] }, { id: q, members: [a] }"] {
            let decision = desk(people, pools, "{ pool: p }").one(&lead_no(1, &[]));
            assert_eq!((given(&decision.outcome), decision.blocked), ("parked", blocked), "{people} {pools}");
        }
    }
    let parked = desk("", "", "park").one(&lead_no(1, &[]));
    assert!(parked.blocked, "every lead of the rule is parked");
}
