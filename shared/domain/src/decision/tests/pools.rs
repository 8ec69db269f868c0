//! Pools in pools.

use super::*;

const TEAMS: &str = r"
assignees:
  - { id: anna, name: A }
  - { id: bo, name: B }
  - { id: cy, name: C }
  - { id: di, name: D }
pools:
  - { id: all, members: [{ pool: north, weight: 2 }, { pool: south }] }
  - { id: north, members: [anna, { assignee: bo, weight: 2 }] }
  - { id: south, members: [cy, { assignee: di, caps: [{ period: day, limit: 1 }] }] }
  - { id: solo, members: [di] }
profiles:
  - id: x
    rules: [{ id: solo, when: { field: company, op: eq, value: solo }, then: [{ pool: solo }] }]
    default: { pool: all }
";

#[test]
fn teams_take_turns_by_their_weights_and_members_inside_a_team() {
    let mut desk = Desk::new(TEAMS);
    let mut tally = std::collections::BTreeMap::new();
    for who in desk.give_many(18) {
        *tally.entry(who).or_insert(0) += 1;
        assert_eq!(desk.sums().iter().sum::<i64>(), 0);
        assert!(desk.sums().iter().all(|sum| *sum == 0));
    }
    // Twelve of eighteen go north, eight of those to Bo; Di's cap holds in the team.
    assert_eq!(tally, [("anna", 4), ("bo", 8), ("cy", 5), ("di", 1)].map(|(who, n)| (who.to_owned(), n)).into());
}

#[test]
fn a_decision_names_both_pools_and_counts_in_the_inner_one() {
    let mut desk = Desk::new(TEAMS);
    let decision = desk.one(&lead_no(1, &[]));
    let Outcome::Assigned { assignee, pool, picks, .. } = &decision.outcome else { panic!("nobody") };
    assert_eq!((assignee.as_str(), pool.as_ref().unwrap().as_str()), ("bo", "all"));
    let pools: Vec<_> = picks.iter().map(|pick| (pick.pool.as_str(), pick.pick.member.to_string())).collect();
    assert_eq!(pools, [("all", "pool:north".to_owned()), ("north", "bo".to_owned())]);
    let told: Vec<_> = decision.trace.actions.iter().map(|action| action.picked.clone().unwrap().to_string()).collect();
    assert_eq!(told, ["pool:north", "bo"]);
    let counts = &desk.state.counters[&id("bo")].counts;
    assert!(counts.contains_key("day@north") && !counts.contains_key("day@all"));
}

#[test]
fn a_cap_in_a_team_does_not_hold_elsewhere() {
    let mut desk = Desk::new(TEAMS);
    while desk.give_many(1) != ["di"] {}
    assert!(desk.give_many(12).iter().all(|who| who != "di"));
    assert_eq!(given(&desk.one(&lead_no(1, &[("company", "solo")])).outcome), "di");
}

#[test]
fn what_comes_back_is_refunded_in_both_pools() {
    let mut desk = Desk::new(TEAMS);
    desk.give_many(7);
    let before = desk.state.clone();
    let mut lead = lead_no(50, &[]);
    let assignments = desk.settle(&mut lead);
    assert!(desk.end(&mut lead, &assignments[0], Ending::Returned));
    let refunds = &lead.holdings[0].ended.as_ref().unwrap().refunds;
    let pools: Vec<_> = refunds.iter().map(|refund| refund.pool.as_str()).collect();
    assert_eq!(pools[0], "all");
    assert_eq!(pools.len(), 2);
    for (pool, was) in &before.pools {
        let is = &desk.state.pools[pool];
        let standing = |state: &crate::rotation::PoolState| -> Vec<_> {
            state.seats.iter().map(|seat| (seat.member.clone(), seat.credit, seat.assigned)).collect()
        };
        assert_eq!(standing(was), standing(is), "{pool}");
    }
    for refund in refunds {
        assert_eq!(refund.turn, desk.state.pools[&refund.pool].turns, "the last move of its pool");
    }
}

#[test]
fn a_team_of_which_nobody_can_take_the_lead_is_passed_over_without_arrears() {
    let text = TEAMS.replace("name: A }", "name: A, active: false }").replace("name: B }", "name: B, active: false }");
    let mut desk = Desk::new(&text);
    let decision = desk.one(&lead_no(1, &[]));
    assert_eq!(reasons(&decision, 0)[0], ("pool:north".into(), Some(Ineligible::NobodyEligible)));
    assert!(desk.give_many(5).iter().all(|who| who == "cy" || who == "di"));
    let north =
        desk.state.pools[&PoolId::new("all").unwrap()].member(&"pool:north".parse::<Member>().unwrap()).cloned();
    assert_eq!(north.map(|seat| seat.credit), Some(0));
    assert!(!desk.state.pools.contains_key(&PoolId::new("north").unwrap()));
}

