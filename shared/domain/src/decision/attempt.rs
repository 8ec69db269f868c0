//! Trying the actions of one branch on the state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::route::{Branch, Route};
use super::{Decision, State};
use crate::assignment::Outcome;
use crate::caps::Counters;
use crate::config::{Action, Checked, Else, Pool};
use crate::eligibility::{self, Ineligible};
use crate::id::{AssigneeId, PoolId};
use crate::rotation::{Candidate, Pick, PoolState};
use crate::trace::{ActionTrace, CandidateTrace, Trace};

/// One branch while its actions are tried.
pub(super) struct Attempt<'a> {
    config: &'a Checked,
    branch: Branch<'a>,
    now: Timestamp,
    outcome: Option<Outcome>,
    /// Whether the rule's own actions found nobody, and the profile's default is tried.
    by_default: bool,
    actions: Vec<ActionTrace>,
    last_pool: Option<PoolId>,
    last_reason: Option<String>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(config: &'a Checked, branch: Branch<'a>, now: Timestamp) -> Self {
        Self {
            config,
            branch,
            now,
            outcome: None,
            by_default: false,
            actions: Vec::new(),
            last_pool: None,
            last_reason: None,
        }
    }

    /// Tries the branch's own actions in order: the first that yields an eligible assignee wins. Nobody of `given` does:
    /// they have the lead by another branch.
    pub(super) fn try_own(&mut self, state: &mut State, given: &BTreeSet<AssigneeId>) {
        self.outcome = self.branch.actions().find_map(|action| self.try_action(action, state, given));
    }

    /// Whether nobody was found and the rule asks for the profile's default.
    pub(super) fn wants_default(&self) -> bool {
        self.outcome.is_none() && self.branch.fallback().next().is_some()
    }

    /// Tries the profile's default, when nobody has the lead.
    pub(super) fn try_default(&mut self, state: &mut State) {
        self.by_default = true;
        self.outcome = self.branch.fallback().find_map(|action| self.try_action(action, state, &BTreeSet::new()));
    }

    /// Who was found.
    pub(super) fn given(&self) -> Option<&AssigneeId> {
        match &self.outcome {
            Some(Outcome::Assigned { assignee, .. }) => Some(assignee),
            _ => None,
        }
    }

    /// What was decided, and why. A lead that somebody has does not wait for those whom this branch did not find.
    pub(super) fn decision(mut self, route: &Route<'a>, first: bool, somebody_has_it: bool) -> Decision {
        let outcome = self.outcome.take().unwrap_or_else(|| self.nobody());
        let outcome = match outcome {
            Outcome::Parked { .. } if somebody_has_it => Outcome::Nothing,
            outcome => outcome,
        };
        let trace = Trace { actions: self.actions, ..route.reasons(&self.branch, first) };
        Decision { rule: self.branch.rule.map(|rule| rule.id.clone()), outcome, trace: trace.bounded() }
    }

    /// What becomes of the lead when no action found anybody.
    fn nobody(&mut self) -> Outcome {
        let branch = &self.branch;
        match (branch.rule.map(|rule| rule.otherwise), branch.profile) {
            // Without a profile nobody was asked to distribute this entity.
            (Some(Else::DoNothing), _) | (_, None) => Outcome::Nothing,
            (_, Some(profile)) => Outcome::Parked {
                line: branch.line(self.last_pool.as_ref()),
                reason: self.last_reason.take().unwrap_or_else(|| match (branch.rule, &profile.default) {
                    (None, None) => format!("no rule matches and profile {} has no default", profile.id),
                    _ => "no action names an assignee".to_owned(),
                }),
            },
        }
    }

    /// `None` when the action found nobody and the next one is to be tried.
    fn try_action(&mut self, action: &Action, state: &mut State, given: &BTreeSet<AssigneeId>) -> Option<Outcome> {
        match action {
            Action::Pool(id) => {
                // The check of the config proved that the pool and its members exist.
                let config = self.config;
                let outcome = config.pool_and_fallbacks(id).find_map(|pool| self.try_pool(pool, state, given));
                // Whoever waits, waits for the pool that the action names: its fallbacks are tried again with it.
                self.last_pool = Some(id.clone());
                outcome
            }
            Action::AssignTo(id) => self.try_assignee(id, state, given),
            Action::Park => {
                self.say("park");
                Some(Outcome::Parked { line: self.branch.line(None), reason: "the rule parks it".to_owned() })
            }
            Action::DoNothing => {
                self.say("do_nothing");
                Some(Outcome::Nothing)
            }
        }
    }

    fn say(&mut self, action: &str) {
        let by_default = self.by_default;
        self.actions.push(ActionTrace { action: action.to_owned(), by_default, ..ActionTrace::default() });
    }

    fn try_pool(&mut self, pool: &Pool, state: &mut State, given: &BTreeSet<AssigneeId>) -> Option<Outcome> {
        let id = &pool.id;
        let mut eligible = Vec::new();
        let mut candidates = Vec::new();
        for member in &pool.members {
            let assignee = self.config.assignee(&member.assignee)?;
            let checked = not_given(given, &member.assignee).and_then(|()| {
                let clock = self.config.cap_clock(assignee, self.now);
                let counters = counters(&mut state.counters, &member.assignee);
                eligibility::check_member(assignee, member, id, counters, clock)
            });
            if let Ok(weight) = checked {
                eligible.push(Candidate { assignee: member.assignee.clone(), weight });
            }
            candidates.push(CandidateTrace {
                assignee: member.assignee.clone(),
                ineligible: checked.err(),
                credit: None,
            });
        }
        let rotation = state.pools.entry(id.clone()).or_insert_with(|| PoolState::new(id.clone()));
        let before = rotation.clone();
        let pick = rotation.pick(&pool.strategy.narrow(eligible));
        for candidate in candidates.iter_mut().filter(|candidate| candidate.ineligible.is_none()) {
            let credit = |state: &PoolState| state.member(&candidate.assignee).credit;
            candidate.credit = Some([credit(&before), credit(rotation)]);
        }
        self.actions.push(ActionTrace {
            action: format!("pool {id}"),
            pool: Some(id.clone()),
            candidates,
            picked: pick.as_ref().map(|pick| pick.assignee.clone()),
            by_default: self.by_default,
        });
        let Some(pick) = pick else {
            self.last_reason = Some(format!("nobody in pool {id} is eligible"));
            return None;
        };
        Some(self.give(state, pick.assignee.clone(), Some(id.clone()), Some(pick)))
    }

    fn try_assignee(&mut self, id: &AssigneeId, state: &mut State, given: &BTreeSet<AssigneeId>) -> Option<Outcome> {
        let assignee = self.config.assignee(id)?;
        let clock = self.config.cap_clock(assignee, self.now);
        let checked =
            not_given(given, id).and_then(|()| eligibility::check(assignee, counters(&mut state.counters, id), clock));
        let ineligible = checked.err();
        self.actions.push(ActionTrace {
            action: format!("assign_to {id}"),
            pool: None,
            candidates: vec![CandidateTrace { assignee: id.clone(), ineligible: ineligible.clone(), credit: None }],
            picked: ineligible.is_none().then(|| id.clone()),
            by_default: self.by_default,
        });
        if let Some(reason) = ineligible {
            self.last_reason = Some(format!("{id} {reason}"));
            return None;
        }
        Some(self.give(state, id.clone(), None, None))
    }

    fn give(&self, state: &mut State, id: AssigneeId, pool: Option<PoolId>, pick: Option<Pick>) -> Outcome {
        let mut destinations = Vec::new();
        if let Some(assignee) = self.config.assignee(&id) {
            let clock = self.config.cap_clock(assignee, self.now);
            counters(&mut state.counters, &id).add(pool.as_ref(), clock);
            destinations = self.config.enabled_destinations(assignee);
        }
        Outcome::Assigned { assignee: id, pool, pick, destinations }
    }
}

fn not_given(given: &BTreeSet<AssigneeId>, id: &AssigneeId) -> Result<(), Ineligible> {
    if given.contains(id) { Err(Ineligible::AlreadyHadThisLead) } else { Ok(()) }
}

fn counters<'a>(all: &'a mut BTreeMap<AssigneeId, Counters>, id: &AssigneeId) -> &'a mut Counters {
    all.entry(id.clone()).or_insert_with(|| Counters::new(id.clone()))
}
