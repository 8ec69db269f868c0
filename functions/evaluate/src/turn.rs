//! Reading what a decision rests on, and committing it: in turn with the others where many write to the same pools.

use std::hash::Hash;

use leadyard_domain::decision::{Needs, State};
use leadyard_domain::id::AccountId;
use leadyard_runtime::backoff;
use leadyard_store::{Commit, CommitError, Conflict, StoreError};

use crate::attend::AttendError;
use crate::handler::Evaluate;
use crate::lanes;
use crate::point::Point;

/// What is read in one request. A larger state is not read again and again while another's commit is under way: that would
/// cost more than it spares.
const READ_AT_ONCE: usize = 100;

/// From the reading of the state to the commit.
pub(crate) struct Turn {
    /// Rotations and counters as they were read.
    pub before: State,
    /// The turn at a lane, where others were met.
    lane: Option<lanes::Turn>,
    /// Whether the next one is called while the commit is under way.
    early: bool,
}

impl Evaluate {
    /// Reads the rotations and counters that a decision needs. Ends with [`Evaluate::commit`] or [`Evaluate::leave`].
    pub(crate) async fn begin(&self, account: &AccountId, needs: &Needs) -> Result<Turn, StoreError> {
        if needs.is_empty() {
            return Ok(Turn { before: State::default(), lane: None, early: false });
        }
        let early = needs.len() < READ_AT_ONCE;
        let Some(mut lane) = self.lanes.enter(&self.store, account, &needs.pools, !early).await else {
            let before = self.store.load_state(account, needs).await?;
            return Ok(Turn { before, lane: None, early });
        };
        loop {
            let (before, call) = self.store.load_state_and_call(account, needs, lane.pool()).await?;
            if lane.is_ready(&before, call).await {
                return Ok(Turn { before, lane: Some(lane), early });
            }
        }
    }

    /// Commits, between the two points at which a test may end the process, and calls the next one.
    pub(crate) async fn commit(&self, turn: Turn, commit: &Commit) -> Result<(), CommitError> {
        let Turn { before, lane, early } = turn;
        let committed = async {
            self.outbox.points.reach(Point::BeforeCommit);
            self.store.commit(commit).await?;
            self.outbox.points.reach(Point::AfterCommit);
            Ok(())
        };
        let next = async {
            if let Some(lane) = &lane {
                lane.call_next(&self.store, &before, &commit.after).await;
            }
        };
        let committed = if early {
            tokio::join!(next, committed).1
        } else {
            let committed = committed.await;
            next.await;
            committed
        };
        if committed.as_ref().is_err_and(CommitError::is_retryable) {
            self.metrics.count("Conflicts", 1);
        }
        if let Err(CommitError::Conflict(conflict)) = &committed {
            self.lanes.met(&commit.account, conflict.pools.iter().map(|pool| &pool.pool));
        }
        committed
    }

    /// Lets the next one go: there is nothing to be committed.
    pub(crate) async fn leave(&self, turn: Turn) {
        if let Some(lane) = turn.lane {
            lane.call_next(&self.store, &turn.before, &turn.before).await;
        }
    }
}

/// Waits before a decision is made anew. Who lost a race for a pool does not: a lane orders that from now on. None orders
/// counters and leads alone, nor a table that asks to slow down.
pub(crate) async fn before_another(conflict: &Conflict, seed: impl Hash, number: u32) {
    if conflict.pools.is_empty() {
        tokio::time::sleep(backoff::full_jitter(seed, number)).await;
    }
}

/// Goes on after a commit that others were faster than; any other error is one.
pub(crate) async fn overtaken(error: CommitError, seed: impl Hash, number: u32) -> Result<(), AttendError> {
    let conflict = match error {
        CommitError::Conflict(conflict) => conflict,
        CommitError::Throttled { .. } => Conflict::default(),
        CommitError::TooLarge(_) => return Err(AttendError::TooLarge),
        CommitError::Store(error) => return Err(error.into()),
    };
    before_another(&conflict, seed, number).await;
    Ok(())
}
