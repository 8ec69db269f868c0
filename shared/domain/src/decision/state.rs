//! What moves with each decision.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::caps::Counters;
use crate::contact::{Contact, Had};
use crate::eligibility::Remembers;
use crate::id::{AssigneeId, DestinationId, PoolId};
use crate::rotation::PoolState;

/// What moves with each decision: rotations, counters, and who was given leads of whom.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// By pool; a pool without state has given no lead.
    pub pools: BTreeMap<PoolId, PoolState>,
    /// By assignee; one without counters was given nothing.
    pub counters: BTreeMap<AssigneeId, Counters>,
    /// By assignee and person, for assignees that take nobody twice.
    pub had: BTreeMap<(AssigneeId, Contact), Had>,
    /// The destinations to which nothing is sent until a person resumes them. Read and never written with a decision.
    pub suspended: BTreeSet<DestinationId>,
}

impl State {
    /// The counters of an assignee, as they are.
    #[must_use]
    pub fn counters_of(&self, assignee: &AssigneeId) -> Cow<'_, Counters> {
        match self.counters.get(assignee) {
            Some(counters) => Cow::Borrowed(counters),
            None => Cow::Owned(Counters::new(assignee.clone())),
        }
    }

    /// The counters of an assignee, to be moved.
    pub fn counters_mut(&mut self, assignee: &AssigneeId) -> &mut Counters {
        self.counters.entry(assignee.clone()).or_insert_with(|| Counters::new(assignee.clone()))
    }

    /// The rotation of a pool, to be moved.
    pub fn pool_mut(&mut self, pool: &PoolId) -> &mut PoolState {
        self.pools.entry(pool.clone()).or_insert_with(|| PoolState::new(pool.clone()))
    }
}

impl Remembers for State {
    fn had(&self, assignee: &AssigneeId, contact: &Contact) -> Option<&Had> {
        self.had.get(&(assignee.clone(), contact.clone()))
    }

    fn is_suspended(&self, destination: &DestinationId) -> bool {
        self.suspended.contains(destination)
    }
}
