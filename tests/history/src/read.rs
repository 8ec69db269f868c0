//! Reading a history from the table.

use std::collections::BTreeSet;

use leadyard_domain::assignment::Outcome;
use leadyard_domain::config::Checked;
use leadyard_domain::decision::{Needs, State};
use leadyard_domain::id::{AccountId, EventId, LeadId};
use leadyard_store::{LeadFile, Store, StoreError};

use crate::History;

/// Places that are read at a time.
const PAGE: usize = 500;

impl History {
    /// Reads what is on record of some events.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(
        store: &Store,
        account: &AccountId,
        events: &BTreeSet<EventId>,
        config: &Checked,
    ) -> Result<Self, StoreError> {
        let events: Vec<_> = store.events(account, events).await?.into_values().collect();
        let ids: BTreeSet<LeadId> = events.iter().filter_map(|event| event.lead.clone()).collect();
        let mut leads = Vec::with_capacity(ids.len());
        for id in &ids {
            leads.extend(store.lead_file(account, id).await?);
        }
        let state = store.load_state(account, &moved(&leads)).await?;
        Ok(Self { events, state, waiting: waiting(store, account, config).await?, leads })
    }
}

/// The pools and assignees that the decisions moved.
fn moved(leads: &[LeadFile]) -> Needs {
    let mut needs = Needs::default();
    for assignment in leads.iter().flat_map(|file| &file.assignments) {
        if let Outcome::Assigned { assignee, picks, .. } = &assignment.outcome {
            needs.assignees.insert(assignee.clone());
            needs.pools.extend(picks.iter().map(|pick| pick.pool.clone()));
            let shares = picks.iter().flat_map(|pick| &pick.pick.shares);
            needs.assignees.extend(shares.filter_map(|(member, _)| member.assignee().cloned()));
        }
    }
    needs
}

async fn waiting(store: &Store, account: &AccountId, config: &Checked) -> Result<BTreeSet<LeadId>, StoreError> {
    let mut waiting = BTreeSet::new();
    let mut cursor = None;
    loop {
        let page = store.parked_leads(account, PAGE, cursor.as_ref()).await?;
        waiting.extend(page.rows.into_iter().map(|place| place.lead));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    for queue in &config.config().queues {
        loop {
            let page = store.queued_leads(account, &queue.id, PAGE, cursor.as_ref()).await?;
            waiting.extend(page.rows.into_iter().map(|place| place.lead));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(waiting)
}

impl History {
    /// Nothing is on record.
    #[must_use]
    pub fn empty() -> Self {
        Self { events: Vec::new(), leads: Vec::new(), state: State::default(), waiting: BTreeSet::new() }
    }
}
