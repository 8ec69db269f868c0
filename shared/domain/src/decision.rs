//! The decision: which rules, which action, who.
//!
//! Two steps, so that a function knows what to read before it decides: [`route`] finds the rules and their actions, and
//! [`Route::needs`] names the pools and assignees whose state they may touch; [`decide`] then tries the actions on that
//! [`State`] and moves it. Leads of one batch are decided one after another on the same state.

mod attempt;
mod route;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::assignment::Outcome;
use crate::caps::{CapClock, Counters};
use crate::config::{Assignee, Checked};
use crate::id::{AssigneeId, PoolId, RuleId};
use crate::rotation::PoolState;
use crate::trace::Trace;

use attempt::Attempt;
pub use route::{MATCHES_MAX, Route, route, route_without_reasons};

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

/// What one rule, or the default, decided, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The rule that matched; `None` for the default action.
    pub rule: Option<RuleId>,
    /// What was decided.
    pub outcome: Outcome,
    /// Why.
    pub trace: Trace,
}

/// Decides a lead: tries the actions of each branch of the route in order and moves the state for the one that wins.
///
/// There is one decision a branch: where the first match decides there is one, where every match does there are as many
/// as rules matched, and nobody is given the lead by two of them. The lead waits only when nobody at all got it.
#[must_use]
pub fn decide(config: &Checked, route: &Route<'_>, state: &mut State, now: Timestamp) -> Vec<Decision> {
    let mut given = BTreeSet::new();
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    for branch in route.branches() {
        let mut attempt = Attempt::new(config, branch, now);
        attempt.try_own(state, &given);
        given.extend(attempt.given().cloned());
        attempts.push(attempt);
    }
    // The default is for a lead that nobody gets, so it runs once, however many rules ask for it.
    if given.is_empty()
        && let Some(attempt) = attempts.iter_mut().find(|attempt| attempt.wants_default())
    {
        attempt.try_default(state);
        given.extend(attempt.given().cloned());
    }
    let decided = attempts.into_iter().enumerate();
    decided.map(|(place, attempt)| attempt.decision(route, place == 0, !given.is_empty())).collect()
}

impl Checked {
    fn cap_clock<'a>(&'a self, assignee: &'a Assignee, now: Timestamp) -> CapClock<'a> {
        let account = &self.config().account;
        let zone = assignee.timezone.as_ref().unwrap_or(&account.timezone).time_zone();
        CapClock { now, zone, first_weekday: account.first_weekday.into() }
    }
}

#[cfg(test)]
mod tests;
