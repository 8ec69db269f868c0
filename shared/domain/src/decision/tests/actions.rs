//! The actions one by one: queue, keep_owner, named, and giving to one whom a person names.

use super::*;
use crate::config::Period;

const PEOPLE: &str = r"
fields: [{ name: rep, type: text }, { name: rep_mail, type: email }, { name: pick, type: choice, options: [anna, Bo] }]
assignees:
  - { id: anna, name: A, email: anna@example.com, external_id: '0051' }
  - { id: bo, name: B, email: shared@example.com, external_id: Bo, caps: [{ period: day, limit: 1 }] }
  - { id: cy, name: C, email: Shared@example.com }
pools: [{ id: rest, members: [cy] }]
queues: [{ id: calls, members: [bo], pools: [rest] }]
";

fn desk(default: &str) -> Desk {
    Desk::new(&format!("{PEOPLE}profiles: [{{ id: x, default: {default} }}]"))
}

#[test]
fn a_queue_takes_every_lead_and_moves_nothing() {
    let mut desk = desk("[{ assign_to: bo }, { queue: calls }, { pool: rest }]");
    assert_eq!(desk.give_many(3), ["bo", "queued", "queued"]);
    let decision = desk.one(&lead_no(1, &[]));
    let Outcome::Queued { queue } = &decision.outcome else { panic!("not queued") };
    assert_eq!((queue.as_str(), decision.blocked, decision.timers), ("calls", false, None));
    assert_eq!(decision.trace.actions[1].action, "queue calls");
}

#[test]
fn whoever_owns_a_lead_keeps_it_when_eligible() {
    let mut desk = desk("[keep_owner, { pool: rest }]");
    let owned = |who: &str| Lead { owner: Some(id(who)), ..lead_no(1, &[]) };
    assert_eq!(given(&desk.one(&owned("anna")).outcome), "anna");
    assert_eq!(given(&desk.one(&owned("bo")).outcome), "bo");
    let decision = desk.one(&owned("bo"));
    assert_eq!(given(&decision.outcome), "cy");
    let cap = Ineligible::CapReached { period: Period::Day, limit: 1 };
    assert_eq!(reasons(&decision, 0), [("bo".to_owned(), Some(cap))]);
    let decision = desk.one(&owned("gone"));
    assert_eq!(reasons(&decision, 0), [("gone".to_owned(), Some(Ineligible::Unknown))]);
    assert_eq!(given(&decision.outcome), "cy");
    let decision = desk.one(&lead_no(1, &[]));
    assert_eq!((given(&decision.outcome), reasons(&decision, 0).len()), ("cy", 0));
}

#[test]
fn a_lead_that_nobody_owns_waits_where_only_its_owner_may_have_it() {
    let decision = desk("keep_owner").one(&lead_no(1, &[]));
    assert_eq!(parked(&decision), ("profile:x", "nobody has it who could keep it", None));
    assert!(!decision.blocked, "another lead may have an owner");
}

#[test]
fn whom_a_lead_names() {
    let mut desk = desk("[{ named: rep }, { assign_to: anna }]");
    let rows = [
        ("anna", Ok("anna")),
        ("  anna ", Ok("anna")),
        ("0051", Ok("anna")),
        ("ANNA@example.com", Ok("anna")),
        // An external id goes before an email, an id before both.
        ("bo", Ok("bo")),
        ("Bo", Ok("bo")),
        ("shared@example.com", Err(NotNamed::Ambiguous(FieldName::new("rep").unwrap()))),
        ("nobody", Err(NotNamed::Unknown(FieldName::new("rep").unwrap()))),
        ("Anna", Err(NotNamed::Unknown(FieldName::new("rep").unwrap()))),
    ];
    for (name, wanted) in rows {
        desk.state = State::default();
        let lead = lead_no(1, &[("rep", name)]);
        let checked = asked(&desk.rules, &lead, now(), |case| case.route.check_names(desk.rules.checked(), &lead));
        let decision = desk.one(&lead);
        match wanted {
            Ok(who) => assert_eq!((given(&decision.outcome), checked), (who, Ok(())), "{name}"),
            Err(error) => {
                // Never the next action: that one was not meant.
                assert_eq!(checked, Err(error.clone()), "{name}");
                assert_eq!(parked(&decision), ("profile:x", error.to_string().as_str(), None), "{name}");
                assert!(!error.to_string().contains(name), "an address is not repeated");
            }
        }
        assert!(!decision.blocked, "{name}");
    }
}

