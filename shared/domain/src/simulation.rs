//! What leads would get by some rules, without writing anything, and how that differs from what they got.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::assignment::Outcome;
use crate::condition::Subject;
use crate::config::DEFAULT_RULE;
use crate::decision::{Case, Decision, Needs, Route, State, decide, route, route_without_reasons};
use crate::id::{AssigneeId, PoolId, ProfileId, RuleId};
use crate::rules::Rules;

/// At which moment a simulated lead is decided: caps are counted there. Its rules are found by when it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Every lead at this one, as if all of them came now.
    At(Timestamp),
    /// Each when it was received, as if it had happened then.
    Received,
}

/// Leads decided one after another on a state of its own.
#[derive(Debug)]
pub struct Simulation<'a> {
    rules: &'a Rules,
    state: State,
    clock: Clock,
}

impl<'a> Simulation<'a> {
    /// Begins with a state: as it is, or [`State::default`] for caps unused and rotations at their start.
    #[must_use]
    pub fn new(rules: &'a Rules, state: State, clock: Clock) -> Self {
        Self { rules, state, clock }
    }

    /// Decides the next lead, with the reasons why.
    pub fn explain(&mut self, subject: &Subject<'_>) -> Simulated {
        let route = route(self.rules, subject);
        self.decide(&route, subject)
    }

    /// Decides the next lead, without the reasons.
    pub fn run(&mut self, subject: &Subject<'_>) -> Simulated {
        let route = route_without_reasons(self.rules, subject);
        self.decide(&route, subject)
    }

    fn decide(&mut self, route: &Route<'_>, subject: &Subject<'_>) -> Simulated {
        let now = match self.clock {
            Clock::At(now) => now,
            Clock::Received => subject.received_at,
        };
        let decisions = decide(&Case { rules: self.rules, route, subject, now }, &mut self.state);
        Simulated { profile: route.profile().cloned(), decisions }
    }
}

/// Whose state the decisions of a lead may touch.
#[must_use]
pub fn needs(rules: &Rules, subject: &Subject<'_>) -> Needs {
    route_without_reasons(rules, subject).needs(rules.checked(), subject.lead)
}

/// What one lead would get.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// The profile that decides; `None` when no enabled one distributes the lead's entity.
    pub profile: Option<ProfileId>,
    /// What it decides.
    pub decisions: Vec<Decision>,
}

impl Simulated {
    /// What the lead would get, ready to compare.
    #[must_use]
    pub fn given(&self) -> Vec<Given> {
        let given = |decision: &Decision| Given::new(self.profile.as_ref(), decision.rule.as_ref(), &decision.outcome);
        self.decisions.iter().map(given).collect()
    }
}

/// What one decision came to: the part of it that people compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// The profile that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileId>,
    /// The rule that matched; `None` for the default action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// `assigned`, `parked`, `queued` or `nothing`.
    pub outcome: &'static str,
    /// From which pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// Who got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AssigneeId>,
}

impl Given {
    /// What a decision came to.
    #[must_use]
    pub fn new(profile: Option<&ProfileId>, rule: Option<&RuleId>, outcome: &Outcome) -> Self {
        let (pool, assignee) = match outcome {
            Outcome::Assigned { assignee, pool, .. } => (pool.clone(), Some(assignee.clone())),
            Outcome::Parked { .. } | Outcome::Queued { .. } | Outcome::Nothing => (None, None),
        };
        Self { profile: profile.cloned(), rule: rule.cloned(), outcome: outcome.name(), pool, assignee }
    }
}

/// In what two answers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The profile, or how many rules decided.
    Profile,
    /// The rule.
    Rule,
    /// Assigned, parked or nothing.
    Outcome,
    /// The pool.
    Pool,
    /// Who gets it.
    Assignee,
}

/// In what two answers for one lead differ; nothing when they are the same.
#[must_use]
pub fn differences(would: &[Given], did: &[Given]) -> Vec<Difference> {
    type Same = fn(&Given, &Given) -> bool;
    let differs = |same: Same| would.len() != did.len() || would.iter().zip(did).any(|(would, did)| !same(would, did));
    let checks: [(Difference, Same); 5] = [
        (Difference::Profile, |would, did| would.profile == did.profile),
        (Difference::Rule, |would, did| would.rule == did.rule),
        (Difference::Outcome, |would, did| would.outcome == did.outcome),
        (Difference::Pool, |would, did| would.pool == did.pool),
        (Difference::Assignee, |would, did| would.assignee == did.assignee),
    ];
    checks.into_iter().filter(|(_, same)| differs(*same)).map(|(difference, _)| difference).collect()
}

/// How many decisions came to what, beside what happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Leads that were simulated.
    pub leads: usize,
    /// Leads that would get something else than they got.
    pub differ: usize,
    /// By outcome.
    pub outcomes: BTreeMap<&'static str, Tally>,
    /// By rule, named `profile/rule`.
    pub rules: BTreeMap<String, Tally>,
    /// By assignee.
    pub assignees: BTreeMap<AssigneeId, Tally>,
}

/// How often something would come out, and how often it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// In the simulation.
    pub would: usize,
    /// As it happened.
    pub did: usize,
}

impl Totals {
    /// Counts one lead.
    pub fn count(&mut self, would: &[Given], did: &[Given], differ: bool) {
        self.leads += 1;
        self.differ += usize::from(differ);
        for (given, side) in
            [(would, (|tally| &mut tally.would) as fn(&mut Tally) -> &mut usize), (did, |tally| &mut tally.did)]
        {
            for given in given {
                *side(self.outcomes.entry(given.outcome).or_default()) += 1;
                *side(self.rules.entry(given.rule_name()).or_default()) += 1;
                if let Some(assignee) = &given.assignee {
                    *side(self.assignees.entry(assignee.clone()).or_default()) += 1;
                }
            }
        }
    }
}

impl Given {
    fn rule_name(&self) -> String {
        let profile = self.profile.as_ref().map_or("-", |profile| profile.as_str());
        let rule = self.rule.as_ref().map_or(DEFAULT_RULE, |rule| rule.as_str());
        format!("{profile}/{rule}")
    }
}

#[cfg(test)]
mod tests;
