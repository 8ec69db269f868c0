//! Decisions over a whole config, as a person would write it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::*;
use crate::assignment::Standing;
use crate::config::Known;
use crate::config::document::{Syntax, parse};
use crate::eligibility::Ineligible;
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountId, Entity, EventId, LeadId, SourceId};
use crate::lead::{LastEvent, Lead};

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

fn config() -> Checked {
    let config = parse(CONFIG, Syntax::Yaml).unwrap();
    config.check(&Known { secrets: &BTreeSet::new(), formats: &["json"], lists: &BTreeSet::new() }).unwrap()
}

fn lead(entity: &str, fields: &[(&str, FieldValue)]) -> Lead {
    let event = EventId::from_external(&AccountId::new("main").unwrap(), &SourceId::new("web").unwrap(), "1");
    let now = Timestamp::UNIX_EPOCH;
    Lead {
        id: LeadId::from_event(&event),
        account: AccountId::new("main").unwrap(),
        entity: Entity::new(entity).unwrap(),
        version: 1,
        source: SourceId::new("web").unwrap(),
        fields: fields.iter().map(|(name, value)| (FieldName::new(*name).unwrap(), value.clone())).collect(),
        extra: BTreeMap::new(),
        owner: None,
        standing: Standing::Unassigned { attempt: 0 },
        duplicate_count: 0,
        last_event: LastEvent { event, at: now, body_hash: None },
        created_at: now,
        updated_at: now,
    }
}

fn company(name: &str) -> Lead {
    lead("lead", &[("company", FieldValue::Text(name.to_owned()))])
}

fn enterprise() -> Lead {
    lead("lead", &[("company_size", FieldValue::Number { number: 501.into() })])
}

fn run(config: &Checked, state: &mut State, lead: &Lead) -> (Option<RuleId>, Decision) {
    let source = SourceId::new("web").unwrap();
    let received_at = lead.created_at;
    let subject = Subject { lead, source: &source, is_new: true, received_at, zone: &TimeZone::UTC };
    let route = route(config, &subject);
    let needs = route.needs(config);
    let decision = decide(config, &route, state, "2026-07-21T10:00:00Z".parse().unwrap());
    // What a decision touches must have been named before, or a function would decide on state it never read.
    assert!(state.pools.keys().filter(|pool| needs.pools.contains(pool)).count() >= needs.pools.len().min(1));
    if let Outcome::Assigned { assignee, pool, .. } = &decision.outcome {
        assert!(needs.assignees.contains(assignee));
        assert!(pool.as_ref().is_none_or(|pool| needs.pools.contains(pool)));
    }
    (route.rule().cloned(), decision)
}

fn given(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Assigned { assignee, .. } => assignee.as_str(),
        Outcome::Parked { .. } => "parked",
        Outcome::Nothing => "nothing",
    }
}

#[test]
fn the_first_matching_rule_decides_and_its_actions_are_tried_in_order() {
    let (config, mut state) = (config(), State::default());
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
    assert_eq!(decision.trace.actions[1].picked.as_ref().unwrap().as_str(), "anna");
}

#[test]
fn without_a_match_the_default_rotates_by_weight() {
    let (config, mut state) = (config(), State::default());
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
    let Outcome::Assigned { destinations, pick, .. } = decision.outcome else { panic!("nobody") };
    assert_eq!(destinations.len(), 1, "the disabled destination gets no delivery");
    assert_eq!(pick.unwrap().shares.len(), 1, "Bo's cap is reached, so the whole lead was Anna's share");
    assert_eq!(decision.trace.rules.len(), 5);
    assert!(decision.trace.rules.iter().all(|rule| rule.failed.is_some()));
}

#[test]
fn nobody_eligible() {
    let (config, mut state) = (config(), State::default());
    for _ in 0..2 {
        assert_eq!(given(&run(&config, &mut state, &company("bo ltd")).1.outcome), "bo");
    }
    let (_, decision) = run(&config, &mut state, &company("bo ltd"));
    let Outcome::Parked { line, reason } = &decision.outcome else { panic!("not parked") };
    assert_eq!((line.as_str(), reason.as_str()), ("rule:leads/only_bo", "bo has had 2 leads today"));
    assert_eq!(given(&run(&config, &mut state, &company("bo or default")).1.outcome), "anna");
    assert_eq!(given(&run(&config, &mut state, &company("bo or nothing")).1.outcome), "nothing");
    assert_eq!(given(&run(&config, &mut state, &company("WAIT ")).1.outcome), "parked");
}

#[test]
fn an_entity_without_a_profile_is_left_alone() {
    let (config, mut state) = (config(), State::default());
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
    let known = Known { secrets: &BTreeSet::new(), formats: &[], lists: &BTreeSet::new() };
    let config = parse(text, Syntax::Yaml).unwrap().check(&known).unwrap();
    let mut state = State::default();
    let pools: Vec<String> = (0..3)
        .map(|_| match run(&config, &mut state, &company("x")).1.outcome {
            Outcome::Assigned { pool: Some(pool), .. } => pool.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(pools, ["one", "two", "two"]);
}
