//! Running the routing tests of a config.

use jiff::Timestamp;

use crate::assignment::Outcome;
use crate::config::{DEFAULT_RULE, Expectation, Problem, RoutingTest};
use crate::decision::{Case, Decision, State, decide, route};
use crate::id::ProfileId;
use crate::rules::Rules;
use crate::trace::reason;

/// Runs every routing test of a config and names those that fail, with what happened instead and why.
#[must_use]
pub fn failures(rules: &Rules, now: Timestamp) -> Vec<Problem> {
    let tests = rules.checked().config().tests.iter().enumerate();
    tests.filter_map(|(index, test)| failure(rules, test, &format!("tests[{index}]"), now)).collect()
}

fn failure(rules: &Rules, test: &RoutingTest, path: &str, now: Timestamp) -> Option<Problem> {
    let mut problems = Vec::new();
    let Some(sample) = test.lead.read(rules.checked(), now, &format!("{path}.lead"), &mut problems) else {
        return problems.into_iter().next();
    };
    let subject = sample.subject(rules.checked().config().account.timezone.time_zone());
    let route = route(rules, &subject);
    let case = Case { rules, route: &route, subject: &subject, now: subject.received_at };
    let decisions = decide(&case, &mut State::default());
    if decisions.iter().any(|decision| fits(&test.expect, route.profile(), decision)) {
        return None;
    }
    let happened: Vec<String> = decisions.iter().map(|decision| told(route.profile(), decision)).collect();
    let why = test.expect.rule.as_ref().and_then(|rule| {
        let mut tried = decisions.iter().flat_map(|decision| &decision.trace.rules);
        let failed = tried.find(|tried| tried.rule == *rule)?.failed.as_ref()?;
        Some(format!("; rule {rule} did not match: {}", reason(failed, &failed.field)))
    });
    let message = format!(
        "the test '{}' expects {}, and the lead got {}{}",
        test.name,
        expected(&test.expect),
        happened.join(" and "),
        why.unwrap_or_default()
    );
    Some(Problem::new(format!("{path}.expect"), message))
}

fn fits(expect: &Expectation, profile: Option<&ProfileId>, decision: &Decision) -> bool {
    let Expectation { profile: wanted, rule, pool, assignee, outcome } = expect;
    let (got_pool, got_assignee) = match &decision.outcome {
        Outcome::Assigned { assignee, pool, .. } => (pool.as_ref(), Some(assignee)),
        Outcome::Parked { .. } | Outcome::Queued { .. } | Outcome::Nothing => (None, None),
    };
    wanted.as_ref().is_none_or(|wanted| profile == Some(wanted))
        && rule.as_ref().is_none_or(|rule| match &decision.rule {
            Some(got) => got == rule,
            None => rule.as_str() == DEFAULT_RULE,
        })
        && pool.as_ref().is_none_or(|pool| got_pool == Some(pool))
        && assignee.as_ref().is_none_or(|assignee| got_assignee == Some(assignee))
        && outcome.is_none_or(|outcome| decision.outcome.name() == outcome.name())
}

