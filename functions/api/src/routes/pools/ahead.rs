//! Who would get the next leads.

use jiff::Timestamp;
use leadyard_domain::assignment::Outcome;
use leadyard_domain::condition::Subject;
use leadyard_domain::decision::State;
use leadyard_domain::rules::Rules;
use leadyard_domain::simulation::{Clock, Simulation};
use serde::Serialize;
use utoipa::ToSchema;

/// How far is looked ahead.
const PICKS_MAX: usize = 20;

/// Who would get a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextPick {
    /// Who.
    assignee: String,
    /// The pool in which it is a member: this one, or one in it.
    pool: Option<String>,
}

/// Gives one lead after another that says nothing, on a copy of the state, until nobody is left.
pub(super) fn next_picks(rules: &Rules, subject: &Subject<'_>, state: State, now: Timestamp) -> Vec<NextPick> {
    let mut simulation = Simulation::new(rules, state, Clock::At(now));
    let mut picks = Vec::new();
    while picks.len() < PICKS_MAX
        && let Some(decision) = simulation.run(subject).decisions.into_iter().next()
        && let Outcome::Assigned { assignee, picks: moved, .. } = decision.outcome
    {
        let pool = moved.last().map(|pick| pick.pool.to_string());
        picks.push(NextPick { assignee: assignee.into(), pool });
    }
    picks
}
