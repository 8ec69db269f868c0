//! Checking routing tests: what they name. Whether they hold is asked when the rules are compiled.

use std::collections::BTreeSet;

use super::{Check, Names};
use crate::config::{DEFAULT_RULE, Expectation, TESTS_MAX};
use crate::near;

impl Check<'_> {
    pub(super) fn tests(&mut self, names: &Names) {
        let tests = &self.config.tests;
        if tests.len() > TESTS_MAX {
            self.problem("tests", format!("there are {} tests; at most {TESTS_MAX} are allowed", tests.len()));
        }
        for (index, test) in tests.iter().enumerate() {
            self.expectation(&test.expect, &format!("tests[{index}].expect"), names);
        }
    }

    fn expectation(&mut self, expect: &Expectation, path: &str, names: &Names) {
        if *expect == Expectation::default() {
            self.problem(path, "nothing is expected: give at least one of rule, pool, assignee, profile, outcome");
        }
        let profiles = self.config.profiles.iter();
        if let Some(profile) = &expect.profile {
            let known: BTreeSet<&str> = profiles.clone().map(|profile| profile.id.as_str()).collect();
            self.one_of(profile.as_str(), &known, format!("{path}.profile"), "profiles");
        }
        if let Some(rule) = &expect.rule {
            let rules = profiles.flat_map(|profile| &profile.rules).map(|rule| rule.id.as_str());
            let known: BTreeSet<&str> = rules.chain([DEFAULT_RULE]).collect();
            self.one_of(rule.as_str(), &known, format!("{path}.rule"), "rules");
        }
        if let Some(pool) = &expect.pool {
            self.named(&names.pools, pool, format!("{path}.pool"), "pools");
        }
        if let Some(assignee) = &expect.assignee {
            self.named(&names.assignees, assignee, format!("{path}.assignee"), "assignees");
        }
    }

    fn one_of(&mut self, name: &str, known: &BTreeSet<&str>, path: String, list: &str) {
        if !known.contains(name) {
            let hint = near::hint(name, known.iter().copied());
            self.problem(path, format!("there is no '{name}' under '{list}'{hint}"));
        }
    }
}
