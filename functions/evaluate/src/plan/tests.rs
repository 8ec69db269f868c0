//! Events that meet in one batch, and leads that are met again.

use std::collections::BTreeSet;

use leadyard_domain::config::document::{Syntax, parse};
use leadyard_domain::event::Origin;
use leadyard_domain::id::{AccountId, DeliveryId, EventId, SourceId, body_hash};
use leadyard_domain::list::Lists;
use serde_json::{Value, json};

use super::*;

const CONFIG: &str = r"
sources:
  - { id: web, format: json }
  - { id: bare, format: json, search_by: [] }
  - { id: strict, format: json, on_duplicate: reject }
assignees:
  - { id: anna, name: Anna, destinations: [crm] }
  - { id: bo, name: Bo, active: false }
destinations: [{ id: crm, channel: { webhook: { url: https://crm.example } } }]
pools: [{ id: all, members: [anna] }, { id: none, members: [bo] }]
profiles:
  - id: leads
    rules: [{ id: waits, when: { field: company, op: eq, value: wait }, then: [{ pool: none }] }]
    default: { pool: all }
";

fn rules(text: &str) -> Rules {
    let known =
        leadyard_domain::config::Known { secrets: &BTreeSet::new(), formats: &["json"], lists: &BTreeSet::new() };
    parse(text, Syntax::Yaml).unwrap().check(&known).unwrap().compile(&Lists::default()).unwrap()
}

fn now() -> Timestamp {
    "2026-07-21T10:00:00Z".parse().unwrap()
}

fn event(source: &str, number: usize, payload: Value) -> Received {
    let (account, source) = (AccountId::new("main").unwrap(), SourceId::new(source).unwrap());
    let hash = body_hash(payload.to_string().as_bytes());
    Received {
        event: EventId::from_request(&account, &source, &number.to_string(), 0, &hash),
        account,
        source,
        received_at: now(),
        identity: Identity::Body(hash),
        payload: payload.as_object().unwrap().clone(),
        origin: Origin::default(),
        intent: Intent::Capture,
    }
}

fn meet<'a>(rules: &'a Rules, event: &Received, known: &Known, touched: &mut Touched) -> Option<Prepared<'a>> {
    apply(rules, event, &capture(rules.checked(), event), false, known, touched, now())
}

fn settle(rules: &Rules, event: &Received, known: &Known) -> Settled {
    let prepared = meet(rules, event, known, &mut Touched::default()).unwrap();
    decide(rules, 7, &[prepared], &mut State::default(), now()).pop().unwrap().settled
}

fn record(settled: &Settled) -> &EventRecord {
    settled.record.as_ref().unwrap()
}

/// What the next round would read after these were committed.
fn after(rules: &Rules, settled: &Settled) -> Known {
    let write = settled.lead.as_ref().unwrap();
    let source = rules.checked().source(&record(settled).received.source).unwrap();
    let keys = leadyard_sources::capture::keys(source, &write.lead.fields);
    Known {
        activities: Default::default(),
        keys: keys.into_iter().map(|key| (key, write.lead.id.clone())).collect(),
        leads: [(write.lead.id.clone(), write.lead.clone())].into(),
    }
}

#[test]
fn a_new_lead_is_decided_with_all_that_the_commit_needs() {
    let rules = rules(CONFIG);
    let mut settled =
        settle(&rules, &event("web", 1, json!({ "email": "a@x.example", "phone": "+4930123456" })), &Known::default());
    assert_eq!(record(&settled).status, EventStatus::Created);
    let LeadWrite { lead, previous, keys } = settled.lead.unwrap();
    assert_eq!((lead.version, previous, keys.len()), (1, None, 2));
    assert_eq!(lead.owner.as_ref().unwrap().as_str(), "anna");
    let assignment = settled.assignments.remove(0);
    assert_eq!((assignment.attempt, assignment.config_version, assignment.rule), (1, 7, None));
    let Standing::Assigned { deliveries, .. } = &lead.standing else { panic!("{:?}", lead.standing) };
    assert_eq!(deliveries, &[DeliveryId::of(&lead.id, 1, &"crm".parse().unwrap())]);
    assert_eq!(settled.seen, None, "its keys tell a repeat");
}

#[test]
fn a_lead_without_keys_is_told_again_by_its_body() {
    let rules = rules(CONFIG);
    let settled = settle(&rules, &event("bare", 1, json!({ "company": "ACME" })), &Known::default());
    assert!(settled.seen.is_some());
    let keyed = settle(&rules, &event("bare", 3, json!({ "email": "a@x.example" })), &Known::default());
    assert_eq!(keyed.lead.unwrap().keys.len(), 1, "it can be met by the key of another source");
    let seen_before = event("bare", 2, json!({ "company": "ACME" }));
    let captured = capture(rules.checked(), &seen_before);
    let prepared =
        apply(&rules, &seen_before, &captured, true, &Known::default(), &mut Touched::default(), now()).unwrap();
    let repeat = decide(&rules, 7, &[prepared], &mut State::default(), now()).pop().unwrap().settled;
    assert_eq!(record(&repeat).status, EventStatus::Duplicate);
    assert!(repeat.lead.is_none() && repeat.assignments.is_empty());
}

#[test]
fn of_two_events_that_meet_in_a_lead_the_later_waits() {
    let (rules, known, mut touched) = (rules(CONFIG), Known::default(), Touched::default());
    let same_key = |number| event("web", number, json!({ "email": "a@x.example", "message": number }));
    assert!(meet(&rules, &same_key(1), &known, &mut touched).is_some());
    assert!(meet(&rules, &same_key(2), &known, &mut touched).is_none());
    let other = event("web", 3, json!({ "email": "b@x.example" }));
    assert!(meet(&rules, &other, &known, &mut touched).is_some());
    let bare = |number| event("bare", number, json!({ "company": "ACME" }));
    assert!(meet(&rules, &bare(4), &known, &mut touched).is_some());
    assert!(meet(&rules, &bare(5), &known, &mut touched).is_none());
}

#[test]
fn who_has_a_lead_keeps_it() {
    let rules = rules(CONFIG);
    let first = settle(&rules, &event("web", 1, json!({ "email": "a@x.example" })), &Known::default());
    let known = after(&rules, &first);
    let again = settle(&rules, &event("web", 2, json!({ "email": "a@x.example", "company": "ACME" })), &known);
    assert_eq!(record(&again).status, EventStatus::Updated);
    assert!(again.assignments.is_empty());
    let LeadWrite { lead, keys, .. } = again.lead.unwrap();
    assert_eq!((lead.version, lead.duplicate_count, keys.len()), (2, 1, 0));
    assert_eq!(lead.owner.as_ref().unwrap().as_str(), "anna");
    let strict = settle(&rules, &event("strict", 3, json!({ "email": "a@x.example", "company": "ACME" })), &known);
    assert_eq!(record(&strict).status, EventStatus::Rejected);
    assert!(strict.assignments.is_empty());
}

#[test]
fn a_waiting_lead_that_changes_is_tried_again_and_keeps_its_place() {
    let rules = rules(CONFIG);
    let first =
        settle(&rules, &event("web", 1, json!({ "email": "a@x.example", "company": "wait" })), &Known::default());
    let Standing::Parked { line, since, .. } = &first.lead.as_ref().unwrap().lead.standing else { panic!() };
    assert_eq!(line, "pool:none");
    let known = after(&rules, &first);
    let later = event("web", 2, json!({ "email": "a@x.example", "message": "hello?" }));
    let prepared = meet(&rules, &later, &known, &mut Touched::default()).unwrap();
    let minute = now() + jiff::SignedDuration::from_mins(1);
    let second = decide(&rules, 7, &[prepared], &mut State::default(), minute).pop().unwrap().settled;
    let write = second.lead.unwrap();
    assert_eq!(write.previous.as_ref(), Some(&first.lead.as_ref().unwrap().lead.standing));
    let Standing::Parked { attempt: 2, since: still, .. } = &write.lead.standing else { panic!() };
    assert_eq!(still, since);
}

#[test]
fn an_event_that_comes_again_after_its_log_entry_is_gone_meets_its_own_lead() {
    let rules = rules(CONFIG);
    let mut again = event("web", 1, json!({ "email": "a@x.example" }));
    again.identity = Identity::External("1".to_owned());
    let first = settle(&rules, &again, &Known::default());
    let mut known = after(&rules, &first);
    known.keys.clear();
    again.payload.insert("email".to_owned(), json!("new@x.example"));
    let second = settle(&rules, &again, &known);
    assert_eq!((record(&second).status, &record(&second).lead), (EventStatus::Duplicate, &record(&first).lead));
    assert!(second.lead.is_none(), "the same event changes nothing, however late");
}

#[test]
fn a_key_of_another_lead_stays_with_it() {
    let rules = rules(CONFIG);
    let one = settle(&rules, &event("web", 1, json!({ "email": "a@x.example" })), &Known::default());
    let two = settle(&rules, &event("web", 2, json!({ "phone": "+4930123456" })), &Known::default());
    let mut known = after(&rules, &one);
    let others = after(&rules, &two);
    known.keys.extend(others.keys);
    known.leads.extend(others.leads);
    let both = event("web", 3, json!({ "email": "a@x.example", "phone": "+4930123456", "company": "ACME" }));
    let write = settle(&rules, &both, &known).lead.unwrap();
    assert_eq!(write.lead.id, one.lead.unwrap().lead.id, "the primary key wins");
    assert!(write.keys.is_empty());
}

#[test]
fn what_cannot_be_captured_is_logged_with_the_reason() {
    let rules = rules(CONFIG);
    let bad = settle(&rules, &event("web", 1, json!({ "email": "nobody" })), &Known::default());
    assert_eq!(record(&bad).status, EventStatus::Failed);
    let reason = bad.record.unwrap().reason.unwrap();
    assert!(reason.contains("email") && !reason.contains("nobody"), "{reason}");
    let gone = settle(&rules, &event("gone", 1, json!({})), &Known::default());
    assert!(gone.record.unwrap().reason.unwrap().contains("put it back"));
}

#[test]
fn a_lead_that_every_rule_gives_has_a_decision_for_each_and_the_first_owner() {
    let rules = rules(
        r"
sources: [{ id: web, format: json }]
assignees: [{ id: bo, name: B, active: false }, { id: anna, name: A, destinations: [crm] }, { id: cy, name: C, destinations: [crm] }]
destinations: [{ id: crm, channel: { webhook: { url: https://crm.example } } }]
profiles:
  - id: buyers
    match: all
    rules: [{ id: one, then: [{ assign_to: bo }] }, { id: two, then: [{ assign_to: anna }] }, { id: three, then: [{ assign_to: cy }] }]
",
    );
    let settled = settle(&rules, &event("web", 1, json!({"email": "a@b.example"})), &Known::default());
    let attempts: Vec<_> = settled.assignments.iter().map(|its| (its.attempt, its.outcome.name())).collect();
    assert_eq!(attempts, [(1, "nothing"), (2, "assigned"), (3, "assigned")]);
    let lead = settled.lead.unwrap().lead;
    assert_eq!(lead.owner.unwrap().as_str(), "anna");
    let Standing::Assigned { attempt: 3, deliveries, .. } = lead.standing else { panic!("not assigned") };
    assert_eq!(deliveries.len(), 2, "each assignment has its delivery, though both go to one destination");
}
