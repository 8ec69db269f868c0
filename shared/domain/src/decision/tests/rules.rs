//! Which rules decide, and what becomes of a lead that nobody can take.

use super::*;

const CONFIG: &str = r"
account: { timezone: Europe/Berlin }
fields:
  - { name: company_size, type: number }
sources:
  - { id: web, format: json }
assignees:
  - { id: anna, name: Anna, destinations: [hook, off] }
  - { id: bo, name: Bo, caps: [{ period: day, limit: 2 }] }
  - { id: cy, name: Cy, active: false }
  - { id: di, name: Di, weight: 0 }
destinations:
  - { id: hook, channel: { webhook: { url: https://crm.example } } }
  - { id: off, enabled: false, channel: { webhook: { url: https://crm.example } } }
pools:
  - { id: big, members: [bo, cy, di] }
  - { id: all, members: [anna, { assignee: bo, weight: 3 }] }
profiles:
  - id: leads
    rules:
      - id: enterprise
        when: { field: company_size, op: gt, value: 500 }
        then: [{ pool: big }, { assign_to: anna }]
      - id: only_bo
        when: { field: company, op: eq, value: bo ltd }
        then: [{ assign_to: bo }]
      - id: bo_or_default
        when: { field: company, op: eq, value: bo or default }
        then: [{ assign_to: bo }]
        else: default
      - id: bo_or_nothing
        when: { field: company, op: eq, value: bo or nothing }
        then: [{ assign_to: bo }]
        else: do_nothing
      - id: parked
        when: { field: company, op: eq, value: wait }
        then: [park]
    default: { pool: all }
  - { id: calls, entity: call, default: do_nothing }
";

fn company(name: &str) -> Lead {
    lead("lead", &[("company", FieldValue::Text(name.to_owned()))])
}

fn enterprise() -> Lead {
    lead("lead", &[("company_size", FieldValue::Number { number: 501.into() })])
}

#[test]
fn the_first_matching_rule_decides_and_its_actions_are_tried_in_order() {
    let (config, mut state) = (rules(CONFIG), State::default());
    let picks: Vec<String> = (0..4)
        .map(|_| {
            let (rule, decision) = run(&config, &mut state, &enterprise());
            assert_eq!(rule.unwrap().as_str(), "enterprise");
            given(&decision.outcome).to_owned()
        })
        .collect();
    // Bo's cap of two a day is reached, then the next action gives it to Anna.
    assert_eq!(picks, ["bo", "bo", "anna", "anna"]);
    let (_, decision) = run(&config, &mut state, &enterprise());
    let reasons: Vec<_> = decision.trace.actions[0].candidates.iter().map(|c| c.ineligible.clone()).collect();
    let cap = Ineligible::CapReached { period: crate::config::Period::Day, limit: 2 };
    assert_eq!(reasons, [Some(cap), Some(Ineligible::Inactive), Some(Ineligible::ZeroWeight)]);
    assert_eq!(decision.trace.actions[1].picked.as_ref().unwrap().to_string(), "anna");
}

#[test]
fn without_a_match_the_default_rotates_by_weight() {
    let (config, mut state) = (rules(CONFIG), State::default());
    let picks: Vec<String> = (0..3)
        .map(|_| {
            let (rule, decision) = run(&config, &mut state, &company("acme"));
            assert_eq!(rule, None);
            given(&decision.outcome).to_owned()
        })
        .collect();
    // Bo's share is three times Anna's; of equal credits the one with fewer leads is first.
    assert_eq!(picks, ["bo", "anna", "bo"]);
    let (_, decision) = run(&config, &mut state, &company("acme"));
    let Outcome::Assigned { destinations, picks, .. } = decision.outcome else { panic!("nobody") };
    assert_eq!(destinations.len(), 1, "the disabled destination gets no delivery");
    assert_eq!(picks[0].pick.shares.len(), 1, "Bo's cap is reached, so the whole lead was Anna's share");
    assert_eq!(decision.trace.rules.len(), 5);
    assert!(decision.trace.rules.iter().all(|rule| rule.failed.is_some()));
}

#[test]
fn nobody_eligible() {
    let (config, mut state) = (rules(CONFIG), State::default());
    for _ in 0..2 {
        assert_eq!(given(&run(&config, &mut state, &company("bo ltd")).1.outcome), "bo");
    }
    let (_, decision) = run(&config, &mut state, &company("bo ltd"));
    let Outcome::Parked { line, reason, .. } = &decision.outcome else { panic!("not parked") };
    assert_eq!((line.as_str(), reason.as_str()), ("rule:leads/only_bo", "bo has had 2 leads today"));
    assert_eq!(given(&run(&config, &mut state, &company("bo or default")).1.outcome), "anna");
    assert_eq!(given(&run(&config, &mut state, &company("bo or nothing")).1.outcome), "nothing");
    assert_eq!(given(&run(&config, &mut state, &company("WAIT ")).1.outcome), "parked");
}

#[test]
fn an_entity_without_a_profile_is_left_alone() {
    let (config, mut state) = (rules(CONFIG), State::default());
    assert_eq!(given(&run(&config, &mut state, &lead("call", &[])).1.outcome), "nothing");
    assert_eq!(given(&run(&config, &mut state, &lead("visit", &[])).1.outcome), "nothing");
    assert_eq!(state, State::default());
}

#[test]
fn a_cap_in_one_pool_does_not_count_what_another_gave() {
    let text = r"
assignees: [{ id: anna, name: Anna }]
pools:
  - { id: one, members: [{ assignee: anna, caps: [{ period: lifetime, limit: 1 }] }] }
  - { id: two, members: [anna] }
profiles: [{ id: p, default: [{ pool: one }, { pool: two }] }]
";
    let config = rules(text);
    let mut state = State::default();
    let pools: Vec<String> = (0..3)
        .map(|_| match run(&config, &mut state, &company("x")).1.outcome {
            Outcome::Assigned { pool: Some(pool), .. } => pool.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(pools, ["one", "two", "two"]);
}

#[test]
fn every_matching_rule_gives_the_lead_where_all_match_and_nobody_gets_it_twice() {
    let text = r"
assignees: [{ id: anna, name: A }, { id: bo, name: B }, { id: cy, name: C, caps: [{ period: day, limit: 0 }] }]
pools: [{ id: both, members: [anna, bo] }]
profiles:
  - id: buyers
    match: all
    rules:
      - { id: one, then: [{ assign_to: anna }] }
      - { id: never, when: { field: company, op: eq, value: other }, then: [{ assign_to: bo }] }
      - { id: two, then: [{ pool: both }] }
      - { id: three, then: [{ pool: both }, { assign_to: anna }] }
      - { id: four, then: [{ assign_to: cy }], else: do_nothing }
    default: { pool: both }
";
    let (rules, mut state) = (rules(text), State::default());
    let decisions = decided(&rules, &mut state, &company("acme"));
    let outcomes: Vec<_> = decisions.iter().map(|d| (d.rule.as_ref().unwrap().as_str(), given(&d.outcome))).collect();
    assert_eq!(outcomes, [("one", "anna"), ("two", "bo"), ("three", "nothing"), ("four", "nothing")]);
    let candidates = &decisions[2].trace.actions[0].candidates;
    assert!(candidates.iter().all(|candidate| candidate.ineligible == Some(Ineligible::AlreadyHadThisLead)));
    // Why the rule that did not match did not is told once.
    assert_eq!(decisions[0].trace.rules.len(), 2);
    assert!(decisions[1..].iter().all(|decision| decision.trace.rules.len() == 1));
    assert_eq!(state.counters.values().filter(|counters| !counters.counts.is_empty()).count(), 2);
}

#[test]
fn more_matches_than_a_transaction_holds_are_counted_and_left() {
    let rule = |n| format!("{{ id: r{n}, then: [{{ assign_to: a{n} }}] }}");
    let count = MATCHES_MAX + 5;
    let assignees: Vec<String> = (0..count).map(|n| format!("{{ id: a{n}, name: A }}")).collect();
    let each: Vec<String> = (0..count).map(rule).collect();
    let text = format!(
        "assignees: [{}]\nprofiles: [{{ id: p, match: all, rules: [{}] }}]",
        assignees.join(", "),
        each.join(", ")
    );
    let decisions = decided(&rules(&text), &mut State::default(), &company("x"));
    assert_eq!(decisions.len(), MATCHES_MAX);
    assert_eq!((decisions[0].trace.cut, decisions[0].trace.beyond), (0, 5));
}

#[test]
fn profiles_of_an_entity_are_tried_in_order_until_one_decides() {
    let text = r"
assignees: [{ id: anna, name: A }, { id: bo, name: B }]
profiles:
  - { id: off, enabled: false, default: { assign_to: bo } }
  - { id: first, rules: [{ id: r, when: { field: company, op: eq, value: acme }, then: [{ assign_to: anna }] }] }
  - { id: calls, entity: call, default: { assign_to: bo } }
  - { id: second, rules: [{ id: r, when: { field: company, op: eq, value: globex }, then: [{ assign_to: bo }] }] }
";
    let (rules, mut state) = (rules(text), State::default());
    assert_eq!(given(&run(&rules, &mut state, &company("acme")).1.outcome), "anna");
    let (_, decision) = run(&rules, &mut state, &company("globex"));
    assert_eq!(given(&decision.outcome), "bo");
    assert_eq!(decision.trace.rules[0].profile.as_ref().unwrap().as_str(), "first");
    let (rule, decision) = run(&rules, &mut state, &company("initech"));
    let Outcome::Parked { line, reason, .. } = &decision.outcome else { panic!("not parked") };
    assert_eq!(rule, None);
    assert_eq!(
        (line.as_str(), reason.as_str()),
        ("profile:second", "no rule matches and profile second has no default")
    );
    assert_eq!(decision.trace.rules.len(), 2);
}

#[test]
fn a_pool_falls_back_on_the_next() {
    let text = r"
assignees: [{ id: anna, name: A, active: false }, { id: bo, name: B, caps: [{ period: day, limit: 1 }] }]
pools:
  - { id: west, members: [anna], fallback: middle }
  - { id: middle, members: [], fallback: east }
  - { id: east, members: [bo] }
profiles: [{ id: p, default: { pool: west } }]
";
    let (rules, mut state) = (rules(text), State::default());
    let (_, decision) = run(&rules, &mut state, &company("x"));
    let Outcome::Assigned { assignee, pool, .. } = &decision.outcome else { panic!("nobody") };
    assert_eq!((assignee.as_str(), pool.as_ref().unwrap().as_str()), ("bo", "east"));
    assert_eq!(decision.trace.actions.len(), 3);
    let (_, decision) = run(&rules, &mut state, &company("x"));
    let Outcome::Parked { line, .. } = &decision.outcome else { panic!("not parked") };
    assert_eq!(line, "pool:west");
}

#[test]
fn a_rule_matches_in_its_time_only() {
    let text = r"
account: { timezone: Europe/Berlin }
assignees: [{ id: anna, name: A }, { id: bo, name: B }]
profiles:
  - id: p
    rules: [{ id: july, active_from: 2026-07-01, active_until: 2026-08-01, then: [{ assign_to: anna }] }]
    default: { assign_to: bo }
";
    let (rules, mut state) = (rules(text), State::default());
    for (at, who) in [
        ("2026-06-30T21:59:59Z", "bo"),
        ("2026-06-30T22:00:00Z", "anna"),
        ("2026-07-31T21:59:59Z", "anna"),
        ("2026-07-31T22:00:00Z", "bo"),
    ] {
        let lead = Lead { created_at: at.parse().unwrap(), ..company("x") };
        let (_, decision) = run(&rules, &mut state, &lead);
        assert_eq!(given(&decision.outcome), who, "{at}");
        assert_eq!(decision.trace.rules[0].out_of_time, who == "bo");
    }
}

#[test]
fn the_reasons_of_thousands_of_rules_stay_small_and_near_the_one_that_matched() {
    let each: Vec<String> = (0..5_000)
        .map(|n| format!("{{ id: r{n}, when: {{ field: company, op: eq, value: c{n} }}, then: [park] }}"))
        .collect();
    let rules = rules(&format!("profiles: [{{ id: p, rules: [{}] }}]", each.join(", ")));
    let (rule, decision) = run(&rules, &mut State::default(), &company("c4000"));
    assert_eq!(rule.unwrap().as_str(), "r4000");
    let told = &decision.trace.rules;
    assert_eq!(told.len() + decision.trace.cut, 4_001);
    assert_eq!(told[told.len() - 2].rule.as_str(), "r3999");
    assert!(told.len() > 50 && serde_json::to_vec(&decision.trace).unwrap().len() <= crate::trace::TRACE_BYTES_MAX);
}

#[test]
fn where_all_match_the_default_runs_once_and_only_for_a_lead_that_nobody_got() {
    let config = |x_active: bool| {
        format!(
            r"
assignees: [{{ id: x, name: X, active: {x_active} }}, {{ id: y, name: Y, active: false }}, {{ id: a, name: A }}, {{ id: b, name: B }}]
pools: [{{ id: others, members: [a, b] }}]
profiles:
  - id: p
    match: all
    rules:
      - {{ id: one, then: [{{ assign_to: y }}], else: default }}
      - {{ id: two, then: [{{ assign_to: y }}], else: default }}
      - {{ id: three, then: [{{ assign_to: x }}] }}
    default: {{ pool: others }}
"
        )
    };
    let outcomes = |active| {
        let (rules, mut state) = (rules(&config(active)), State::default());
        let decisions = decided(&rules, &mut state, &company("acme"));
        let by_default = decisions[0].trace.actions.iter().any(|action| action.by_default);
        (decisions.iter().map(|decision| given(&decision.outcome).to_owned()).collect::<Vec<_>>(), by_default)
    };
    assert_eq!(outcomes(true), (["nothing", "nothing", "x"].map(str::to_owned).to_vec(), false));
    assert_eq!(outcomes(false), (["a", "nothing", "nothing"].map(str::to_owned).to_vec(), true));
}

#[test]
fn a_default_ends_the_chain_of_profiles() {
    let text = r"
assignees: [{ id: anna, name: A }, { id: bo, name: B }]
profiles:
  - { id: first, default: { assign_to: anna } }
  - { id: second, rules: [{ id: r, then: [{ assign_to: bo }] }] }
";
    let (_, decision) = run(&rules(text), &mut State::default(), &company("acme"));
    assert_eq!((decision.rule, given(&decision.outcome)), (None, "anna"));
}
