//! Waiting for one's turn at a pool that others write to as well.
//!
//! Alone, a writer just writes. Who loses a race for a pool takes a number from then on, for a while, as long as there are
//! others ([`Store::take_ticket`]). So many writers cost each lead next to no decision in vain, and one writer costs nothing
//! more than before.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use leadyard_domain::id::{AccountId, PoolId};
use leadyard_store::{Store, StoreError};
use tokio::time::Instant;

/// How long after the last meeting with others a pool is still taken for contended.
const CONTENDED: Duration = Duration::from_secs(3);

/// What a turn takes, as a first guess; between looks one waits about as long as those before take.
const TURN: Duration = Duration::from_millis(8);
/// The longest wait between two looks.
const LOOK_MAX: Duration = Duration::from_millis(150);
/// A lane in which nobody is served for so long has lost the one whose turn it was: one goes ahead.
const LOST: Duration = Duration::from_millis(1_500);

/// The pools at which this process has lately met others.
#[derive(Debug, Default)]
pub struct Lanes(Mutex<HashMap<(AccountId, PoolId), Instant>>);

/// A turn at a pool: until it is over the others wait.
#[derive(Debug)]
pub(crate) struct Turn {
    account: AccountId,
    pool: PoolId,
    ticket: u64,
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

    /// Waits for one's turn at these pools; `None` at once when nobody else was met there lately. A lane that can't be
    /// reached is done without: it only spares work.
    pub(crate) async fn enter(&self, store: &Store, account: &AccountId, pools: &BTreeSet<PoolId>) -> Option<Turn> {
        let pool = self.contended(account, pools)?;
        match wait(store, account, &pool).await {
            Ok((ticket, waited)) => {
                if waited {
                    self.met(account, [&pool].into_iter());
                }
                Some(Turn { account: account.clone(), pool, ticket })
            }
            Err(error) => {
                tracing::warn!(%account, %pool, %error, "no turn could be taken: it goes on without");
                None
            }
        }
    }
}

/// Takes a number and waits until it is called. Says whether there were others.
async fn wait(store: &Store, account: &AccountId, pool: &PoolId) -> Result<(u64, bool), StoreError> {
    let ticket = store.take_ticket(account, pool).await?;
    let (mut served, mut since) = (ticket.served, Instant::now());
    let mut turn = TURN;
    let waited = served + 1 < ticket.number;
    while served + 1 < ticket.number && since.elapsed() < LOST {
        let ahead = u32::try_from(ticket.number - 1 - served).unwrap_or(u32::MAX);
        tokio::time::sleep(turn.saturating_mul(ahead).min(LOOK_MAX)).await;
        let now_served = store.last_served(account, pool).await?;
        if now_served > served {
            // What those before have taken each is what the others will take, with a little for looking.
            let each = since.elapsed() / u32::try_from(now_served - served).unwrap_or(u32::MAX);
            turn = (turn + each) / 2;
            (served, since) = (now_served, Instant::now());
        }
    }
    Ok((ticket.number, waited))
}

impl Turn {
    /// Lets the next one go.
    pub(crate) async fn leave(self, store: &Store) {
        if let Err(error) = store.serve_ticket(&self.account, &self.pool, self.ticket).await {
            // The next one goes ahead by itself, a little later.
            tracing::warn!(account = %self.account, pool = %self.pool, %error, "the next turn could not be called");
        }
    }
}
