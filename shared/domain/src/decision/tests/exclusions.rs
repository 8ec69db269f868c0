//! Who is not given a lead, for what it is or for whom it is of.

use super::*;
use crate::config::Period;
use crate::id::DestinationId;

#[test]
fn nobody_gets_a_lead_twice_until_it_is_decided_anew() {
    let text = r"
assignees: [{ id: anna, name: A }, { id: bo, name: B }]
pools: [{ id: p, members: [anna, bo] }]
profiles: [{ id: x, default: { pool: p } }]
";
    for (how, reason) in [
        (Ending::Rejected, Some(Ineligible::RejectedThisLead)),
        (Ending::Returned, Some(Ineligible::AlreadyHadThisLead)),
        (Ending::Overdue, Some(Ineligible::AlreadyHadThisLead)),
        (Ending::Reassigned, Some(Ineligible::AlreadyHadThisLead)),
        (Ending::Superseded, None),
    ] {
        let mut desk = Desk::new(text);
        let mut lead = lead_no(1, &[]);
        let assignments = desk.settle(&mut lead);
        let held = desk.one(&lead);
        assert_eq!(reasons(&held, 0)[0].1, Some(Ineligible::AlreadyHadThisLead));
        assert!(desk.end(&mut lead, &assignments[0], how));
        let decision = desk.one(&lead);
        assert_eq!(reasons(&decision, 0)[0], ("anna".to_owned(), reason), "{how:?}");
    }
}

#[test]
fn a_filter_says_which_leads_someone_takes() {
    let text = r"
fields: [{ name: size, type: number }]
assignees:
  - { id: anna, name: A, filter: { all: [{ field: country, op: eq, value: DE }, { field: size, op: gt, value: 5 }] } }
pools: [{ id: p, members: [anna] }]
profiles: [{ id: x, default: { pool: p } }]
";
    let mut desk = Desk::new(text);
    let with = |country: &str, size: u32| {
        let mut lead = lead_no(1, &[("country", country)]);
        lead.fields.insert(FieldName::new("size").unwrap(), FieldValue::Number { number: size.into() });
        lead
    };
    assert_eq!(given(&desk.one(&with("de", 6)).outcome), "anna");
    for (lead, field) in [(with("AT", 6), "country"), (with("DE", 5), "size"), (lead_no(1, &[]), "country")] {
        let decision = desk.one(&lead);
        assert_eq!(reasons(&decision, 0)[0].1, Some(Ineligible::FilterMismatch { field: field.to_owned() }));
        assert!(!decision.blocked, "another lead may pass");
        assert_eq!(parked(&decision).2, None, "time makes no other lead of it");
    }
}

const PARTNERS: &str = r"
assignees: [{ id: anna, name: A, duplicate_days: 30 }, { id: bo, name: B }]
pools: [{ id: p, members: [anna] }, { id: other, members: [bo] }]
profiles:
  - { id: x, default: { pool: p } }
  - { id: loans, entity: loan, default: { pool: p } }
  - { id: bo, entity: bo, default: { pool: other } }
";

fn of_person(number: usize, entity: &str, email: &str, phone: &str) -> Lead {
    let mut lead = lead_no(number, &[]);
    lead.entity = Entity::new(entity).unwrap();
    for (name, value) in [("email", FieldValue::Text(email.into())), ("phone", FieldValue::Text(phone.into()))] {
        if !value.is_empty() {
            lead.fields.insert(FieldName::new(name).unwrap(), value);
        }
    }
    lead
}

#[test]
fn a_partner_takes_no_second_lead_of_the_same_person_within_its_days() {
    let mut desk = Desk::new(PARTNERS);
    let first = of_person(1, "lead", "eva@example.com", "+4930111");
    assert_eq!(given(&desk.one(&first).outcome), "anna");
    let duplicate = Some(Ineligible::DuplicateForPartner { days: 30 });
    for (lead, reason) in [
        (of_person(2, "lead", "EVA@example.com", ""), duplicate.clone()),
        (of_person(3, "loan", "other@example.com", "+4930111"), duplicate.clone()),
        (of_person(4, "loan", "other@example.com", "+4930112"), None),
        (of_person(5, "lead", "", ""), None),
        // The lead itself is no other lead of the same person.
        (first.clone(), None),
    ] {
        let decision = desk.one(&lead);
        assert_eq!(reasons(&decision, 0)[0].1, reason);
        assert!(!decision.blocked);
    }
}

