//! What stands before a try: how the destination does, and how much it takes. Whoever has to wait waits without spending a
//! try.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::Destination;
use leadyard_domain::delivery::health::{Admission, Health, Sign};
use leadyard_domain::id::{AccountId, DestinationId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_runtime::Metrics;
use leadyard_store::{Entered, HealthCache, Place, Store, StoreError};

/// A slot that is so near is now, in milliseconds: a message that is held back for less costs more than it spares.
const NEAR_MS: i64 = 1_000;
/// A place in the line that was missed by so long is none any more.
const MISSED: SignedDuration = SignedDuration::from_secs(60);
/// How long somebody waits for a place at a destination that is full, in seconds: at least, and how much more at most.
const FULL_S: u32 = 2;
const FULL_MORE_S: u64 = 3;
/// A place is given back by itself after this: the lease of a try, and then some.
const PLACE: Duration = Duration::from_secs(60);

/// For so long a process does not wait for a destination again that it has waited for in vain: a message that hangs holds up
/// all that came with it.
const HUNG: SignedDuration = SignedDuration::from_secs(60);
/// How long a message waits meanwhile, in seconds: at least, and how much more at most.
const HUNG_S: (u32, u64) = (15, 45);

/// Who may go.
pub(crate) struct Gate {
    store: Store,
    health: HealthCache,
    /// The destinations for which this process has waited in vain, and until when it does not again.
    hung: Mutex<HashMap<(AccountId, DestinationId), Timestamp>>,
    metrics: Metrics,
}

/// Whether a delivery may go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// It goes. The place is to be given back.
    Go(Option<Place>),
    /// It comes again with this message, in so many seconds.
    Later(DeliveryMessage, u32),
    /// It is given up: nothing is sent there until a person resumes it.
    Suspended(String),
}

impl Gate {
    pub(crate) fn new(store: Store, metrics: Metrics) -> Self {
        Self { health: HealthCache::new(store.clone()), store, hung: Mutex::default(), metrics }
    }

    /// Whether a delivery may go now.
    pub(crate) async fn admit(
        &self,
        destination: &Destination,
        message: &DeliveryMessage,
        now: Timestamp,
    ) -> Result<Pass, StoreError> {
        let DeliveryMessage { account, delivery, number, slot } = message;
        // A place that was missed by long, while the destination did not answer, say, is none: else all would go at once. Where
        // there is no limit any more nobody waits for one.
        let long_ago = now.checked_sub(MISSED).unwrap_or(Timestamp::MIN);
        let slot = slot.filter(|slot| destination.limits.per_minute.is_some() && *slot >= long_ago);
        // Whoever has a place in the line has been let through before; its time is all it waits for.
        if let Some(wait_s) = slot.and_then(|slot| wait_s(slot, now)) {
            return Ok(Pass::Later(message.clone(), wait_s));
        }
        // Further tries come by their own schedule, and there are no more of them than first ones were let through.
        if *number == 1 && self.is_hung(account, &destination.id, now) {
            return Ok(Pass::Later(message.clone(), HUNG_S.0 + jitter_s(message, now, HUNG_S.1)));
        }
        let known = self.health.get(account, &destination.id, now).await?;
        match known.health.admit(delivery, now) {
            Admission::Go => {}
            Admission::Wait(wait_s) => return Ok(Pass::Later(message.clone(), wait_s)),
            Admission::Suspended => {
                let suspended = known.health.suspended.map(|its| format!("{} (since {})", its.reason, its.since));
                return Ok(Pass::Suspended(suspended.unwrap_or_default()));
            }
            Admission::Probe => {
                if !self.store.take_probe(account, &destination.id, &known, now).await? {
                    let Admission::Wait(wait_s) = known.health.probing(now).admit(delivery, now) else {
                        return Ok(Pass::Later(message.clone(), FULL_S));
                    };
                    return Ok(Pass::Later(message.clone(), wait_s));
                }
            }
        }
        let slot = match (destination.limits.per_minute, slot) {
            (Some(per_minute), None) => {
                let slot = self.store.take_slot(account, &destination.id, per_minute, now).await?;
                if let Some(wait_s) = wait_s(slot, now) {
                    return Ok(Pass::Later(DeliveryMessage { slot: Some(slot), ..message.clone() }, wait_s));
                }
                Some(slot)
            }
            (_, slot) => slot,
        };
        let Some(at_once) = destination.limits.at_once else { return Ok(Pass::Go(None)) };
        let until = now.saturating_add(PLACE).unwrap_or(Timestamp::MAX);
        Ok(match self.store.enter_destination(account, delivery, at_once, until, now).await? {
            Entered::Yes(place) => Pass::Go(Some(place)),
            Entered::Full => {
                // With its place in the line: whoever took another one each time would leave the line to nobody.
                let wait_s = FULL_S + jitter_s(message, now, FULL_MORE_S);
                Pass::Later(DeliveryMessage { slot, ..message.clone() }, wait_s)
            }
        })
    }

