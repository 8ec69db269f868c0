//! The decision: which rule, which action, who.
//!
//! Two steps, so that a function knows what to read before it decides: [`route`] finds the rule and its actions, and
//! [`Route::needs`] names the pools and assignees whose state they may touch; [`decide`] then tries the actions on that
//! [`State`] and moves it. Leads of one batch are decided one after another on the same state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::assignment::Outcome;
use crate::caps::{CapClock, Counters};
use crate::condition::Subject;
use crate::config::{Action, Checked, CheckedProfile, CheckedRule, Else};
use crate::eligibility;
use crate::id::{AssigneeId, PoolId, ProfileId, RuleId};
use crate::rotation::{Candidate, PoolState};
use crate::trace::{ActionTrace, CandidateTrace, RuleTrace, Trace};

/// What moves with each decision: rotations and counters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// By pool; a pool without state has given no lead.
    pub pools: BTreeMap<PoolId, PoolState>,
    /// By assignee; one without counters was given nothing.
    pub counters: BTreeMap<AssigneeId, Counters>,
}

/// Whose state a route may touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Rotations.
    pub pools: BTreeSet<PoolId>,
    /// Counters.
    pub assignees: BTreeSet<AssigneeId>,
}

impl Needs {
    /// Adds another's.
    pub fn extend(&mut self, other: Self) {
        self.pools.extend(other.pools);
        self.assignees.extend(other.assignees);
    }
}

/// The rule that decides a lead, and how it was found.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    profile: Option<&'a CheckedProfile>,
    rule: Option<&'a CheckedRule>,
    tried: Vec<RuleTrace>,
}

/// Finds the rule that decides a lead: the first that matches in the profile of its entity.
#[must_use]
pub fn route<'a>(config: &'a Checked, subject: &Subject<'_>) -> Route<'a> {
    let profile = config.profile_of(&subject.lead.entity);
    let mut tried = Vec::new();
    for rule in profile.iter().flat_map(|profile| &profile.rules) {
        let failed = rule.test.as_ref().and_then(|test| test.check(subject).err());
        let matched = failed.is_none();
        tried.push(RuleTrace { rule: rule.id.clone(), failed: failed.map(Into::into) });
        if matched {
            return Route { profile, rule: Some(rule), tried };
        }
    }
    Route { profile, rule: None, tried }
}

impl<'a> Route<'a> {
    /// The profile; `None` when no enabled profile distributes the lead's entity.
    #[must_use]
    pub fn profile(&self) -> Option<&'a ProfileId> {
        self.profile.map(|profile| &profile.id)
    }

    /// The rule; `None` for the default action.
    #[must_use]
    pub fn rule(&self) -> Option<&'a RuleId> {
        self.rule.map(|rule| &rule.id)
    }

    /// The pools and assignees whose state the actions may touch.
    #[must_use]
    pub fn needs(&self, config: &Checked) -> Needs {
        let mut needs = Needs::default();
        for action in self.actions().chain(self.fallback()) {
            match action {
                Action::Pool(id) => {
                    needs.pools.insert(id.clone());
                    let members = config.pool(id).map(|pool| pool.members.as_slice()).unwrap_or_default();
                    needs.assignees.extend(members.iter().map(|member| member.assignee.clone()));
                }
                Action::AssignTo(id) => {
                    needs.assignees.insert(id.clone());
                }
                Action::Park | Action::DoNothing => {}
            }
        }
        needs
    }

    fn actions(&self) -> impl Iterator<Item = &'a Action> {
        match self.rule {
            Some(rule) => rule.actions.iter(),
            None => self.defaults().iter(),
        }
    }

    fn defaults(&self) -> &'a [Action] {
        self.profile.map(|profile| profile.default.as_slice()).unwrap_or_default()
    }

    /// The default actions, when the rule asks for them.
    fn fallback(&self) -> impl Iterator<Item = &'a Action> {
        let wanted = self.rule.is_some_and(|rule| rule.otherwise == Else::Default);
        if wanted { self.defaults().iter() } else { [].iter() }
    }

    /// Whose line a parked lead waits in: the pool that could not take it, else the rule, else the profile.
    fn line(&self, last_pool: Option<&PoolId>) -> String {
        match (last_pool, self.rule, self.profile) {
            (Some(pool), _, _) => format!("pool:{pool}"),
            (None, Some(rule), Some(profile)) => format!("rule:{}/{}", profile.id, rule.id),
            (None, _, Some(profile)) => format!("profile:{}", profile.id),
            (None, _, None) => "none".to_owned(),
        }
    }
}

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What was decided.
    pub outcome: Outcome,
    /// Why.
    pub trace: Trace,
}

