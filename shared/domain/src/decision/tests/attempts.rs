//! How often a lead is offered.

use super::*;
use crate::lead::HOLDINGS_MAX;

fn desk(profile: &str) -> Desk {
    Desk::new(&format!(
        "assignees: [{{ id: a, name: A }}, {{ id: b, name: B }}, {{ id: c, name: C }}, {{ id: boss, name: M }}]
pools: [{{ id: p, members: [a, b, c] }}]
queues: [{{ id: q, members: [boss] }}]
profiles: [{{ id: x, {profile} }}]"
    ))
}

#[test]
fn a_lead_is_offered_so_often_and_then_something_else_happens() {
    let rows: [(&str, &[&str]); 8] = [
        ("default: { pool: p }", &["a", "b", "c", "parked"]),
        ("attempts: { at_most: 2 }, default: { pool: p }", &["a", "b", "parked"]),
        ("attempts: { at_most: 2, then: [{ assign_to: boss }] }, default: { pool: p }", &["a", "b", "boss", "parked"]),
        ("attempts: { at_most: 1, then: [{ queue: q }] }, default: { pool: p }", &["a", "queued"]),
        ("attempts: { at_most: 1, then: [do_nothing] }, default: { pool: p }", &["a", "nothing"]),
        // What the rule says goes before the profile's.
        (
            "attempts: { at_most: 1 }, rules: [{ id: r, then: [{ pool: p }], attempts: { at_most: 2 } }]",
            &["a", "b", "parked"],
        ),
        // The default is for who finds nobody, not for who was offered too often; nor is such a lead forgotten.
        (
            "rules: [{ id: r, then: [{ pool: p }], else: default, attempts: { at_most: 2 } }], default: { assign_to: boss }",
            &["a", "b", "parked"],
        ),
        ("rules: [{ id: r, then: [{ pool: p }], else: do_nothing, attempts: { at_most: 2 } }]", &["a", "b", "parked"]),
    ];
    for (profile, order) in rows {
        assert_eq!(desk(profile).all_reject(&mut lead_no(1, &[])), order, "{profile}");
    }
}

#[test]
fn why_it_is_not_offered_any_more() {
    let mut desk = desk("attempts: { at_most: 1 }, default: { pool: p }");
    let mut lead = lead_no(1, &[]);
    desk.all_reject(&mut lead);
    let decision = desk.one(&lead);
    assert_eq!(parked(&decision), ("profile:x", "it was given once, as often as the rule allows", None));
    assert_eq!((decision.trace.offered, decision.blocked), (1, false));
    assert_eq!(decision.trace.actions, []);
}

#[test]
fn a_lead_that_is_used_up_says_nothing_about_others_of_its_rule() {
    let full = "{ assign_to: { id: boss, over_cap: park } }";
    for then in ["", "then: [park]", "then: [{ assign_to: boss }]", &format!("then: [{full}]")] {
        let text = format!(
            "assignees: [{{ id: a, name: A }}, {{ id: boss, name: M, caps: [{{ period: lifetime, limit: 1 }}] }}]
profiles: [{{ id: x, attempts: {{ at_most: 1, {then} }}, default: {{ assign_to: a }} }}]"
        );
        let mut desk = Desk::new(&text);
        desk.state.counters_mut(&id("boss")).add(None, desk.rules.checked().account_clock(desk.now));
        let mut lead = lead_no(1, &[]);
        assert_eq!(desk.all_reject(&mut lead), ["a", "parked"], "{then}");
        assert!(!desk.one(&lead).blocked, "{then}");
        assert_eq!(given(&desk.one(&lead_no(2, &[])).outcome), "a", "{then}");
    }
}

#[test]
fn who_is_asked_then_is_waited_for() {
    let text =
        "assignees: [{ id: a, name: A }, { id: boss, name: M, absences: [{ from: 2026-07-20, until: 2026-07-24 }] }]
profiles: [{ id: x, attempts: { at_most: 1, then: [{ assign_to: boss }] }, default: { assign_to: a } }]";
    let mut desk = Desk::new(text);
    let mut lead = lead_no(1, &[]);
    desk.all_reject(&mut lead);
    let decision = desk.one(&lead);
    assert_eq!(parked(&decision).2, Some("2026-07-24T00:00:00Z".into()));
    assert!(parked(&decision).1.starts_with("boss is absent until"));
}

#[test]
fn a_lead_that_is_decided_anew_is_offered_anew() {
    let mut desk = desk("attempts: { at_most: 2 }, default: { pool: p }");
    let mut lead = lead_no(1, &[]);
    let first = desk.settle(&mut lead);
    desk.end(&mut lead, &first[0], Ending::Rejected);
    assert_eq!(desk.settled(&mut lead), ["b"]);
    desk.now = moment("2026-07-23T10:00:00Z");
    handover::supersede(&mut lead, desk.rules.checked(), &mut desk.state, desk.now);
    // Not the one who rejected it, and again twice.
    let order = desk.all_reject(&mut lead);
    assert_eq!(order, ["c", "b", "parked"]);
}

#[test]
fn where_every_match_gives_it_each_rule_counts_its_own() {
    let mut desk = desk(
        "match: all, attempts: { at_most: 2 }, rules: [{ id: one, then: [{ assign_to: boss }] }, { id: two, then: [{ pool: p }] }]",
    );
    let mut lead = lead_no(1, &[]);
    let assignments = desk.settle(&mut lead);
    let mut again = assignments[1].clone();
    let mut order = Vec::new();
    loop {
        order.push(given(&again.outcome).to_owned());
        if !desk.end(&mut lead, &again, Ending::Rejected) {
            break;
        }
        let state = &mut desk.state;
        let decisions = asked(&desk.rules, &lead, now(), |case| {
            let route = case.route.clone().only(again.rule.as_ref()).unwrap();
            decide(&Case { route: &route, ..*case }, state)
        });
        again =
            handover::settle(&mut lead, decisions, None, &Cause::Drained, (desk.rules.checked(), 1), now()).remove(0);
    }
    // Boss has it by the other rule, so it does not wait.
    assert_eq!(order, ["a", "b", "nothing"]);
}

#[test]
fn no_lead_is_given_for_ever() {
    let mut desk = desk("attempts: { at_most: 50, then: [{ assign_to: boss }] }, default: { pool: p }");
    let mut lead = lead_no(1, &[]);
    for _ in 0..HOLDINGS_MAX {
        assert!(desk.settled(&mut lead)[0] != "parked");
        desk.now = desk.now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        handover::supersede(&mut lead, desk.rules.checked(), &mut desk.state, desk.now);
    }
    assert_eq!(parked(&desk.one(&lead)).1, "it was given 100 times, as often as a lead can be");
    assert_eq!(desk.settled(&mut lead), ["parked"]);
    assert_eq!(lead.holdings.len(), HOLDINGS_MAX);
}
