//! Whether someone can be given a lead now, and if not, why, and when that may be over.

mod reason;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::assignment::Ending;
use crate::availability::Switch;
use crate::caps::{CapClock, Counters};
use crate::condition::Subject;
use crate::config::{Assignee, Cap};
use crate::contact::{Contact, Had};
use crate::id::{AssigneeId, DestinationId, PoolId};
use crate::rules::Rules;
use crate::working_time::Closed;

pub use reason::Ineligible;

/// How often a moment is moved on before it is called too far away: each time a reason is over and another one begins.
const MOVES_MAX: usize = 64;

/// A lead that someone is to be found for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The config.
    pub rules: &'a Rules,
    /// The lead.
    pub subject: &'a Subject<'a>,
    /// What it is worth.
    pub value: Decimal,
    /// Whom it names.
    pub contacts: &'a [Contact],
    /// Whether who had it before may get it again, for a person says so. Who has it now never does.
    pub again: bool,
    /// Now.
    pub now: Timestamp,
}

/// What is known beside the config and an assignee's counters.
pub trait Remembers {
    /// When the assignee was last given a lead of this person.
    fn had(&self, assignee: &AssigneeId, contact: &Contact) -> Option<&Had>;

    /// Whether nothing is sent to a destination until a person resumes it.
    fn is_suspended(&self, destination: &DestinationId) -> bool;
}

/// Where a candidate stands: by itself, or as a member of a pool with caps of its own.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The pool.
    pub pool: &'a PoolId,
    /// Most leads in a period from this pool.
    pub caps: &'a [Cap],
}

impl<'a> Asked<'a> {
    /// Whether the assignee can be given the lead now.
    ///
    /// # Errors
    /// The first reason why not. Caps and capacity come last: whoever has them as the only reason could take the lead
    /// otherwise.
    pub fn check(
        &self,
        assignee: &Assignee,
        place: Option<Place<'_>>,
        counters: &Counters,
        memory: &impl Remembers,
    ) -> Result<(), Ineligible> {
        self.at_work(assignee, counters, self.now)?;
        self.not_had(&assignee.id)?;
        self.takes(assignee)?;
        self.reachable(assignee, memory)?;
        if self.forgotten_at(assignee, memory).is_some_and(|forgotten| self.now < forgotten) {
            return Err(Ineligible::DuplicateForPartner { days: assignee.duplicate_days });
        }
        self.has_room(assignee, place, counters, self.now)
    }

    /// The first moment from now on at which the assignee may be able to take the lead, as far as time alone decides;
    /// `None` when no time will do.
    pub fn free_at(
        &self,
        assignee: &Assignee,
        place: Option<Place<'_>>,
        counters: &Counters,
        memory: &impl Remembers,
    ) -> Option<Timestamp> {
        let takes = self.not_had(&assignee.id).and_then(|()| self.takes(assignee));
        takes.and_then(|()| self.reachable(assignee, memory)).ok()?;
        // The person behind the lead may be forgotten in time.
        let mut at = self.forgotten_at(assignee, memory).map_or(self.now, |forgotten| forgotten.max(self.now));
        for _ in 0..MOVES_MAX {
            let reason =
                self.at_work(assignee, counters, at).and_then(|()| self.has_room(assignee, place, counters, at));
            let next = match reason {
                Ok(()) => return Some(at),
                Err(Ineligible::AbsentUntil { .. } | Ineligible::OutsideHours | Ineligible::Holiday) => {
                    self.rules.checked().working_time(assignee).next_open(at)?
                }
                Err(Ineligible::CapReached { period, .. }) => self.clock(assignee, at).end_of(period)?,
                Err(Ineligible::Inactive) => switched_off_until(counters, at)?,
                Err(_) => return None,
            };
            // A moment that does not move on would be asked for ever.
            at = if next > at { next } else { at.checked_add(SignedDuration::from_mins(1)).ok()? };
        }
        None
    }

