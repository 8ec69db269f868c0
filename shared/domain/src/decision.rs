//! The decision: which rules, which action, who.
//!
//! Two steps, so that a function knows what to read before it decides: [`route`] finds the rules and their actions, and
//! [`Route::needs`] names the pools and assignees whose state they may touch; [`decide`] then tries the actions on that
//! [`State`] and moves it. Leads of one batch are decided one after another on the same state.

mod attempt;
mod named;
mod needs;
mod pool;
mod route;
mod state;
mod waiting;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::assignment::Outcome;
use crate::condition::Subject;
use crate::id::{AssigneeId, RuleId};
use crate::rules::Rules;
use crate::service_level::Timers;
use crate::trace::Trace;

use attempt::Attempt;
pub use named::NotNamed;
pub use needs::Needs;
pub use route::{MATCHES_MAX, Route, route, route_without_reasons};
pub use state::State;

/// A lead that is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The config.
    pub rules: &'a Rules,
    /// The rules that decide.
    pub route: &'a Route<'a>,
    /// The lead.
    pub subject: &'a Subject<'a>,
    /// Now.
    pub now: Timestamp,
}

impl Case<'_> {
    /// Whether every match gives the lead, and somebody has it by one of them.
    fn is_held_by_another_rule(&self) -> bool {
        self.route.gives_by_every_match() && self.subject.lead.held().next().is_some()
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
    /// By when whoever got the lead is to contact it.
    pub timers: Option<Timers>,
    /// Whether nobody was found for reasons that are not about this lead: no other lead of the same rules would find
    /// anybody either.
    pub blocked: bool,
}

/// Decides a lead: tries the actions of each branch of the route in order and moves the state for the one that wins.
///
/// There is one decision a branch: where the first match decides there is one, where every match does there are as many
/// as rules matched, and nobody is given the lead by two of them. The lead waits only when nobody at all has it.
#[must_use]
pub fn decide(case: &Case<'_>, state: &mut State) -> Vec<Decision> {
    let mut given = BTreeSet::new();
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    for branch in case.route.branches() {
        let mut attempt = Attempt::new(case, branch);
        attempt.try_own(state, &given);
        given.extend(attempt.given().cloned());
        attempts.push(attempt);
    }
    // The default is for a lead that nobody gets, so it runs once, however many rules ask for it.
    if given.is_empty()
        && !case.is_held_by_another_rule()
        && let Some(attempt) = attempts.iter_mut().find(|attempt| attempt.wants_default())
    {
        attempt.try_default(state);
        given.extend(attempt.given().cloned());
    }
    let somebody_has_it = !given.is_empty() || case.subject.lead.held().next().is_some();
    let decided = attempts.into_iter().enumerate();
    decided.map(|(place, attempt)| attempt.decision(state, place == 0, somebody_has_it)).collect()
}

/// Decides whether one assignee gets the lead, whatever the actions say: a member of a queue claims it, or a person names
/// the next one, who may have had it before (`again`). The rule still says by when it is to be contacted.
#[must_use]
pub fn decide_for(case: &Case<'_>, assignee: &AssigneeId, again: bool, state: &mut State) -> Decision {
    // A route has at least the branch of the default.
    let mut attempt = Attempt::new(case, case.route.branches().swap_remove(0));
    attempt.try_only(assignee, again, state);
    attempt.decision(state, true, true)
}

#[cfg(test)]
mod tests;
