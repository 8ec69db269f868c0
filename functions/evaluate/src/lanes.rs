//! Waiting for one's turn at a pool that others write to as well.
//!
//! Alone, a writer just writes. Who loses a race for a pool takes a number from then on, for a while, as long as there are
//! others ([`Store::take_ticket`]). So many writers cost each lead next to no decision in vain, and one writer costs nothing
//! more than before.
//!
//! Who has its turn calls the next one while its commit is under way, and says which version of the rotation that commit
//! will leave. The next one reads the state again and again meanwhile, so that it has it as soon as it is there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use leadyard_domain::decision::State;
use leadyard_domain::id::{AccountId, PoolId};
use leadyard_store::{Call, Store, StoreError};
use tokio::time::Instant;

/// How long after the last meeting with others a pool is still taken for contended.
const CONTENDED: Duration = Duration::from_secs(3);

/// What a turn takes at least: so long one waits for each of those before the one who is next.
const TURN: Duration = Duration::from_millis(4);
/// How often the one who is next looks whether it is called.
const LOOK: Duration = Duration::from_millis(4);
/// The longest wait between two looks.
const LOOK_MAX: Duration = Duration::from_millis(150);
/// A lane in which nobody is called for so long has lost the one whose turn it was: one goes ahead.
const LOST: Duration = Duration::from_millis(1_500);
/// Who was called does not wait longer for the commit before it: it may have failed.
const FAILED: Duration = Duration::from_millis(200);

/// The pools at which this process has lately met others: until when each is taken for contended.
#[derive(Debug, Default)]
pub struct Lanes(Mutex<HashMap<(AccountId, PoolId), Instant>>);

/// A number in the lane of a pool: until it calls the next one the others wait.
#[derive(Debug)]
pub(crate) struct Turn {
    account: AccountId,
    pool: PoolId,
    number: u64,
    /// The last call that was heard, and when.
    last: Call,
    since: Instant,
}

impl Lanes {
    /// Notes that others write to these pools.
    pub(crate) fn met<'a>(&self, account: &AccountId, pools: impl Iterator<Item = &'a PoolId>) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + CONTENDED;
        met.extend(pools.map(|pool| ((account.clone(), pool.clone()), until)));
    }

    /// The pool at whose lane one waits: of several contended ones the first, so that no two wait for each other.
    fn contended(&self, account: &AccountId, pools: &BTreeSet<PoolId>) -> Option<PoolId> {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        met.retain(|_, until| *until > now);
        if met.is_empty() {
            return None;
        }
        pools.iter().find(|pool| met.contains_key(&(account.clone(), (*pool).clone()))).cloned()
    }

    /// Waits until one is the next at these pools, or, where `called` is set, until one is called. `None` at once when nobody
    /// else was met there lately. A lane that can't be reached is done without: it only spares work.
    pub(crate) async fn enter(
        &self,
        store: &Store,
        account: &AccountId,
        pools: &BTreeSet<PoolId>,
        called: bool,
    ) -> Option<Turn> {
        let pool = self.contended(account, pools)?;
        match wait(store, account, &pool, u64::from(!called)).await {
            Ok((turn, alone)) => {
                if !alone {
                    self.met(account, [&pool].into_iter());
                }
                Some(turn)
            }
            Err(error) => {
                tracing::warn!(%account, %pool, %error, "no turn could be taken: it goes on without");
                None
            }
        }
    }
}

/// Takes a number and waits until no more than `before` others are before it. Says whether there were none at once.
async fn wait(store: &Store, account: &AccountId, pool: &PoolId, before: u64) -> Result<(Turn, bool), StoreError> {
    let ticket = store.take_ticket(account, pool).await?;
    let (account, pool) = (account.clone(), pool.clone());
    let mut turn = Turn { account, pool, number: ticket.number, last: ticket.last, since: Instant::now() };
    let alone = turn.others() == 0;
    while turn.others() > before && !turn.is_lost() {
        // The last one's turn may be nearly over.
        let turns = u32::try_from(turn.others() - 1).unwrap_or(u32::MAX);
        tokio::time::sleep(TURN.saturating_mul(turns).clamp(LOOK, LOOK_MAX)).await;
        turn.hear(store.last_call(&turn.account, &turn.pool).await?);
    }
    Ok((turn, alone))
}

impl Turn {
    /// The pool in whose lane it is.
    pub(crate) fn pool(&self) -> &PoolId {
        &self.pool
    }

    /// How many are before it.
    fn others(&self) -> u64 {
        (self.number - 1).saturating_sub(self.last.done)
    }

    fn is_lost(&self) -> bool {
        self.since.elapsed() >= LOST
    }

    fn hear(&mut self, call: Call) {
        if call.done > self.last.done {
            (self.last, self.since) = (call, Instant::now());
        }
    }

    /// Whether one is called, and what was read is what the commit before has left. Where nobody is called any more, or that
    /// commit takes too long, it may have failed: then what is there has to do. Waits, when not, until it is worth reading
    /// again.
    pub(crate) async fn is_ready(&mut self, state: &State, call: Call) -> bool {
        self.hear(call);
        if self.others() > 0 {
            if !self.is_lost() {
                tokio::time::sleep(LOOK).await;
                return false;
            }
            return true;
        }
        // Without a pause: a commit takes no longer than some reads.
        version_of(state, &self.pool) >= self.last.version || self.since.elapsed() >= FAILED
    }

    /// Calls the next one. `before` and `after` are the state as it was read and as this turn's commit leaves it.
    pub(crate) async fn call_next(&self, store: &Store, before: &State, after: &State) {
        let moves = before.pools.get(&self.pool) != after.pools.get(&self.pool);
        let call = Call { done: self.number, version: version_of(before, &self.pool) + u64::from(moves) };
        if let Err(error) = store.call_next(&self.account, &self.pool, call).await {
            // The next one goes ahead by itself, a little later.
            let Self { account, pool, .. } = self;
            tracing::warn!(%account, %pool, %error, "the next turn could not be called");
        }
    }
}

/// The version of a rotation; 0 where nothing was ever given.
fn version_of(state: &State, pool: &PoolId) -> u64 {
    state.pools.get(pool).map_or(0, |pool| pool.version)
}
