//! Putting decisions onto a lead: who has it now, who had it, what is open, what waits; and taking it back.
//!
//! What was moved when a lead was given is moved back here when it comes back, from what is on record and never from what
//! the config says today.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::assignment::{Assignment, Cause, End, Ending, Holding, Outcome, PoolPick, Refund, Standing};
use crate::config::Checked;
use crate::decision::{Decision, State};
use crate::id::{AssigneeId, DeliveryId, ProfileId};
use crate::lead::Lead;

/// The field that says where a lead stands with whoever has it.
pub const STAGE: &str = "stage";

/// Records decisions about a lead, the next attempts one after another, and puts them onto it. Where several rules decided,
/// it is assigned when one of them gave it to somebody, and waits only when none did and nobody has it. The first of those
/// who have it owns it: a later one does not take it from an owner who still has it.
pub fn settle(
    lead: &mut Lead,
    decisions: Vec<Decision>,
    profile: Option<&ProfileId>,
    cause: &Cause,
    (config, version): (&Checked, u64),
    now: Timestamp,
) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    let mut owner =
        lead.held().map(|holding| &holding.assignee).find(|held| lead.owner.as_ref() == Some(held)).cloned();
    let mut waits = None;
    let first = lead.standing.attempt() + 1;
    let mut deliveries = Vec::new();
    for (attempt, Decision { rule, outcome, trace, timers, .. }) in (first..).zip(decisions) {
        match &outcome {
            Outcome::Assigned { assignee, picks, destinations, .. } => {
                owner.get_or_insert_with(|| assignee.clone());
                deliveries.extend(destinations.iter().map(|to| DeliveryId::of(&lead.id, attempt, to)));
                lead.holdings.push(Holding {
                    attempt,
                    rule: rule.clone(),
                    assignee: assignee.clone(),
                    pool: picks.last().map(|pick| pick.pool.clone()),
                    since: now,
                    value: config.value_of(lead),
                    open: !config.is_closed(lead),
                    timers,
                    contacted_at: None,
                    ended: None,
                });
            }
            Outcome::Parked { .. } | Outcome::Queued { .. } => {
                waits.get_or_insert_with(|| outcome.clone());
            }
            Outcome::Nothing => {}
        }
        assignments.push(Assignment {
            lead: lead.id.clone(),
            attempt,
            cause: cause.clone(),
            config_version: version,
            profile: profile.cloned(),
            rule,
            outcome,
            decided_at: now,
            trace,
        });
    }
    let Some(attempt) = assignments.last().map(|last| last.attempt) else { return assignments };
    if let Some(owner) = owner {
        lead.owner = Some(owner);
    }
    if lead.held().next().is_some() {
        lead.first_assigned_at.get_or_insert(now);
    }
    stand(lead, attempt, deliveries, waits.as_ref(), now);
    assignments
}

/// Where the lead stands after an attempt, with the deliveries that it asked for and where it is to wait.
fn stand(lead: &mut Lead, attempt: u32, mut deliveries: Vec<DeliveryId>, waits: Option<&Outcome>, now: Timestamp) {
    let held: Vec<u32> = lead.held().map(|holding| holding.attempt).collect();
    if let Some(&last) = held.last() {
        // Who had it before goes on having it, with what was asked for then.
        if let Standing::Assigned { deliveries: earlier, .. } = &lead.standing {
            let goes_on = |delivery: &&DeliveryId| delivery.attempt().is_none_or(|attempt| held.contains(&attempt));
            let kept = earlier.iter().filter(goes_on);
            deliveries.splice(0..0, kept.cloned().collect::<Vec<_>>());
        }
        let since = lead.holding(last).map_or(now, |holding| holding.since);
        lead.standing = Standing::Assigned { attempt, deliveries, at: since };
        return;
    }
    // Whoever waited before keeps the place.
    let waited_since = match &lead.standing {
        Standing::Parked { since, .. } | Standing::Queued { since, .. } => *since,
        Standing::Unassigned { .. } | Standing::Assigned { .. } => now,
    };
    lead.standing = match waits {
        Some(Outcome::Parked { line, reason, group, until }) => Standing::Parked {
            attempt,
            reason: reason.clone(),
            line: line.clone(),
            since: waited_since,
            group: group.clone(),
            until: *until,
        },
        Some(Outcome::Queued { queue }) => Standing::Queued { attempt, queue: queue.clone(), since: waited_since },
        _ => Standing::Unassigned { attempt },
    };
}