#[test]
fn where_nobody_is_found_the_members_of_the_teams_are_told() {
    let text = TEAMS.replace(" }\n  - { id: bo", ", active: false }\n  - { id: bo");
    let text = text.replace("name: B }", "name: B, active: false }").replace("name: C }", "name: C, active: false }");
    let mut desk = Desk::new(&text.replace("name: D }", "name: D, active: false }"));
    let decision = desk.one(&lead_no(1, &[]));
    let told: Vec<_> = decision.trace.actions.iter().map(|action| action.action.as_str()).collect();
    assert_eq!(told, ["pool north", "pool south", "pool all"]);
    assert_eq!(reasons(&decision, 0)[1], ("bo".into(), Some(Ineligible::Inactive)));
    assert!(decision.blocked);
    assert_eq!(parked(&decision).0, "pool:all");
}

#[test]
fn a_team_of_weight_0_is_never_given_anything() {
    let mut desk = Desk::new(&TEAMS.replace("{ pool: north, weight: 2 }", "{ pool: north, weight: 0 }"));
    let decision = desk.one(&lead_no(1, &[]));
    assert_eq!(given(&decision.outcome), "cy");
    assert_eq!(reasons(&decision, 0)[0].1, Some(Ineligible::ZeroWeight));
    let text = TEAMS.replace("[{ pool: north, weight: 2 }, { pool: south }]", "[{ pool: north, weight: 0 }]");
    assert_eq!(given(&Desk::new(&text).one(&lead_no(1, &[])).outcome), "parked");
}

/// A team as a candidate is what its eligible members are together.
#[test]
fn a_team_as_a_candidate_of_each_strategy() {
    let rows: [(&str, &str, &[&str]); 6] = [
        // The best tier in the team; what the member says goes first.
        ("priority", "{ pool: team }, cy", &["anna", "anna", "anna", "cy"]),
        ("priority", "{ pool: team, tier: 9 }, cy", &["cy", "cy"]),
        // The best price in the team.
        ("highest_price", "cy, { pool: team }", &["anna", "bo", "anna", "bo", "anna", "cy"]),
        ("highest_price", "cy, { pool: team, price: 1 }", &["cy", "cy"]),
        // 0/5 and 0/2; 0/5 and 1/2; 1/5 and 1/2; 2/5 and 1/2; 3/5 and 1/2.
        ("least_loaded", "cy, { pool: team }", &["cy", "anna", "bo", "anna", "cy"]),
        // 0/4 and 0/2, 0/4 and 1/2, 1/4 and 1/2; 2/4 and 1/2 are even and the rotation goes on.
        ("furthest_below_target", "cy, { pool: team }", &["cy", "anna", "bo"]),
    ];
    for (strategy, members, order) in rows {
        let mut desk = Desk::new(&format!(
            "assignees:
  - {{ id: anna, name: A, tier: 2, price: 30, capacity: {{ leads: 3 }}, target: {{ period: day, leads: 2 }} }}
  - {{ id: bo, name: B, tier: 4, price: 20, capacity: {{ leads: 2 }}, target: {{ period: day, leads: 2 }} }}
  - {{ id: cy, name: C, tier: 3, price: 25, capacity: {{ leads: 2 }}, target: {{ period: day, leads: 2 }} }}
pools:
  - {{ id: outer, strategy: {strategy}, members: [{members}] }}
  - {{ id: team, strategy: {inner}, members: [anna, bo] }}
profiles: [{{ id: x, default: {{ pool: outer }} }}]",
            inner = if strategy == "priority" { "priority" } else { "rotate" },
        ));
        assert_eq!(desk.give_many(order.len()), order, "{strategy} {members}");
    }
}

#[test]
fn a_pool_in_a_pool_does_not_fall_back() {
    let text = r"
assignees: [{ id: anna, name: A, active: false }, { id: bo, name: B }]
pools:
  - { id: outer, members: [{ pool: team }] }
  - { id: team, members: [anna], fallback: other }
  - { id: other, members: [bo] }
profiles: [{ id: x, rules: [{ id: t, when: { field: company, op: exists }, then: [{ pool: team }] }], default: { pool: outer } }]
";
    let mut desk = Desk::new(text);
    assert_eq!(given(&desk.one(&lead_no(1, &[])).outcome), "parked");
    assert_eq!(given(&desk.one(&lead_no(1, &[("company", "x")])).outcome), "bo");
}
