//! What is told of decisions, word by word.

mod actions;

use super::*;
use crate::config::document::{Syntax, parse};
use crate::config::{Checked, Period};
use crate::id::RuleId;

const CONFIG: &str = r#"
fields: [{ name: company_size, type: number, label: Employees }]
assignees:
  - { id: anna, name: Anna Berger, destinations: [crm, mail] }
  - { id: ben, name: Ben Vogel, destinations: [crm] }
  - { id: carla, name: Carla Roth }
pools:
  - { id: sales, name: Inside sales, members: [anna, ben, carla], fallback: night }
  - { id: night, members: [anna] }
destinations:
  - { id: crm, name: Our CRM, channel: { webhook: { url: "https://crm.example" } } }
  - { id: mail, channel: { email: { to: [x@example.com] } } }
profiles:
  - { id: keys, name: Key accounts, rules: [{ id: big, name: Enterprise, then: [{ pool: sales }] }] }
  - id: main
    rules:
      - { id: big, name: Large, then: [{ pool: sales }] }
      - { id: summer, name: Summer action, active_from: 2026-07-01, active_until: 2026-08-01, then: [{ pool: sales }] }
    default: [{ pool: sales }]
"#;

fn checked() -> Checked {
    parse(CONFIG, Syntax::Yaml).unwrap().check_published().unwrap()
}

fn rule(id: &str) -> RuleTrace {
    RuleTrace::matched(RuleId::new(id).unwrap())
}

fn failed(id: &str, field: &str, op: &str, expected: &str, found: Option<&str>) -> RuleTrace {
    let failed = FailedComparison {
        field: field.to_owned(),
        op: op.to_owned(),
        expected: expected.to_owned(),
        found: found.map(str::to_owned),
        alternatives: 0,
    };
    RuleTrace { failed: Some(failed), ..rule(id) }
}

fn eligible(id: &str, credit: [i64; 2]) -> CandidateTrace {
    CandidateTrace { member: id.parse().unwrap(), ineligible: None, credit: Some(credit) }
}

fn passed_over(id: &str, reason: Ineligible) -> CandidateTrace {
    CandidateTrace { member: id.parse().unwrap(), ineligible: Some(reason), credit: None }
}

fn pool(id: &str, candidates: Vec<CandidateTrace>, picked: Option<&str>) -> ActionTrace {
    ActionTrace {
        action: format!("pool {id}"),
        pool: Some(PoolId::new(id).unwrap()),
        candidates,
        picked: picked.map(|id| id.parse().unwrap()),
        ..ActionTrace::default()
    }
}

fn action(action: &str, candidates: Vec<CandidateTrace>, picked: Option<&str>) -> ActionTrace {
    ActionTrace { action: action.to_owned(), pool: None, ..pool("x", candidates, picked) }
}

fn assigned(id: &str, destinations: &[&str]) -> Outcome {
    Outcome::Assigned {
        assignee: id.parse().unwrap(),
        pool: None,
        picks: Vec::new(),
        destinations: destinations.iter().map(|id| id.parse().unwrap()).collect(),
        price: None,
    }
}

fn parked(line: &str) -> Outcome {
    Outcome::Parked { line: line.to_owned(), reason: "told above".to_owned(), group: "p/r".to_owned(), until: None }
}

/// What is told of a decision by the profile `main`, with the names of [`CONFIG`].
fn told(rules: Vec<RuleTrace>, actions: Vec<ActionTrace>, outcome: &Outcome) -> Vec<String> {
    let (profile, trace) = (ProfileId::new("main").unwrap(), Trace { rules, actions, ..Trace::default() });
    let decided = Decided { version: None, cause: None, profile: Some(&profile), outcome, trace: &trace };
    explain(decided, &Names::of(&checked()))
}

