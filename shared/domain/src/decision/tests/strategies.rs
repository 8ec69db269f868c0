//! Every strategy through a config.

use super::*;

fn desk(strategy: &str, members: &str) -> Desk {
    Desk::new(&format!(
        "account: {{ value_field: worth }}
fields: [{{ name: worth, type: number }}]
assignees:
  - {{ id: anna, name: A, tier: 2, price: 10, capacity: {{ leads: 4 }}, target: {{ period: day, leads: 4 }} }}
  - {{ id: bo, name: B, price: '10.00', capacity: {{ leads: 2 }}, target: {{ period: month, leads: 2 }} }}
  - {{ id: cy, name: C, price: 9.99, capacity: {{ leads: 2, value: 50 }} }}
  - {{ id: zero, name: Z, weight: 0, price: 99, capacity: {{ leads: 9 }} }}
pools: [{{ id: p, strategy: {strategy}, members: [{members}] }}]
profiles: [{{ id: x, default: {{ pool: p }} }}]"
    ))
}

#[test]
fn each_strategy_gives_its_order() {
    let rows: [(&str, &str, &[&str]); 7] = [
        ("rotate", "zero, anna, bo, cy", &["anna", "bo", "cy", "anna"]),
        // By the part of the capacity that is open: 0/4 0/2 0/2, 1/4 0/2 0/2, 1/4 1/2 0/2, 1/4 1/2 1/2; then all have half of it
        // open, and Cy is owed most.
        ("least_loaded", "zero, anna, bo, cy", &["anna", "bo", "cy", "anna", "cy", "bo", "anna", "anna", "parked"]),
        // The first tier until its capacity is full, by turns.
        ("priority", "zero, anna, bo, cy", &["bo", "cy", "bo", "cy", "anna"]),
        ("priority", "anna, { assignee: bo, tier: 3 }", &["anna", "anna", "anna", "anna", "bo"]),
        // Ten is ten, however it is written.
        ("highest_price", "zero, anna, bo, cy", &["anna", "bo", "anna", "bo", "anna", "anna", "cy"]),
        ("highest_price", "{ assignee: cy, price: 11 }, anna, bo", &["cy", "cy", "anna", "bo"]),
        // Parts of the target: 0/4 0/2, 1/4 0/2, 1/4 1/2, 2/4 1/2: whoever has none comes last.
        ("furthest_below_target", "cy, anna, bo", &["anna", "bo", "anna", "bo", "anna", "anna", "cy"]),
    ];
    for (strategy, members, order) in rows {
        let mut desk = desk(strategy, members);
        assert_eq!(desk.give_many(order.len()), order, "{strategy} {members}");
        assert!(desk.sums().iter().all(|sum| *sum == 0));
    }
}

#[test]
fn whoever_a_strategy_leaves_out_gains_nothing_and_is_told_apart() {
    let mut desk = desk("highest_price", "anna, bo, cy, zero");
    let decision = desk.one(&lead_no(1, &[]));
    let credits: Vec<_> = decision.trace.actions[0].candidates.iter().map(|candidate| candidate.credit).collect();
    assert_eq!(credits, [Some([0, -500_000]), Some([0, 500_000]), None, None]);
    assert_eq!(decision.trace.actions[0].strategy.name(), "highest_price");
    assert_eq!(reasons(&decision, 0)[2..], [("cy".into(), None), ("zero".into(), Some(Ineligible::ZeroWeight))]);
    let Outcome::Assigned { picks, .. } = decision.outcome else { panic!("nobody") };
    assert_eq!(picks[0].pick.shares.len(), 2);
}

#[test]
fn a_target_counts_its_own_period() {
    let mut desk = desk("furthest_below_target", "anna, bo");
    assert_eq!(desk.give_many(3), ["anna", "bo", "anna"]);
    // A day later Anna's day begins anew, and Bo's month goes on.
    desk.now = moment("2026-07-22T10:00:00Z");
    assert_eq!(desk.give_many(3), ["anna", "anna", "bo"]);
}

#[test]
fn capacity_by_leads_and_by_value() {
    let mut desk = desk("rotate", "cy");
    assert_eq!(given(&desk.one(&valued(1, 30)).outcome), "cy");
    let decision = desk.one(&valued(2, 21));
    assert_eq!(reasons(&decision, 0)[0].1, Some(Ineligible::AtCapacity { leads: 1, by_value: true }));
    assert!(!decision.blocked, "a smaller lead fits");
    assert_eq!(given(&desk.one(&valued(3, 20)).outcome), "cy", "to the last of it");
    let decision = desk.one(&valued(4, 0));
    assert_eq!(reasons(&decision, 0)[0].1, Some(Ineligible::AtCapacity { leads: 2, by_value: false }));
    assert!(decision.blocked);
    assert_eq!(parked(&decision).2, None, "time alone frees no capacity");
}

#[test]
fn a_closed_lead_and_one_of_less_than_nothing_take_no_capacity() {
    let mut desk = desk("rotate", "cy");
    let mut won = valued(1, 30);
    won.fields.insert(FieldName::new("stage").unwrap(), FieldValue::Text(" WON".into()));
    for _ in 0..3 {
        assert_eq!(given(&desk.one(&won).outcome), "cy");
    }
    let mut owed = lead_no(2, &[]);
    owed.fields.insert(FieldName::new("worth").unwrap(), FieldValue::Number { number: (-90).into() });
    assert_eq!(given(&desk.one(&owed).outcome), "cy");
    assert_eq!(given(&desk.one(&valued(3, 51)).outcome), "parked");
    assert_eq!(given(&desk.one(&valued(3, 50)).outcome), "cy");
}