    /// Whether this process has waited in vain for a destination, a short while ago. When the while is over one goes, and
    /// the others wait for what comes of it.
    fn is_hung(&self, account: &AccountId, destination: &DestinationId, now: Timestamp) -> bool {
        let mut hung = self.hung.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = hung.get_mut(&(account.clone(), destination.clone())) else { return false };
        if *until <= now {
            *until = now.saturating_add(HUNG).unwrap_or(Timestamp::MAX);
            return false;
        }
        true
    }

    /// Notes whether a destination has let this process wait in vain.
    pub(crate) fn note_wait(&self, message: &DeliveryMessage, timed_out: bool, now: Timestamp) {
        let mut hung = self.hung.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (message.account.clone(), message.delivery.destination());
        if timed_out {
            hung.insert(key, now.saturating_add(HUNG).unwrap_or(Timestamp::MAX));
        } else {
            hung.remove(&key);
        }
    }

    /// Gives a place back. One that is not is free again by itself, a little later.
    pub(crate) async fn leave(&self, place: Place) {
        if let Err(error) = self.store.leave_destination(&place).await {
            tracing::warn!(%error, "a place at a destination could not be given back: it is free again in a minute");
        }
    }

    /// Notes what a try says of its destination. The outcome of the try is on record: what is lost here, the next try says
    /// again. Answers since when the destination is suspended, when it is since this try.
    pub(crate) async fn note(
        &self,
        destination: &Destination,
        message: &DeliveryMessage,
        (sign, code, reason): (Sign, Option<&str>, &str),
        now: Timestamp,
    ) -> Option<Timestamp> {
        let (account, id) = (&message.account, &destination.id);
        let before = match self.health.get(account, id, now).await {
            // Nothing changes: most destinations are well most of the time, and that costs no write.
            Ok(known) if sign == Sign::Alive && known.health.is_well() => return None,
            Ok(known) => known.health,
            Err(_) => Health::default(),
        };
        let mut suspended = None;
        match self.store.note_sign(account, id, sign, reason, now).await {
            Ok(after) if after.suspended.is_some() && before.suspended.is_none() => {
                suspended = after.suspended.map(|its| its.since);
                self.metrics.count("DestinationsSuspended", 1);
                tracing::error!(%account, destination = %id, code, "destination is suspended: nothing is sent to it until it is resumed");
            }
            Ok(after) if after.open_since.is_some() && before.open_since.is_none() => {
                self.metrics.count("DestinationsOpened", 1);
                tracing::warn!(%account, destination = %id, code, "destination does not answer: its deliveries wait");
            }
            Ok(after) if after.is_well() && before.open_since.is_some() => {
                tracing::info!(%account, destination = %id, "destination answers again");
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%account, destination = %id, %error, "how a destination does could not be noted")
            }
        }
        suspended
    }
}

/// A part of so many seconds, another one for each message and moment.
fn jitter_s(message: &DeliveryMessage, now: Timestamp, most_s: u64) -> u32 {
    let mut hasher = DefaultHasher::new();
    (&message.delivery, message.number, now).hash(&mut hasher);
    u32::try_from(hasher.finish() % (most_s + 1)).unwrap_or_default()
}

/// How long it is until a slot, in whole seconds; `None` when it is here, or so near that it may go.
fn wait_s(slot: Timestamp, now: Timestamp) -> Option<u32> {
    let wait_ms = slot.as_millisecond() - now.as_millisecond();
    (wait_ms > NEAR_MS).then(|| u32::try_from(wait_ms / 1_000).unwrap_or(u32::MAX))
}