#[test]
fn a_decision_from_rule_to_delivery() {
    let profile = ProfileId::new("main").unwrap();
    let elsewhere =
        RuleTrace { profile: Some(ProfileId::new("keys").unwrap()), ..failed("big", "state", "eq", "\"CA\"", None) };
    let trace = Trace {
        rules: vec![
            elsewhere,
            failed("big", "company_size", "gt", "500", Some("12")),
            RuleTrace { out_of_time: true, ..rule("summer") },
            rule("gone"),
        ],
        actions: vec![pool(
            "sales",
            vec![
                passed_over("anna", Ineligible::CapReached { period: Period::Day, limit: 3 }),
                eligible("ben", [250_000, -250_000]),
                eligible("carla", [-250_000, 250_000]),
            ],
            Some("ben"),
        )],
        cut: 4_950,
        ..Trace::default()
    };
    let outcome = assigned("ben", &["crm", "mail"]);
    let decided = Decided { version: Some(7), cause: None, profile: Some(&profile), outcome: &outcome, trace: &trace };
    assert_eq!(
        explain(decided, &Names::of(&checked())),
        [
            "Version 7 of the config decided.",
            "4950 more rules or people were looked at and are left out here.",
            "In the profile \"Key accounts\", rule \"Enterprise\" did not match: state is missing, and the rule asks for CA.",
            "Rule \"Large\" did not match: Employees is 12, and the rule asks for more than 500.",
            "Rule \"Summer action\" did not match: the lead came outside its time, which is from 2026-07-01 until \
             2026-08-01.",
            "Rule \"gone\" matched.",
            "Anna Berger was passed over: has had 3 leads today (the cap is 3).",
            "Ben Vogel was next in turn in the pool \"Inside sales\": owed 0.5 leads more than Carla Roth.",
            "So Ben Vogel got the lead, to be delivered to \"Our CRM\" and \"mail\".",
        ]
    );
    let bare = explain(decided, &Names::ids());
    assert_eq!(bare[3], "Rule \"big\" did not match: company_size is 12, and the rule asks for more than 500.");
    assert_eq!(bare[8], "So ben got the lead, to be delivered to \"crm\" and \"mail\".");
}

#[test]
fn whose_turn_it_is() {
    let picked = |candidates: Vec<CandidateTrace>| {
        let told = told(vec![rule("big")], vec![pool("sales", candidates, Some("ben"))], &assigned("ben", &[]));
        assert_eq!(told.last().unwrap(), "So Ben Vogel got the lead, to be delivered nowhere.");
        told[told.len() - 2].clone()
    };
    let level = picked(vec![eligible("anna", [0, 500_000]), eligible("ben", [0, -500_000])]);
    assert_eq!(
        level,
        "Ben Vogel was next in turn in the pool \"Inside sales\": owed as much as Anna Berger, and first in order."
    );
    let alone = picked(vec![eligible("ben", [0, 0])]);
    assert_eq!(alone, "Ben Vogel was the only one in the pool \"Inside sales\" who could take the lead.");
    let behind = picked(vec![eligible("anna", [0, 0]), eligible("ben", [-2_000_000, -2_000_000])]);
    assert_eq!(behind, "Ben Vogel was picked from the pool \"Inside sales\".");
}

#[test]
fn nobody_can_take_it() {
    let off = || vec![passed_over("anna", Ineligible::Inactive)];
    let actions = vec![pool("sales", off(), None), pool("night", off(), None)];
    assert_eq!(
        told(vec![rule("big")], actions, &parked("pool:sales")),
        [
            "Rule \"Large\" matched.",
            "Anna Berger was passed over: is switched off.",
            "Nobody in the pool \"Inside sales\" could take the lead, so its fallback \"night\" was tried.",
            "Anna Berger was passed over: is switched off.",
            "Nobody in the pool \"night\" could take the lead.",
            "So the lead is parked and waits for the pool \"Inside sales\".",
        ]
    );
}

#[test]
fn no_rule_no_default_no_profile() {
    let no_default = told(vec![], vec![], &parked("profile:main"));
    assert_eq!(no_default[0], "No rule matched, and the profile \"main\" has no default.");
    assert_eq!(no_default[1], "So the lead is parked and waits for the profile \"main\".");
    let default = told(vec![], vec![action("park", vec![], None)], &parked("rule:main/big"));
    assert_eq!(default[0], "No rule matched, so the default of the profile \"main\" decides.");
    assert_eq!(default[1], "The lead is to be parked.");
    assert_eq!(default[2], "So the lead is parked and waits for the rule \"Large\".");
    let trace = Trace::default();
    let decided = Decided { version: None, cause: None, profile: None, outcome: &Outcome::Nothing, trace: &trace };
    assert_eq!(
        explain(decided, &Names::ids()),
        [
            "No enabled profile distributes leads of this kind.",
            "So nobody gets the lead by this, and its owner stays what it was."
        ]
    );
}

