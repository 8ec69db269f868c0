//! The commit of a batch of decisions: one transaction, or nothing.

mod cancelled;
mod plan;

use jiff::Timestamp;
use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::{Assignment, Standing};
use leadyard_domain::caps::Counters;
use leadyard_domain::config::Config;
use leadyard_domain::decision::State;
use leadyard_domain::event::{EventRecord, EventStatus};
use leadyard_domain::id::{AccountId, EventId};
use leadyard_domain::key::Claim;
use leadyard_domain::lead::Lead;
use leadyard_domain::rotation::PoolState;

use crate::Store;
use crate::error::StoreError;
use plan::Plan;

/// Most actions of one transaction; DynamoDB's limit.
pub const ACTIONS_MAX: usize = 100;
/// Most bytes of one transaction; DynamoDB's limit is 4 MB, and our count of bytes is close but not theirs.
pub const BYTES_MAX: usize = 4_000_000;
/// Most bytes of one item; DynamoDB's limit is 400 KB.
pub const ITEM_BYTES_MAX: usize = 400_000;

/// What a batch of events came to, written all together.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The tenant.
    pub account: AccountId,
    /// When it is written.
    pub now: Timestamp,
    /// Days that the account keeps its log.
    pub log_days: u16,
    /// Days for which assignees that take nobody twice remember whom they had.
    pub had_days: u16,
    /// What was settled. An event stands here once; a lead may be met by several, in the order in which it changed.
    pub settled: Vec<Settled>,
    /// The state as it was read.
    pub before: State,
    /// The state as the decisions left it; versions as they were read. Only what differs is written.
    pub after: State,
}

/// What one event, or another cause of a decision, came to.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The event, when one was the cause. It is refused when it is there already, unless it is there as failed.
    pub record: Option<EventRecord>,
    /// The lead that it made or changed.
    pub lead: Option<LeadWrite>,
    /// The decisions that it caused: one, or one for each rule where all that match decide.
    pub assignments: Vec<Assignment>,
    /// The hash of its body, where its source names no external id: the commit refuses a body that was taken less than
    /// [`leadyard_domain::event::REPEAT_WINDOW_S`] away.
    pub seen: Option<String>,
    /// The activity of the lead that it made or changed; its version is one more than the one that was read, and 1 for a new
    /// one. The lead is written with it, and counts it.
    pub activity: Option<Activity>,
}

/// A lead to be written.
#[derive(Debug, Clone)]
pub struct LeadWrite {
    /// The lead; its version is one more than the one that was read, and 1 for a new lead.
    pub lead: Lead,
    /// Where it stood before; `None` for a new lead.
    pub previous: Option<Standing>,
    /// The unique keys that it gets. One that another lead has is refused, unless it is to move from that very lead. Those of a
    /// lead that is erased are given up.
    pub keys: Vec<Claim>,
}

/// An event that was settled before and loses what it brought.
#[derive(Debug, Clone)]
pub struct Emptied {
    /// As it is to be from now on.
    pub record: EventRecord,
    /// What had become of it when it was read: refused when that has changed.
    pub was: EventStatus,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Someone else wrote since it was read: decide again on what is there now.
    #[error("what the decision rests on was changed meanwhile")]
    Conflict(Conflict),
    /// The same transaction may go through in a moment: the table is busy, or another transaction holds an item.
    #[error("DynamoDB asks to slow down: the transaction met {reason}")]
    Throttled {
        /// The codes that DynamoDB gave.
        reason: String,
    },
    /// It does not fit: commit fewer events at a time.
    #[error(transparent)]
    TooLarge(TooLarge),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommitError {
    /// Whether trying again, after reading again, can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict(_) | Self::Throttled { .. } => true,
            Self::TooLarge(_) => false,
            Self::Store(error) => error.is_retryable(),
        }
    }
}

/// What was changed meanwhile, as far as the failed conditions tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conflict {
    /// Pools, as they are now.
    pub pools: Vec<PoolState>,
    /// Counters, as they are now.
    pub counters: Vec<Counters>,
    /// Events that someone has settled: what follows from them is in their records.
    pub settled: Vec<EventId>,
    /// Events whose body was taken within the last minute: they are repeats.
    pub seen: Vec<EventId>,
    /// Whether a lead, a unique key, an assignment or an activity was written: read the leads again.
    pub other: bool,
}

/// A commit that does not fit into one transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a commit of {actions} actions and {bytes} bytes is too large (at most {ACTIONS_MAX} and {BYTES_MAX}; {} events make an item of more than {ITEM_BYTES_MAX} bytes)",
    oversized.len()
)]
pub struct TooLarge {
    /// Its actions.
    pub actions: usize,
    /// About how many bytes they hold.
    pub bytes: usize,
    /// Events that can't be stored at all, because one of their items (the request, or the lead with all it has
    /// gathered) is larger than an item may be. Without them a smaller commit goes through.
    pub oversized: Vec<EventId>,
}

impl Settled {
    /// What became of a known lead without an event: its next version, and the decisions that led there.
    #[must_use]
    pub fn known(lead: Lead, previous: Standing, assignments: Vec<Assignment>, now: Timestamp) -> Self {
        let lead = Lead { version: lead.version + 1, updated_at: now, ..lead };
        let lead = Some(LeadWrite { lead, previous: Some(previous), keys: Vec::new() });
        Self { record: None, lead, assignments, seen: None, activity: None }
    }
}

impl Commit {
    /// A commit of what was settled by a config, which says how long things are kept. The pair is the state as it was read
    /// and as the decisions left it.
    #[must_use]
    pub fn by(
        account: AccountId,
        config: &Config,
        settled: Vec<Settled>,
        (before, after): (State, State),
        now: Timestamp,
    ) -> Self {
        let had_days = config.assignees.iter().map(|assignee| assignee.duplicate_days).max().unwrap_or_default();
        Self { account, now, log_days: config.account.log_days, had_days, settled, before, after }
    }

    /// How many actions its transaction has; at most [`ACTIONS_MAX`] go through.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something in it can't be written at all.
    pub fn actions(&self) -> Result<usize, StoreError> {
        Ok(Plan::of(self)?.actions())
    }

    /// About how many bytes its transaction holds; at most [`BYTES_MAX`] go through.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something in it can't be written at all.
    pub fn bytes(&self) -> Result<usize, StoreError> {
        Ok(Plan::of(self)?.bytes())
    }
}

impl Store {
    /// Writes a batch of decisions, all or nothing. Safe to repeat: what is there already answers
    /// [`Conflict::settled`]. Conflicts are not retried here, for the decisions have to be made anew.
    ///
    /// # Errors
    /// [`CommitError`]; unless it is a lost connection ([`CommitError::Store`]), nothing was written.
    pub async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.transact_plan(Plan::of(commit)?).await
    }

    /// The same, with events that lose what they brought.
    ///
    /// # Errors
    /// [`CommitError`].
    pub async fn commit_erasure(&self, commit: &Commit, emptied: &[Emptied]) -> Result<(), CommitError> {
        let mut plan = Plan::of(commit)?;
        for emptied in emptied {
            plan.emptied(commit, emptied)?;
        }
        self.transact_plan(plan).await
    }

    async fn transact_plan(&self, mut plan: Plan) -> Result<(), CommitError> {
        plan.fits().map_err(CommitError::TooLarge)?;
        if plan.actions() == 0 {
            return Ok(());
        }
        let request = self.client.transact_write_items().set_transact_items(Some(plan.transaction(&self.table)?));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(cancelled::explain(&plan, &error)),
        }
    }
}

#[cfg(test)]
mod tests;