fn expected(expect: &Expectation) -> String {
    let Expectation { profile, rule, pool, assignee, outcome } = expect;
    let parts = [
        profile.as_ref().map(|profile| format!("profile {profile}")),
        rule.as_ref().map(|rule| format!("rule {rule}")),
        pool.as_ref().map(|pool| format!("pool {pool}")),
        assignee.as_ref().map(|assignee| format!("assignee {assignee}")),
        outcome.map(|outcome| format!("outcome {}", outcome.name())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn told(profile: Option<&ProfileId>, decision: &Decision) -> String {
    let profile = profile.map_or_else(|| "no profile".to_owned(), |profile| format!("profile {profile}"));
    let rule = decision.rule.as_ref().map_or(DEFAULT_RULE, |rule| rule.as_str());
    let outcome = match &decision.outcome {
        Outcome::Assigned { assignee, pool: Some(pool), .. } => format!("pool {pool}, assignee {assignee}"),
        Outcome::Assigned { assignee, pool: None, .. } => format!("assignee {assignee}"),
        Outcome::Parked { reason, .. } => format!("parked ({reason})"),
        Outcome::Queued { queue } => format!("queue {queue}"),
        Outcome::Nothing => "nothing".to_owned(),
    };
    format!("{profile}, rule {rule}, {outcome}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Known;
    use crate::config::document::{Syntax, parse};
    use crate::list::Lists;

    fn run(tests: &str) -> Vec<String> {
        let text = format!(
            r"
fields: [{{ name: size, type: number }}]
sources: [{{ id: web, format: json }}]
assignees: [{{ id: anna, name: A }}, {{ id: bo, name: B, active: false }}]
pools: [{{ id: big, members: [anna] }}, {{ id: off, members: [bo] }}]
profiles:
  - id: leads
    rules:
      - {{ id: enterprise, when: {{ field: size, op: gt, value: 500 }}, then: [{{ pool: big }}] }}
      - {{ id: night, when: {{ field: received.time, op: lt, value: '06:00' }}, then: [{{ pool: off }}] }}
    default: do_nothing
tests: [{tests}]
"
        );
        let known = Known { secrets: &BTreeSet::new(), formats: &["json"], lists: &BTreeSet::new() };
        match parse(&text, Syntax::Yaml).and_then(|config| config.check(&known)) {
            Ok(checked) => {
                let rules = checked.compile(&Lists::default()).unwrap();
                failures(&rules, "2026-07-21T10:00:00Z".parse().unwrap()).iter().map(ToString::to_string).collect()
            }
            Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn tests_that_hold_say_nothing() {
        for good in [
            "{ name: a, lead: { fields: { size: 501 } }, expect: { rule: enterprise, pool: big, assignee: anna } }",
            "{ name: a, lead: { fields: { size: '501.0' } }, expect: { profile: leads, outcome: assigned } }",
            "{ name: a, lead: { fields: { size: 500 } }, expect: { rule: default, outcome: nothing } }",
            "{ name: a, lead: { received_at: '2026-07-21T05:59:00Z' }, expect: { rule: night, outcome: parked } }",
        ] {
            assert_eq!(run(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn tests_that_fail_say_what_happened_and_why() {
        for (bad, said) in [
            (
                "{ name: small, lead: { fields: { size: 12 } }, expect: { rule: enterprise, assignee: anna } }",
                "tests[0].expect: the test 'small' expects rule enterprise, assignee anna, and the lead got profile leads, \
                 rule default, nothing; rule enterprise did not match: size is 12, and the rule asks for more than 500",
            ),
            (
                "{ name: a, lead: { fields: { size: 501 } }, expect: { outcome: parked } }",
                "tests[0].expect: the test 'a' expects outcome parked, and the lead got profile leads, rule enterprise, \
                 pool big, assignee anna",
            ),
            ("{ name: a, lead: {}, expect: {} }", "tests[0].expect: nothing is expected"),
            ("{ name: a, lead: {}, expect: { rule: enterprize } }", "did you mean 'enterprise'?"),
            ("{ name: a, lead: {}, expect: { pool: bigg } }", "did you mean 'big'?"),
            ("{ name: a, lead: {}, expect: { assignee: ana } }", "did you mean 'anna'?"),
            ("{ name: a, lead: {}, expect: { profile: lead } }", "did you mean 'leads'?"),
            ("{ name: a, lead: { source: wep }, expect: { pool: big } }", "tests[0].lead.source"),
            ("{ name: a, lead: { fields: { sise: 1 } }, expect: { pool: big } }", "did you mean 'size'?"),
            ("{ name: a, lead: { fields: { size: big } }, expect: { pool: big } }", "tests[0].lead.fields.size"),
            ("{ name: a, lead: { fields: { lead.is_new: true } }, expect: { pool: big } }", "computed"),
            ("{ name: a, lead: { received_at: soon }, expect: { pool: big } }", "tests[0].lead.received_at: 'soon'"),
        ] {
            let found = run(bad);
            assert!(found.iter().any(|problem| problem.contains(said)), "{bad}\n wanted {said}\n found {found:#?}");
        }
    }
}