#[test]
fn other_actions() {
    let named =
        vec![action("assign_to anna", vec![CandidateTrace { credit: None, ..eligible("anna", [0, 0]) }], Some("anna"))];
    assert_eq!(
        told(vec![rule("big")], named, &assigned("anna", &[]))[1],
        "Anna Berger is named and could take the lead."
    );
    let nothing = told(vec![rule("big")], vec![action("do_nothing", vec![], None)], &Outcome::Nothing);
    assert_eq!(
        nothing[1..],
        ["Nothing is to be done with the lead.", "So nobody gets the lead by this, and its owner stays what it was."]
    );
    // What is not known is told as it was stored.
    let old = told(vec![failed("big", "size", "near", "5", Some("a b"))], vec![], &parked("somewhere"));
    assert_eq!(old[0], "Rule \"Large\" did not match: size is \"a b\", and the rule asks for near 5.");
    assert_eq!(old.last().unwrap(), "So the lead is parked.");
    let not = told(vec![failed("big", "company_size", "not gt", "500", Some("501"))], vec![], &Outcome::Nothing);
    assert_eq!(not[0], "Rule \"Large\" did not match: Employees is 501, and the rule asks for at most 500.");
}

#[test]
fn leads_in_words() {
    let rows = [
        (1, "less than 0.01 leads"),
        (10_000, "0.01 leads"),
        (250_000, "0.25 leads"),
        (500_000, "0.5 leads"),
        (1_000_000, "1 lead"),
        (2_000_000, "2 leads"),
        (1_250_000, "1.25 leads"),
    ];
    for (millionths, words) in rows {
        assert_eq!(leads(millionths), words);
    }
}

/// Traces that were stored before a part was added are read and told.
#[test]
fn older_traces() {
    let json = r#"{"rules":[{"rule":"big","failed":{"field":"state","op":"exists"}},{"rule":"x"}],"actions":[{"action":"park"}]}"#;
    let trace: Trace = serde_json::from_str(json).unwrap();
    let decided = Decided { version: Some(1), cause: None, profile: None, outcome: &parked("none"), trace: &trace };
    assert_eq!(
        explain(decided, &Names::ids())[1..],
        [
            "Rule \"big\" did not match: state is missing, and the rule asks for any value.",
            "Rule \"x\" matched.",
            "The lead is to be parked.",
            "So the lead is parked.",
        ]
    );
}

#[test]
fn alternatives_defaults_and_what_is_beyond_are_told() {
    let RuleTrace { failed, .. } = failed("large", "company_size", "gt", "500", Some("12"));
    let with = |alternatives| RuleTrace {
        failed: failed.clone().map(|failed| FailedComparison { alternatives, ..failed }),
        ..rule("large")
    };
    let by_default = ActionTrace { by_default: true, ..action("park", vec![], None) };
    let rules = vec![with(1), with(2), rule("gone")];
    let actions = vec![action("assign_to anna", vec![passed_over("anna", Ineligible::Inactive)], None), by_default];
    let (profile, trace) = (ProfileId::new("main").unwrap(), Trace { rules, actions, beyond: 3, ..Trace::default() });
    let outcome = parked("profile:main");
    let decided = Decided { version: None, cause: None, profile: Some(&profile), outcome: &outcome, trace: &trace };
    let told = explain(decided, &Names::ids()).join("\n");
    for sentence in [
        "asks for more than 500; the other thing that would do does not hold either.",
        "asks for more than 500; none of the 2 other things that would do holds either.",
        "Nobody whom the rule names could take the lead, so the default was tried.",
        "3 more rules match, and one lead is given by at most 20: the others give it to nobody.",
    ] {
        assert!(told.contains(sentence), "{told}");
    }
}
