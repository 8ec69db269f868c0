//! What moves with each decision: rotations, counters, and who was given leads of whom.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use leadyard_domain::availability::Availability;
use leadyard_domain::caps::{Count, Counters, Load};
use leadyard_domain::contact::{Contact, Had};
use leadyard_domain::decision::{Needs, State};
use leadyard_domain::id::{AccountId, AssigneeId, LeadId, PoolId};
use leadyard_domain::rotation::{Member, Opening, PoolState, Seat, Turn};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::codec::{Deflated, Item, expires_at, from_item, to_item};
use crate::destination::read_suspended;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::lane::Call;

/// The item of a pool's rotation, beside its keys. Every commit that gives a lead writes one, so the seats are packed.
#[derive(Serialize, Deserialize)]
struct PoolItem {
    pool: PoolId,
    version: u64,
    turns: Turn,
    seats: Deflated<Vec<SeatItem>>,
}

/// A seat without the names of its parts: there may be thousands of them. Member, credit, leads given, and how it stood
/// when the last day and the last month began.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SeatItem(Member, i64, u64, Option<OpeningItem>, Option<OpeningItem>);

/// The day, the credit and the leads given.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OpeningItem(Date, i64, u64);

impl From<Opening> for OpeningItem {
    fn from(Opening { on, credit, assigned }: Opening) -> Self {
        Self(on, credit, assigned)
    }
}

impl From<&Seat> for SeatItem {
    fn from(seat: &Seat) -> Self {
        let opened = |opening: Opening| (opening.on > Date::MIN).then(|| opening.into());
        Self(seat.member.clone(), seat.credit, seat.assigned, opened(seat.day), opened(seat.month))
    }
}

impl From<SeatItem> for Seat {
    fn from(SeatItem(member, credit, assigned, day, month): SeatItem) -> Self {
        let new = Self::new(member);
        let opening = |item: Option<OpeningItem>, never: Opening| {
            item.map_or(never, |OpeningItem(on, credit, assigned)| Opening { on, credit, assigned })
        };
        Self { credit, assigned, day: opening(day, new.day), month: opening(month, new.month), ..new }
    }
}

/// The item of an assignee's counters, beside its keys; packed for the same reason.
#[derive(Serialize, Deserialize)]
struct CountersItem {
    assignee: AssigneeId,
    version: u64,
    counts: Deflated<BTreeMap<String, Count>>,
    #[serde(default)]
    open: Load,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    availability: Option<Availability>,
}

/// The item of what an assignee was given of a person.
#[derive(Serialize, Deserialize)]
struct HadItem {
    assignee: AssigneeId,
    contact: Contact,
    lead_id: LeadId,
    given_at: Timestamp,
    expires_at: i64,
}

/// A pool's state as an item of the next version.
pub(crate) fn pool_item(account: &AccountId, state: &PoolState) -> Result<(Key, Item), StoreError> {
    let key = keys::pool(account, &state.pool);
    let stored = PoolItem {
        pool: state.pool.clone(),
        version: state.version + 1,
        turns: state.turns,
        seats: Deflated(state.seats.iter().map(SeatItem::from).collect()),
    };
    with_key(key, &stored)
}

/// Counters as an item of the next version.
pub(crate) fn counters_item(account: &AccountId, counters: &Counters) -> Result<(Key, Item), StoreError> {
    let key = keys::counters(account, &counters.assignee);
    let stored = CountersItem {
        assignee: counters.assignee.clone(),
        version: counters.version + 1,
        counts: Deflated(counters.counts.clone()),
        open: counters.open,
        availability: counters.availability.clone(),
    };
    with_key(key, &stored)
}

/// What an assignee was given of a person as an item, kept for some days after.
pub(crate) fn had_item(
    account: &AccountId,
    (assignee, contact): &(AssigneeId, Contact),
    had: &Had,
    days: u16,
) -> Result<(Key, Item), StoreError> {
    let key = keys::had(account, assignee, contact);
    let stored = HadItem {
        assignee: assignee.clone(),
        contact: contact.clone(),
        lead_id: had.lead.clone(),
        given_at: had.at,
        expires_at: expires_at(had.at, days),
    };
    with_key(key, &stored)
}

fn with_key(key: Key, stored: &impl Serialize) -> Result<(Key, Item), StoreError> {
    let mut item = to_item(&key.to_string(), stored)?;
    item.extend(key.item());
    Ok((key, item))
}

pub(crate) fn read_pool(name: &str, item: Item) -> Result<PoolState, StoreError> {
    let PoolItem { pool, version, turns, seats } = from_item(name, item)?;
    Ok(PoolState { pool, version, turns, seats: seats.0.into_iter().map(Seat::from).collect() })
}

pub(crate) fn read_counters(name: &str, item: Item) -> Result<Counters, StoreError> {
    let CountersItem { assignee, version, counts, open, availability } = from_item(name, item)?;
    Ok(Counters { assignee, version, counts: counts.0, open, availability })
}

impl Store {
    /// The state that a decision needs, read consistently. What was never written is missing from it, which the
    /// decision takes for "has given, or was given, nothing".
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_state(&self, account: &AccountId, needs: &Needs) -> Result<State, StoreError> {
        Ok(self.load(account, needs, None).await?.0)
    }

    /// The same, with the last call in a pool's lane, in one request where all of it is no more than a hundred items. The
    /// lane is not read before the state: a state that is older than the call may come with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_state_and_call(
        &self,
        account: &AccountId,
        needs: &Needs,
        lane: &PoolId,
    ) -> Result<(State, Call), StoreError> {
        self.load(account, needs, Some(lane)).await
    }

    async fn load(
        &self,
        account: &AccountId,
        needs: &Needs,
        lane: Option<&PoolId>,
    ) -> Result<(State, Call), StoreError> {
        let pools = needs.pools.iter().map(|id| keys::pool(account, id));
        let assignees = needs.assignees.iter().map(|id| keys::counters(account, id));
        let had = needs.had.iter().map(|(assignee, contact)| keys::had(account, assignee, contact));
        let lane = lane.map(|id| keys::lane(account, id));
        let keys: Vec<Key> = pools.chain(assignees).chain(had).chain(lane.clone()).collect();
        // A decision that rests on nothing has nobody to look for.
        let suspended = keys::suspended(account);
        let keys: Vec<Key> = if keys.is_empty() { keys } else { keys.into_iter().chain([suspended.clone()]).collect() };
        let mut call = Call::default();
        let mut state = State::default();
        for item in self.get_many(&keys, true).await? {
            let key = Key::of(&item);
            if lane.is_some() && key == lane {
                call = Call::of(&item);
                continue;
            }
            if key.as_ref() == Some(&suspended) {
                state.suspended = read_suspended(&suspended, &item)?;
                continue;
            }
            let name = key.map_or_else(|| format!("state of account {account}"), |key| key.to_string());
            // Only a pool has seats, and only what somebody had is of a person.
            if item.contains_key("seats") {
                let pool = read_pool(&name, item)?;
                state.pools.insert(pool.pool.clone(), pool);
            } else if item.contains_key("contact") {
                let HadItem { assignee, contact, lead_id, given_at, .. } = from_item(&name, item)?;
                state.had.insert((assignee, contact), Had { lead: lead_id, at: given_at });
            } else {
                let counters = read_counters(&name, item)?;
                state.counters.insert(counters.assignee.clone(), counters);
            }
        }
        Ok((state, call))
    }
}