    fn clock(&self, assignee: &'a Assignee, now: Timestamp) -> CapClock<'a> {
        self.rules.checked().cap_clock(assignee, now)
    }

    /// Switched on, and at work.
    fn at_work(&self, assignee: &Assignee, counters: &Counters, at: Timestamp) -> Result<(), Ineligible> {
        if !assignee.active {
            return Err(Ineligible::Inactive);
        }
        match counters.availability.as_ref().and_then(|said| said.switch_at(at)) {
            Some(Switch::Off) => return Err(Ineligible::Inactive),
            Some(Switch::On) => return Ok(()),
            None => {}
        }
        match self.rules.checked().working_time(assignee).closed(at) {
            None => Ok(()),
            Some(Closed::AbsentUntil(until)) => Err(Ineligible::AbsentUntil { until }),
            Some(Closed::Holiday) => Err(Ineligible::Holiday),
            Some(Closed::OutsideHours) => Err(Ineligible::OutsideHours),
        }
    }

    /// Not one who has or had the lead.
    fn not_had(&self, assignee: &AssigneeId) -> Result<(), Ineligible> {
        let holdings = self.subject.lead.holdings.iter().filter(|holding| holding.assignee == *assignee);
        let mut had = false;
        for holding in holdings {
            match holding.ended.as_ref().map(|end| end.how) {
                Some(Ending::Rejected) if !self.again => return Err(Ineligible::RejectedThisLead),
                Some(Ending::Superseded) => {}
                Some(_) => had |= !self.again,
                None => had = true,
            }
        }
        if had { Err(Ineligible::AlreadyHadThisLead) } else { Ok(()) }
    }

    /// A lead that the assignee takes.
    fn takes(&self, assignee: &Assignee) -> Result<(), Ineligible> {
        match self.rules.filter(&assignee.id).map(|filter| filter.check(self.subject)) {
            Some(Err(failed)) => Err(Ineligible::FilterMismatch { field: failed.field.to_string() }),
            None | Some(Ok(())) => Ok(()),
        }
    }

    /// Not one whose every destination is suspended: it would never learn of the lead.
    fn reachable(&self, assignee: &Assignee, memory: &impl Remembers) -> Result<(), Ineligible> {
        let destinations = self.rules.checked().enabled_destinations(assignee);
        let lost = !destinations.is_empty() && destinations.iter().all(|destination| memory.is_suspended(destination));
        if lost { Err(Ineligible::DestinationSuspended) } else { Ok(()) }
    }

    /// From when on the assignee takes another lead of somebody of whom it was given one; `None` when it was given none.
    fn forgotten_at(&self, assignee: &Assignee, memory: &impl Remembers) -> Option<Timestamp> {
        if assignee.duplicate_days == 0 {
            return None;
        }
        let days = SignedDuration::from_hours(24 * i64::from(assignee.duplicate_days));
        let earlier = self.contacts.iter().filter_map(|contact| memory.had(&assignee.id, contact));
        let others = earlier.filter(|had| had.lead != self.subject.lead.id);
        others.map(|had| had.at.checked_add(days).unwrap_or(Timestamp::MAX)).max()
    }

    /// Below every cap and the capacity.
    fn has_room(
        &self,
        assignee: &Assignee,
        place: Option<Place<'_>>,
        counters: &Counters,
        at: Timestamp,
    ) -> Result<(), Ineligible> {
        let clock = self.clock(assignee, at);
        let own = counters.reached(&assignee.caps, None, clock);
        let reached = own.or_else(|| place.and_then(|place| counters.reached(place.caps, Some(place.pool), clock)));
        if let Some(Cap { period, limit }) = reached {
            return Err(Ineligible::CapReached { period, limit });
        }
        match &assignee.capacity {
            Some(capacity) if counters.open.exceeds(capacity, self.value) => {
                let by_value = capacity.leads.is_none_or(|most| counters.open.leads < most);
                Err(Ineligible::AtCapacity { leads: counters.open.leads, by_value })
            }
            _ => Ok(()),
        }
    }
}

/// When a switch that is off by hand goes on again by itself.
fn switched_off_until(counters: &Counters, at: Timestamp) -> Option<Timestamp> {
    let said = counters.availability.as_ref().filter(|said| said.switch_at(at) == Some(Switch::Off))?;
    said.until
}

#[cfg(test)]
mod tests;
