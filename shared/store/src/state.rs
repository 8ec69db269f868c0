//! What moves with each decision: rotations and counters.

use std::collections::BTreeMap;

use leadyard_domain::caps::{Count, Counters};
use leadyard_domain::decision::{Needs, State};
use leadyard_domain::id::{AccountId, AssigneeId, PoolId};
use leadyard_domain::rotation::{MemberState, PoolState};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::codec::{Deflated, Item, from_item, to_item};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// The item of a pool's rotation, beside its keys. Every commit that gives a lead writes one, so the members are packed.
#[derive(Serialize, Deserialize)]
struct PoolItem {
    pool: PoolId,
    version: u64,
    members: Deflated<BTreeMap<AssigneeId, MemberState>>,
}

/// The item of an assignee's counters, beside its keys; packed for the same reason.
#[derive(Serialize, Deserialize)]
struct CountersItem {
    assignee: AssigneeId,
    version: u64,
    counts: Deflated<BTreeMap<String, Count>>,
}

/// A pool's state as an item of the next version.
pub(crate) fn pool_item(account: &AccountId, state: &PoolState) -> Result<(Key, Item), StoreError> {
    let key = keys::pool(account, &state.pool);
    let stored =
        PoolItem { pool: state.pool.clone(), version: state.version + 1, members: Deflated(state.members.clone()) };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    Ok((key, item))
}

/// Counters as an item of the next version.
pub(crate) fn counters_item(account: &AccountId, counters: &Counters) -> Result<(Key, Item), StoreError> {
    let key = keys::counters(account, &counters.assignee);
    let stored = CountersItem {
        assignee: counters.assignee.clone(),
        version: counters.version + 1,
        counts: Deflated(counters.counts.clone()),
    };
    let mut item = to_item(&key.to_string(), &stored)?;
    item.extend(key.item());
    Ok((key, item))
}

pub(crate) fn read_pool(name: &str, item: Item) -> Result<PoolState, StoreError> {
    let PoolItem { pool, version, members } = from_item(name, item)?;
    Ok(PoolState { pool, version, members: members.0 })
}

pub(crate) fn read_counters(name: &str, item: Item) -> Result<Counters, StoreError> {
    let CountersItem { assignee, version, counts } = from_item(name, item)?;
    Ok(Counters { assignee, version, counts: counts.0 })
}

impl Store {
    /// The state that a decision needs, read consistently. What was never written is missing from it, which the
    /// decision takes for "has given, or was given, nothing".
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_state(&self, account: &AccountId, needs: &Needs) -> Result<State, StoreError> {
        let pools = needs.pools.iter().map(|id| keys::pool(account, id));
        let assignees = needs.assignees.iter().map(|id| keys::counters(account, id));
        let keys: Vec<Key> = pools.chain(assignees).collect();
        let mut state = State::default();
        for item in self.get_many(&keys, true).await? {
            let name = Key::of(&item).map_or_else(|| format!("state of account {account}"), |key| key.to_string());
            // Only a pool has members.
            if item.contains_key("members") {
                let pool = read_pool(&name, item)?;
                state.pools.insert(pool.pool.clone(), pool);
            } else {
                let counters = read_counters(&name, item)?;
                state.counters.insert(counters.assignee.clone(), counters);
            }
        }
        Ok(state)
    }
}
