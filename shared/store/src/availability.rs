//! Switching somebody on or off by hand: it holds from the next lead on, without a new config.

use jiff::Timestamp;
use leadyard_domain::availability::Availability;
use leadyard_domain::caps::Counters;
use leadyard_domain::decision::Needs;
use leadyard_domain::id::{AccountId, AssigneeId};

use crate::Store;
use crate::audit::AuditEntry;
use crate::error::StoreError;
use crate::read::full_jitter;
use crate::state::counters_item;

/// How often a change is tried against decisions that count meanwhile.
const TRIES_MAX: u32 = 20;

/// How often the wait between two tries doubles.
const WAITS_MAX: u32 = 4;

/// What is told of a change that was always overtaken.
const WHAT: &str = "the availability of an assignee";

impl Store {
    /// Says whether an assignee is on or off, or with `None` that its schedule says so again; `by` is who says so, and
    /// `now` when. It stands with the counters, so a decision that was made on an earlier word is refused when it is committed, and made again.
    ///
    /// # Errors
    /// [`StoreError`]; a conflict when decisions were faster each time.
    pub async fn set_availability(
        &self,
        account: &AccountId,
        assignee: &AssigneeId,
        availability: Option<&Availability>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let needs = Needs { assignees: [assignee.clone()].into(), ..Needs::default() };
        let audit = AuditEntry::new(now, by, "assignee.availability", assignee).item(account)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let state = self.load_state(account, &needs).await?;
            let mut counters = state.counters.get(assignee).cloned().unwrap_or_else(|| Counters::new(assignee.clone()));
            let read = counters.version;
            counters.availability = availability.cloned();
            let (_, item) = counters_item(account, &counters)?;
            let actions = vec![self.put_version(item, read)?, self.put_action(audit.clone())?];
            match self.transact(WHAT, actions).await {
                Err(StoreError::Conflict { .. } | StoreError::Throttled { .. }) if tries < TRIES_MAX => {
                    tokio::time::sleep(full_jitter(tries.min(WAITS_MAX))).await;
                }
                result => return result,
            }
        }
    }
}