#[test]
fn a_person_is_forgotten_when_the_days_are_over() {
    let mut desk = Desk::new(PARTNERS);
    desk.one(&of_person(1, "lead", "eva@example.com", "+4930111"));
    desk.now = moment("2026-07-22T10:00:00Z");
    desk.one(&of_person(2, "lead", "max@example.com", "+4930222"));
    // Both are named by the third: the later one is to be forgotten too.
    let third = of_person(3, "lead", "eva@example.com", "+4930222");
    desk.now = moment("2026-08-20T09:59:59Z");
    assert_eq!(parked(&desk.one(&third)).2, Some("2026-08-21T10:00:00Z".into()));
    desk.now = moment("2026-08-21T09:59:59.999Z");
    assert_eq!(given(&desk.one(&third).outcome), "parked");
    desk.now = moment("2026-08-21T10:00:00Z");
    assert_eq!(given(&desk.one(&third).outcome), "anna");
}

#[test]
fn who_takes_anybody_is_remembered_nothing_of() {
    let mut desk = Desk::new(PARTNERS);
    assert_eq!(given(&desk.one(&of_person(1, "bo", "eva@example.com", "")).outcome), "bo");
    assert_eq!(given(&desk.one(&of_person(2, "bo", "eva@example.com", "")).outcome), "bo");
    assert!(desk.state.had.is_empty());
}

/// The first reason is told; caps and capacity come last.
#[test]
fn reasons_have_an_order() {
    let text = |active: bool, filter: &str| {
        format!(
            "assignees: [{{ id: anna, name: A, active: {active}, caps: [{{ period: day, limit: 0 }}], capacity: {{ leads: 0 }}{filter} }}]
profiles: [{{ id: x, default: {{ assign_to: anna }} }}]"
        )
    };
    let filter = ", filter: { field: company, op: exists }";
    let mut had = lead_no(1, &[]);
    let mut desk = Desk::new("assignees: [{ id: anna, name: A }]\nprofiles: [{ id: x, default: { assign_to: anna } }]");
    desk.settle(&mut had);
    let reason = |text: String, lead: &Lead| reasons(&Desk::new(&text).one(lead), 0)[0].1.clone().unwrap();
    assert_eq!(reason(text(false, filter), &had), Ineligible::Inactive);
    assert_eq!(reason(text(true, filter), &had), Ineligible::AlreadyHadThisLead);
    let new = lead_no(1, &[]);
    assert_eq!(reason(text(true, filter), &new), Ineligible::FilterMismatch { field: "company".into() });
    assert_eq!(reason(text(true, ""), &new), Ineligible::CapReached { period: Period::Day, limit: 0 });
}

#[test]
fn where_all_match_those_who_have_it_are_left_and_it_does_not_wait() {
    let text = r"
assignees: [{ id: anna, name: A }, { id: bo, name: B }, { id: cy, name: C }, { id: di, name: D }]
pools: [{ id: p, members: [bo, cy] }]
profiles:
  - id: x
    match: all
    rules:
      - { id: one, then: [{ assign_to: anna }] }
      - { id: two, then: [{ pool: p }], else: default }
    default: { assign_to: di }
";
    let mut desk = Desk::new(text);
    let mut lead = lead_no(1, &[]);
    let assignments = desk.settle(&mut lead);
    assert_eq!(lead.owner, Some(id("anna")));
    // Bo gives it back: his rule alone decides, then Cy does, and nobody is left while Anna has it.
    for (place, who) in [(1, "cy"), (2, "nothing")] {
        let attempt = lead.holdings[place].attempt;
        let end = End { how: Ending::Rejected, at: now(), reason: None, by: None, refunds: Vec::new() };
        assert!(handover::end(&mut lead, attempt, end, &[], desk.rules.checked(), &mut desk.state));
        let state = &mut desk.state;
        let decisions = asked(&desk.rules, &lead, now(), |case| {
            let route = case.route.clone().only(assignments[1].rule.as_ref()).unwrap();
            decide(&Case { route: &route, ..*case }, state)
        });
        assert_eq!(decisions.len(), 1);
        assert_eq!(given(&decisions[0].outcome), who, "the default is for a lead that nobody has");
        handover::settle(&mut lead, decisions, None, &Cause::Drained, (desk.rules.checked(), 1), now());
        assert_eq!(lead.owner, Some(id("anna")), "she has had it all the time");
    }
    assert!(matches!(lead.standing, Standing::Assigned { attempt: 4, .. }));
}