/// Tries the route's actions in order and moves the state for the one that wins.
#[must_use]
pub fn decide(config: &Checked, route: &Route<'_>, state: &mut State, now: Timestamp) -> Decision {
    let mut attempt = Attempt { config, state, now, actions: Vec::new(), last_pool: None, last_reason: None };
    let mut outcome = None;
    for action in route.actions().chain(route.fallback()) {
        outcome = attempt.try_action(action, route);
        if outcome.is_some() {
            break;
        }
    }
    let otherwise = route.rule.map_or(Else::Park, |rule| rule.otherwise);
    let outcome = outcome.unwrap_or_else(|| match (otherwise, route.profile) {
        (Else::DoNothing, _) => Outcome::Nothing,
        // Without a profile nobody was asked to distribute this entity.
        (_, None) => Outcome::Nothing,
        (Else::Park | Else::Default, Some(_)) => Outcome::Parked {
            line: route.line(attempt.last_pool.as_ref()),
            reason: attempt.last_reason.take().unwrap_or_else(|| "no action names an assignee".to_owned()),
        },
    });
    let trace = Trace { rules: route.tried.clone(), actions: attempt.actions, cut: 0 };
    Decision { outcome, trace: trace.bounded() }
}

struct Attempt<'a> {
    config: &'a Checked,
    state: &'a mut State,
    now: Timestamp,
    actions: Vec<ActionTrace>,
    last_pool: Option<PoolId>,
    last_reason: Option<String>,
}

impl Attempt<'_> {
    /// `None` when the action found nobody and the next one is to be tried.
    fn try_action(&mut self, action: &Action, route: &Route<'_>) -> Option<Outcome> {
        match action {
            Action::Pool(id) => self.try_pool(id),
            Action::AssignTo(id) => self.try_assignee(id),
            Action::Park => {
                self.actions.push(ActionTrace { action: "park".into(), pool: None, candidates: vec![], picked: None });
                Some(Outcome::Parked { line: route.line(None), reason: "the rule parks it".to_owned() })
            }
            Action::DoNothing => {
                let action = "do_nothing".to_owned();
                self.actions.push(ActionTrace { action, pool: None, candidates: vec![], picked: None });
                Some(Outcome::Nothing)
            }
        }
    }

    fn try_pool(&mut self, id: &PoolId) -> Option<Outcome> {
        // The check of the config proved that the pool and its members exist.
        let pool = self.config.pool(id)?;
        let rotation = self.state.pools.entry(id.clone()).or_insert_with(|| PoolState::new(id.clone()));
        let before = rotation.clone();
        let mut eligible = Vec::new();
        let mut candidates = Vec::new();
        for member in &pool.members {
            let assignee = self.config.assignee(&member.assignee)?;
            let counters = counters(&mut self.state.counters, &member.assignee);
            let clock = self.config.cap_clock(assignee, self.now);
            let checked = eligibility::check_member(assignee, member, id, counters, clock);
            if let Ok(weight) = checked {
                eligible.push(Candidate { assignee: member.assignee.clone(), weight });
            }
            candidates.push(CandidateTrace {
                assignee: member.assignee.clone(),
                ineligible: checked.err(),
                credit: None,
            });
        }
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
            self.last_pool = Some(id.clone());
            self.last_reason = Some(format!("nobody in pool {id} is eligible"));
            return None;
        };
        Some(self.give(pick.assignee.clone(), Some(id.clone()), Some(pick)))
    }

    fn try_assignee(&mut self, id: &AssigneeId) -> Option<Outcome> {
        let assignee = self.config.assignee(id)?;
        let clock = self.config.cap_clock(assignee, self.now);
        let ineligible = eligibility::check(assignee, counters(&mut self.state.counters, id), clock).err();
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

    fn give(&mut self, id: AssigneeId, pool: Option<PoolId>, pick: Option<crate::rotation::Pick>) -> Outcome {
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

impl Checked {
    fn cap_clock<'a>(&'a self, assignee: &'a crate::config::Assignee, now: Timestamp) -> CapClock<'a> {
        let account = &self.config().account;
        let zone = assignee.timezone.as_ref().unwrap_or(&account.timezone).time_zone();
        CapClock { now, zone, first_weekday: account.first_weekday.into() }
    }
}

#[cfg(test)]
mod tests;