#[test]
fn a_lead_without_a_name_goes_on_to_the_next_action() {
    let mut desk = desk("[{ named: rep }, { named: rep_mail }, { named: pick }]");
    assert_eq!(parked(&desk.one(&lead_no(1, &[("rep", " ")]))).1, "it names nobody in the field pick");
    let mut lead = lead_no(1, &[]);
    lead.fields.insert(FieldName::new("rep_mail").unwrap(), FieldValue::Text("anna@example.com".into()));
    assert_eq!(given(&desk.one(&lead).outcome), "anna");
    let mut lead = lead_no(1, &[]);
    lead.fields.insert(FieldName::new("pick").unwrap(), FieldValue::Text("Bo".into()));
    assert_eq!(given(&desk.one(&lead).outcome), "bo");
    // Bo has had enough, and nobody follows.
    let decision = desk.one(&lead);
    assert_eq!(parked(&decision), ("profile:x", "bo has had 1 lead today", Some("2026-07-22T00:00:00Z".into())));
    assert!(!decision.blocked);
}

#[test]
fn names_are_asked_for_only_where_a_rule_that_decides_does() {
    let text = format!(
        "{PEOPLE}profiles:
  - id: x
    rules:
      - {{ id: plain, when: {{ field: company, op: eq, value: plain }}, then: [{{ pool: rest }}] }}
      - {{ id: or, when: {{ field: company, op: eq, value: or }}, then: [{{ pool: rest }}], else: default }}
    default: {{ named: rep }}"
    );
    let desk = Desk::new(&text);
    for (company, fails) in [("plain", false), ("or", true), ("other", true)] {
        let lead = lead_no(1, &[("company", company), ("rep", "nobody")]);
        let checked = asked(&desk.rules, &lead, now(), |case| case.route.check_names(desk.rules.checked(), &lead));
        assert_eq!(checked.is_err(), fails, "{company}");
    }
}

#[test]
fn one_whom_a_person_names() {
    let text = format!(
        "{PEOPLE}profiles: [{{ id: x, sla: {{ steps: [{{ after: 15m, do: remind }}] }}, rules: [{{ id: r, then: [{{ queue: calls }}] }}] }}]"
    );
    let mut desk = Desk::new(&text);
    let mut lead = lead_no(1, &[]);
    desk.settle(&mut lead);
    let decide = |desk: &mut Desk, lead: &Lead, who: &str, again: bool| {
        let state = &mut desk.state;
        asked(&desk.rules, lead, desk.now, |case| decide_for(case, &id(who), again, state))
    };
    let decision = decide(&mut desk, &lead, "bo", false);
    assert_eq!((given(&decision.outcome), decision.rule.as_ref().unwrap().as_str()), ("bo", "r"));
    assert_eq!(decision.timers.as_ref().unwrap().next().unwrap().1.at, moment("2026-07-21T10:15:00Z"));
    let config = (desk.rules.checked(), 1);
    let assignments =
        handover::settle(&mut lead, vec![decision], None, &Cause::Claimed { by: "k".into() }, config, now());
    assert_eq!(assignments[0].attempt, 2);

    // Who has it never gets it again; who gave it back does when a person says so, within the caps.
    for again in [false, true] {
        let decision = decide(&mut desk, &lead, "bo", again);
        assert_eq!(reasons(&decision, 0)[0].1, Some(Ineligible::AlreadyHadThisLead), "{again}");
    }
    desk.end(&mut lead, &assignments[0], Ending::Rejected);
    assert_eq!(reasons(&decide(&mut desk, &lead, "bo", false), 0)[0].1, Some(Ineligible::RejectedThisLead));
    assert_eq!(given(&decide(&mut desk, &lead, "bo", true).outcome), "bo");
    let decision = decide(&mut desk, &lead, "bo", true);
    assert!(matches!(reasons(&decision, 0)[0].1, Some(Ineligible::CapReached { .. })));
    assert_eq!(given(&decision.outcome), "nothing", "a person chose: nobody else is asked, and it is not parked");
    assert_eq!(reasons(&decide(&mut desk, &lead, "gone", true), 0)[0].1, Some(Ineligible::Unknown));
}