#[test]
fn a_rule_that_matches_no_more_decides_nothing_again() {
    let text = "assignees: [{ id: anna, name: A }]
profiles: [{ id: x, match: all, rules: [{ id: one, then: [{ assign_to: anna }] }, { id: two, then: [park] }] }]";
    let rules = rules(text);
    asked(&rules, &lead_no(1, &[]), now(), |case| {
        let only = |rule: Option<&str>| case.route.clone().only(rule.map(|rule| rule.parse().unwrap()).as_ref());
        assert_eq!(only(Some("two")).unwrap().rules().len(), 1);
        assert!(only(Some("gone")).is_none());
        assert!(only(None).is_none());
    });
}

#[test]
fn what_others_have_by_their_rules_is_not_given_again() {
    let text = "assignees: [{ id: anna, name: A }, { id: bo, name: B, filter: { field: company, op: exists } }]
profiles: [{ id: x, match: all, default: { assign_to: bo }, rules: [{ id: one, then: [{ assign_to: anna }] }, { id: two, then: [{ assign_to: bo }] }] }]";
    let mut desk = Desk::new(text);
    let mut lead = lead_no(1, &[]);
    assert_eq!(desk.settled(&mut lead), ["anna", "nothing"]);
    let without_two = "assignees: [{ id: anna, name: A }]
profiles: [{ id: x, match: all, rules: [{ id: one, then: [{ assign_to: anna }] }] }]";
    for (text, rules_left, leaves_it) in [(text, 1, false), (without_two, 0, true)] {
        asked(&rules(text), &lead, now(), |case| {
            assert!(!case.route.leaves_it(&lead));
            let beside = case.route.clone().beside(lead.held());
            assert_eq!((beside.rules().len(), beside.leaves_it(&lead)), (rules_left, leaves_it));
        });
    }
    // Nobody has it, so each may give it.
    let nobodys = lead_no(2, &[]);
    asked(&rules(text), &nobodys, now(), |case| {
        assert_eq!(case.route.clone().beside(nobodys.held()).rules().len(), 2);
    });
}

#[test]
fn whoever_can_not_be_reached_is_given_nothing() {
    let mut desk = Desk::new(
        "
sources: [{ id: web, format: json }]
destinations:
  - { id: a, channel: { email: { to: [a@example.com] } } }
  - { id: b, channel: { email: { to: [b@example.com] } } }
assignees:
  - { id: anna, name: Anna, destinations: [a, b] }
  - { id: bo, name: Bo, destinations: [b] }
pools: [{ id: p, members: [anna, bo] }]
profiles: [{ id: leads, default: { pool: p } }]
",
    );
    let lead = of_person(1, "lead", "eva@example.com", "");
    desk.state.suspended.insert(DestinationId::new("b").unwrap());
    assert_eq!(given(&desk.one(&lead).outcome), "anna", "she can be reached by the other one");
    desk.state.suspended.insert(DestinationId::new("a").unwrap());
    let decision = desk.one(&of_person(2, "lead", "max@example.com", ""));
    let Outcome::Parked { until, .. } = &decision.outcome else { panic!("{decision:?}") };
    assert_eq!(*until, None, "no time will do");
    for (_, reason) in reasons(&decision, 0) {
        assert_eq!(reason, Some(Ineligible::DestinationSuspended));
    }
    assert!(decision.blocked, "it is not about this lead");
}
