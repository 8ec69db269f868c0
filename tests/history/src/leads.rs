//! No lead is lost, and none is decided or given twice.

use std::collections::BTreeSet;

use leadyard_domain::assignment::{Cause, Ending, Outcome, Standing};
use leadyard_domain::event::EventStatus;
use leadyard_domain::id::{AssigneeId, DeliveryId, EventId};
use leadyard_store::LeadFile;

use crate::History;

pub(crate) fn check(history: &History, accepted: &BTreeSet<EventId>, wrong: &mut Vec<String>) {
    let settled: BTreeSet<&EventId> = history.events.iter().map(|record| &record.received.event).collect();
    for event in accepted {
        if !settled.contains(event) {
            wrong.push(format!("{event} was accepted and is not settled"));
        }
    }
    let leads: BTreeSet<_> = history.leads.iter().map(|file| &file.lead.id).collect();
    for record in &history.events {
        let event = &record.received.event;
        match (&record.lead, record.status) {
            (Some(lead), _) if !leads.contains(lead) => wrong.push(format!("{event} names {lead}, which is not there")),
            (None, EventStatus::Created | EventStatus::Updated) => wrong.push(format!("{event} made no lead")),
            _ => {}
        }
    }
    for file in &history.leads {
        standing(history, file, wrong);
        decisions(file, wrong);
        holdings(file, wrong);
        deliveries(file, wrong);
    }
    for lead in &history.waiting {
        if !leads.contains(lead) && !history.leads.is_empty() {
            wrong.push(format!("{lead} has a place among those that wait, and is not there"));
        }
    }
}

/// Every lead is with somebody, waits in its place, or was left alone by a decision.
fn standing(history: &History, file: &LeadFile, wrong: &mut Vec<String>) {
    let lead = &file.lead;
    let (id, held) = (&lead.id, lead.held().count());
    let in_place = history.waiting.contains(id);
    match &lead.standing {
        Standing::Assigned { .. } if held == 0 => wrong.push(format!("{id} is assigned to nobody")),
        Standing::Assigned { .. } => {}
        _ if held > 0 => wrong.push(format!("{id} is held and does not stand as assigned")),
        Standing::Parked { .. } | Standing::Queued { .. } if !in_place => {
            wrong.push(format!("{id} waits and has no place: nothing will try it again"));
        }
        Standing::Parked { .. } | Standing::Queued { .. } => {}
        Standing::Unassigned { attempt: 0 } => wrong.push(format!("{id} was never decided")),
        Standing::Unassigned { .. } => {}
    }
    if in_place && !matches!(&lead.standing, Standing::Parked { .. } | Standing::Queued { .. }) {
        wrong.push(format!("{id} has a place among those that wait, and waits for nobody"));
    }
    if lead.owner.as_ref().is_some_and(|owner| held > 0 && !lead.held().any(|holding| holding.assignee == *owner)) {
        wrong.push(format!("{id} is owned by someone who does not hold it"));
    }
}

/// One decision an attempt, each asked for once.
fn decisions(file: &LeadFile, wrong: &mut Vec<String>) {
    let id = &file.lead.id;
    let attempts: Vec<u32> = file.assignments.iter().map(|assignment| assignment.attempt).collect();
    let expected: Vec<u32> = (1..=file.lead.standing.attempt()).collect();
    if attempts != expected {
        wrong.push(format!("{id} has decisions {attempts:?} and stands at attempt {}", file.lead.standing.attempt()));
    }
    let mut ended = BTreeSet::new();
    for assignment in &file.assignments {
        if let Cause::Ended { attempt, .. } = &assignment.cause
            && assignment.outcome != Outcome::Nothing
            && !ended.insert(*attempt)
        {
            wrong.push(format!("{id}: attempt {attempt} was followed by two decisions"));
        }
    }
}

/// Whoever holds the lead has a decision that says so, and nobody was given it twice but by a person or anew.
fn holdings(file: &LeadFile, wrong: &mut Vec<String>) {
    let id = &file.lead.id;
    let mut given: BTreeSet<&AssigneeId> = BTreeSet::new();
    for holding in &file.lead.holdings {
        let decision = file.assignments.iter().find(|assignment| assignment.attempt == holding.attempt);
        let says = decision.map(|decision| &decision.outcome);
        if !matches!(says, Some(Outcome::Assigned { assignee, .. }) if *assignee == holding.assignee) {
            wrong.push(format!(
                "{id}: {} holds it by attempt {} and no decision says so",
                holding.assignee, holding.attempt
            ));
        }
        let by_hand = decision.is_some_and(|its| matches!(its.cause, Cause::Ended { how: Ending::Reassigned, .. }));
        let anew = holding.ended.as_ref().is_some_and(|end| end.how == Ending::Superseded);
        if !anew && !given.insert(&holding.assignee) && !by_hand {
            wrong.push(format!("{id} was given to {} twice", holding.assignee));
        }
    }
    for assignment in &file.assignments {
        if matches!(assignment.outcome, Outcome::Assigned { .. }) && file.lead.holding(assignment.attempt).is_none() {
            wrong.push(format!("{id}: attempt {} gave it to somebody, and the lead does not know", assignment.attempt));
        }
    }
}

/// Each decision's deliveries are begun or to be begun, and there are no others.
fn deliveries(file: &LeadFile, wrong: &mut Vec<String>) {
    let id = &file.lead.id;
    let mut wanted: BTreeSet<DeliveryId> = BTreeSet::new();
    for assignment in &file.assignments {
        if let Outcome::Assigned { destinations, .. } = &assignment.outcome {
            wanted.extend(destinations.iter().map(|to| DeliveryId::of(id, assignment.attempt, to)));
        }
    }
    let timers = file.lead.holdings.iter().filter_map(|holding| holding.timers.as_ref());
    wanted.extend(timers.flat_map(|timers| timers.notices.iter().cloned()));
    wanted.extend(file.lead.own_deliveries.iter().map(|own| own.delivery.clone()));
    let known: BTreeSet<DeliveryId> =
        file.deliveries.iter().map(|record| record.id.clone()).chain(file.pending.iter().cloned()).collect();
    for missing in wanted.difference(&known) {
        wrong.push(format!("{missing} was decided and is nowhere"));
    }
    for extra in known.difference(&wanted) {
        wrong.push(format!("{extra} is on record and was never decided"));
    }
}
