//! Does the record hold together? A history is everything that is on record of some events: what became of each, the leads,
//! every decision, the deliveries, the rotations and the counters. [`History::check`] proves from it what Leadyard promises:
//!
//! - every accepted event is settled, and every lead is with somebody, waits in its place, or was left alone by a decision
//!   ([`leads`]);
//! - there is one decision an attempt, without a gap, and whoever holds a lead has a decision that says so ([`leads`]);
//! - the counters are those of the assignments they count, and no cap was exceeded at any moment ([`counters`]);
//! - the log of each pool's moves, replayed, gives the same picks and the same credits ([`rotation`]).
//!
//! It reads through the store alone, and its checks are pure.

mod counters;
mod leads;
mod read;
mod rotation;

use std::collections::BTreeSet;

use leadyard_domain::config::Checked;
use leadyard_domain::decision::State;
use leadyard_domain::event::EventRecord;
use leadyard_domain::id::{EventId, LeadId};
use leadyard_store::LeadFile;

pub use rotation::max_deviation;

/// Everything that is on record of some events.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The events that were asked for, as far as they are settled.
    pub events: Vec<EventRecord>,
    /// The leads that they made or met, each with its decisions and deliveries, by id.
    pub leads: Vec<LeadFile>,
    /// The rotations and counters that the decisions moved.
    pub state: State,
    /// The leads that stand in a place among those that wait.
    pub waiting: BTreeSet<LeadId>,
}

impl History {
    /// Everything that does not hold together, in words; nothing when it does. `accepted` are the events that were answered
    /// for; `config` is what decided them.
    #[must_use]
    pub fn check(&self, accepted: &BTreeSet<EventId>, config: &Checked) -> Vec<String> {
        let mut wrong = Vec::new();
        leads::check(self, accepted, &mut wrong);
        counters::check(self, config, &mut wrong);
        rotation::check(self, &mut wrong);
        wrong
    }
}