/// Ends what an attempt had given to somebody: credits and caps are given back where the ending says so, and the lead is no
/// longer open with them. `picks` are what the attempt's decision has on record. Whoever else has the lead keeps it; an
/// owner who has it no more is its owner no more.
///
/// Nothing happens when the attempt gave the lead to nobody, or has ended.
pub fn end(lead: &mut Lead, attempt: u32, end: End, picks: &[PoolPick], config: &Checked, state: &mut State) -> bool {
    let Some(holding) = lead.holdings.iter_mut().find(|holding| holding.attempt == attempt && holding.ended.is_none())
    else {
        return false;
    };
    let End { how, at, reason, by, .. } = end;
    let mut refunds = Vec::new();
    let counters = state.counters_mut(&holding.assignee);
    if holding.open {
        counters.open.take(holding.value);
        holding.open = false;
    }
    if how.refunds() {
        let clock = match config.assignee(&holding.assignee) {
            Some(assignee) => config.cap_clock(assignee, at),
            // It has left the config: its periods are those of the account.
            None => config.account_clock(at),
        };
        counters.take_back(holding.pool.as_ref(), holding.since, clock);
        let today = config.today(at);
        for PoolPick { pool, pick } in picks {
            refunds.push(Refund { pool: pool.clone(), turn: state.pool_mut(pool).refund(pick, today) });
        }
    }
    let assignee = holding.assignee.clone();
    holding.ended = Some(End { how, at, reason, by, refunds });
    if lead.owner.as_ref() == Some(&assignee) {
        let next = lead.held().next().map(|holding| holding.assignee.clone());
        lead.owner = next;
    }
    true
}

/// Brings what is open in line with the lead's stage: a lead that was closed takes nothing of a capacity, one that was
/// opened again does. Returns whether a capacity has become free.
pub fn follow_stage(lead: &mut Lead, config: &Checked, state: &mut State) -> bool {
    let open = !config.is_closed(lead);
    let mut freed = false;
    for holding in lead.holdings.iter_mut().filter(|holding| holding.ended.is_none() && holding.open != open) {
        let counters = state.counters_mut(&holding.assignee);
        if open {
            counters.open.add(holding.value);
        } else {
            counters.open.take(holding.value);
            freed = true;
        }
        holding.open = open;
    }
    freed
}

/// Ends everything that somebody has, to decide the lead anew.
pub fn supersede(lead: &mut Lead, config: &Checked, state: &mut State, now: Timestamp) {
    let held: Vec<u32> = lead.held().map(|holding| holding.attempt).collect();
    for attempt in held {
        let how = End { how: Ending::Superseded, at: now, reason: None, by: None, refunds: Vec::new() };
        let owner = lead.owner.clone();
        end(lead, attempt, how, &[], config, state);
        // Whoever had it is still asked first where a rule says so.
        lead.owner = owner;
    }
}

/// Those whose counters [`follow_stage`] would move.
#[must_use]
pub fn out_of_step(lead: &Lead, config: &Checked) -> Vec<AssigneeId> {
    let open = !config.is_closed(lead);
    lead.held().filter(|holding| holding.open != open).map(|holding| holding.assignee.clone()).collect()
}

/// A lead that was closed waits for nobody. Returns whether it waited.
pub fn leave_line(lead: &mut Lead, config: &Checked) -> bool {
    let attempt = match &lead.standing {
        Standing::Parked { attempt, .. } | Standing::Queued { attempt, .. } => *attempt,
        Standing::Unassigned { .. } | Standing::Assigned { .. } => return false,
    };
    let closed = config.is_closed(lead);
    if closed {
        lead.standing = Standing::Unassigned { attempt };
    }
    closed
}

/// Where a lead stands when somebody ceased to have it and nobody is asked to take it.
pub fn rest(lead: &mut Lead) {
    let attempt = lead.standing.attempt();
    // The moment is of no account: whoever has it has had it since before, and who waits begins nowhere here.
    stand(lead, attempt, Vec::new(), None, Timestamp::UNIX_EPOCH);
}

/// How far the clocks of two machines may be apart.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Records that the lead was contacted: no timer of those who had it then is due after that. Returns whether that is new.
pub fn contact(lead: &mut Lead, at: Timestamp) -> bool {
    let mut new = lead.first_contact_at.is_none();
    lead.first_contact_at.get_or_insert(at);
    // A late word of a contact says nothing of whoever got the lead since.
    let latest = at.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX);
    let open = |holding: &&mut Holding| holding.ended.is_none() && holding.contacted_at.is_none();
    for holding in lead.holdings.iter_mut().filter(open).filter(|holding| holding.since <= latest) {
        holding.contacted_at = Some(at);
        new = true;
    }
    new
}

impl Checked {
    /// Today in the account's zone.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.config().account.timezone.time_zone().clone()).date()
    }
}

#[cfg(test)]
mod tests;
