//! Trying the actions of one branch on the state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::State;
use super::route::Branch;
use crate::assignment::Outcome;
use crate::caps::Counters;
use crate::config::{Action, Checked, Else, Pool};
use crate::eligibility::{self, Ineligible};
use crate::id::{AssigneeId, PoolId};
use crate::rotation::{Candidate, Pick, PoolState};
use crate::trace::{ActionTrace, CandidateTrace};

/// One branch while its actions are tried.
pub(super) struct Attempt<'a> {
    config: &'a Checked,
    state: &'a mut State,
    now: Timestamp,
    /// Who has the lead by another branch.
    given: &'a BTreeSet<AssigneeId>,
    actions: Vec<ActionTrace>,
    last_pool: Option<PoolId>,
    last_reason: Option<String>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        config: &'a Checked,
        state: &'a mut State,
        now: Timestamp,
        given: &'a BTreeSet<AssigneeId>,
    ) -> Self {
        Self { config, state, now, given, actions: Vec::new(), last_pool: None, last_reason: None }
    }

    /// The actions that were tried.
    pub(super) fn into_actions(self) -> Vec<ActionTrace> {
        self.actions
    }

    /// Tries the actions in order: the first that yields an eligible assignee wins.
    pub(super) fn outcome(&mut self, branch: &Branch<'_>) -> Outcome {
        let mut actions = branch.actions().chain(branch.fallback());
        if let Some(outcome) = actions.find_map(|action| self.try_action(action, branch)) {
            return outcome;
        }
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
    fn try_action(&mut self, action: &Action, branch: &Branch<'_>) -> Option<Outcome> {
        match action {
            Action::Pool(id) => {
                // The check of the config proved that the pool and its members exist.
                let config = self.config;
                let given = config.pool_and_fallbacks(id).find_map(|pool| self.try_pool(pool));
                // Whoever waits, waits for the pool that the action names: its fallbacks are tried again with it.
                self.last_pool = Some(id.clone());
                given
            }
            Action::AssignTo(id) => self.try_assignee(id),
            Action::Park => {
                self.say("park");
                Some(Outcome::Parked { line: branch.line(None), reason: "the rule parks it".to_owned() })
            }
            Action::DoNothing => {
                self.say("do_nothing");
                Some(Outcome::Nothing)
            }
        }
    }

    fn say(&mut self, action: &str) {
        self.actions.push(ActionTrace { action: action.to_owned(), pool: None, candidates: vec![], picked: None });
    }

    fn try_pool(&mut self, pool: &Pool) -> Option<Outcome> {
        let id = &pool.id;
        let mut eligible = Vec::new();
        let mut candidates = Vec::new();
        for member in &pool.members {
            let assignee = self.config.assignee(&member.assignee)?;
            let checked = self.not_given(&member.assignee).and_then(|()| {
                let clock = self.config.cap_clock(assignee, self.now);
                let counters = counters(&mut self.state.counters, &member.assignee);
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
        let rotation = self.state.pools.entry(id.clone()).or_insert_with(|| PoolState::new(id.clone()));
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
        });
        let Some(pick) = pick else {
            self.last_reason = Some(format!("nobody in pool {id} is eligible"));
            return None;
        };
        Some(self.give(pick.assignee.clone(), Some(id.clone()), Some(pick)))
    }

    fn try_assignee(&mut self, id: &AssigneeId) -> Option<Outcome> {
        let assignee = self.config.assignee(id)?;
        let clock = self.config.cap_clock(assignee, self.now);
        let checked = self
            .not_given(id)
            .and_then(|()| eligibility::check(assignee, counters(&mut self.state.counters, id), clock));
        let ineligible = checked.err();
        self.actions.push(ActionTrace {
            action: format!("assign_to {id}"),
            pool: None,
            candidates: vec![CandidateTrace { assignee: id.clone(), ineligible: ineligible.clone(), credit: None }],
            picked: ineligible.is_none().then(|| id.clone()),
        });
        if let Some(reason) = ineligible {
            self.last_reason = Some(format!("{id} {reason}"));
            return None;
        }
        Some(self.give(id.clone(), None, None))
    }

    fn not_given(&self, id: &AssigneeId) -> Result<(), Ineligible> {
        if self.given.contains(id) { Err(Ineligible::AlreadyHadThisLead) } else { Ok(()) }
    }

    fn give(&mut self, id: AssigneeId, pool: Option<PoolId>, pick: Option<Pick>) -> Outcome {
        let mut destinations = Vec::new();
        if let Some(assignee) = self.config.assignee(&id) {
            let clock = self.config.cap_clock(assignee, self.now);
            counters(&mut self.state.counters, &id).add(pool.as_ref(), clock);
            destinations = self.config.enabled_destinations(assignee);
        }
        Outcome::Assigned { assignee: id, pool, pick, destinations }
    }
}

fn counters<'a>(all: &'a mut BTreeMap<AssigneeId, Counters>, id: &AssigneeId) -> &'a mut Counters {
    all.entry(id.clone()).or_insert_with(|| Counters::new(id.clone()))
}
