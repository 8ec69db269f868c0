//! What happens when the one whose turn it is has had enough.

use super::*;
use crate::config::Period;

/// Bo has had his one lead, Anna takes any number; the turns begin with Bo.
fn desk(action: &str, more: &str) -> Desk {
    let text = format!(
        "assignees:
  - {{ id: bo, name: B, caps: [{{ period: day, limit: 1 }}] }}
  - {{ id: anna, name: A }}
  - {{ id: cy, name: C }}
pools:
  - {{ id: p, members: [bo, anna], fallback: back }}
  - {{ id: back, members: [cy] }}
  - {{ id: outer, members: [{{ pool: p }}] }}
profiles: [{{ id: x, rules: [{{ id: r, then: [{action}{more}] }}] }}]"
    );
    let mut desk = Desk::new(&text);
    let first = desk.give_many(1);
    assert_eq!(first, ["bo"]);
    desk
}

#[test]
fn the_next_candidate_the_next_action_or_nobody() {
    let rows: [(&str, &str, &[&str]); 9] = [
        ("{ pool: p }", "", &["anna", "anna", "anna"]),
        ("{ pool: { id: p, over_cap: next } }", "", &["anna", "anna", "anna"]),
        // Anna is next in turn once; then it is Bo's turn, and the fallback is no other action.
        ("{ pool: { id: p, over_cap: else } }", ", { assign_to: cy }", &["anna", "cy", "cy"]),
        ("{ pool: { id: p, over_cap: else } }", "", &["anna", "parked", "parked"]),
        ("{ pool: { id: p, over_cap: park } }", ", { assign_to: cy }", &["anna", "parked", "parked"]),
        ("{ pool: { id: outer, over_cap: else } }", ", { assign_to: cy }", &["anna", "cy", "cy"]),
        ("{ pool: { id: outer, over_cap: park } }", ", { assign_to: cy }", &["anna", "parked", "parked"]),
        ("{ assign_to: bo }", ", { assign_to: cy }", &["cy", "cy", "cy"]),
        ("{ assign_to: { id: bo, over_cap: park } }", ", { assign_to: cy }", &["parked", "parked", "parked"]),
    ];
    for (action, more, order) in rows {
        let mut desk = desk(action, more);
        assert_eq!(desk.give_many(3), order, "{action}{more}");
        assert!(desk.sums().iter().all(|sum| *sum == 0));
    }
}

#[test]
fn why_a_lead_waits_for_the_one_whose_turn_it_is() {
    let cap = Some(Ineligible::CapReached { period: Period::Day, limit: 1 });
    for (action, line, actions) in [
        ("{ pool: { id: p, over_cap: park } }", "pool:p", 1),
        ("{ pool: { id: p, over_cap: else } }", "pool:p", 1),
        ("{ pool: { id: outer, over_cap: park } }", "pool:outer", 2),
        ("{ assign_to: { id: bo, over_cap: park } }", "rule:x/r", 1),
    ] {
        let mut desk = desk(action, "");
        desk.give_many(2);
        let decision = desk.one(&lead_no(9, &[]));
        // At midnight Bo may have the next one.
        let until = Some("2026-07-22T00:00:00Z".to_owned());
        assert_eq!(parked(&decision), (line, "bo has had 1 lead today", until), "{action}");
        let told = &decision.trace.actions;
        assert_eq!(told.len(), actions);
        let innermost = told.last().unwrap();
        assert_eq!(innermost.candidates[0].ineligible, cap, "{action}");
        assert!(told.iter().all(|action| action.picked.is_none()));
        assert!(told.iter().flat_map(|action| &action.candidates).all(|candidate| candidate.credit.is_none()));
        assert_eq!(innermost.over.is_some(), innermost.pool.is_some());
        desk.now = moment("2026-07-22T00:00:00Z");
        assert_eq!(given(&desk.one(&lead_no(9, &[])).outcome), "bo", "{action}");
    }
}

#[test]
fn a_cap_in_the_inner_pool_is_waited_for_there() {
    let text = r"
assignees: [{ id: bo, name: B }, { id: anna, name: A }]
pools:
  - { id: outer, members: [{ pool: p }] }
  - { id: p, members: [{ assignee: bo, caps: [{ period: week, limit: 1 }] }, anna] }
profiles: [{ id: x, default: { pool: { id: outer, over_cap: park } } }]
";
    let mut desk = Desk::new(text);
    assert_eq!(desk.give_many(3), ["bo", "anna", "parked"]);
    assert_eq!(parked(&desk.one(&lead_no(9, &[]))).2, Some("2026-07-27T00:00:00Z".into()), "the next Monday");
}

#[test]
fn others_of_the_same_rules_may_still_go_past_the_one_whose_turn_it_is() {
    let text = r"
assignees:
  - { id: bo, name: B, caps: [{ period: day, limit: 1 }], filter: { field: company, op: missing } }
  - { id: anna, name: A }
pools: [{ id: p, members: [bo, anna] }]
profiles: [{ id: x, default: { pool: { id: p, over_cap: park } } }]
";
    let mut desk = Desk::new(text);
    assert_eq!(desk.give_many(3), ["bo", "anna", "parked"]);
    assert!(!desk.one(&lead_no(9, &[])).blocked);
    assert_eq!(given(&desk.one(&lead_no(9, &[("company", "x")])).outcome), "anna");
}

#[test]
fn others_of_the_same_rules_may_still_go_past_the_one_whom_the_rule_names() {
    let text = r"
assignees:
  - { id: bo, name: B, caps: [{ period: day, limit: 1 }], filter: { field: company, op: missing } }
  - { id: anna, name: A }
profiles: [{ id: x, rules: [{ id: r, then: [{ assign_to: { id: bo, over_cap: park } }, { assign_to: anna }] }] }]
";
    let mut desk = Desk::new(text);
    assert_eq!(desk.give_many(2), ["bo", "parked"]);
    assert!(!desk.one(&lead_no(9, &[])).blocked);
    assert_eq!(given(&desk.one(&lead_no(9, &[("company", "x")])).outcome), "anna");
}

#[test]
fn whoever_can_not_take_the_lead_for_another_reason_has_no_turn() {
    let mut desk = desk("{ pool: { id: p, over_cap: park } }", "");
    let mut lead = lead_no(7, &[]);
    assert_eq!(desk.settled(&mut lead), ["anna"]);
    lead.holdings[0].assignee = id("bo");
    assert_eq!(given(&desk.one(&lead).outcome), "anna", "Bo has it, so it is not his turn");
}
