//! From events and what is known of them to what shall be stored. Pure.
//!
//! Three steps, between which a round reads: [`capture`] makes drafts and the keys to look up, [`apply`] meets them with
//! the leads that were found and says whose state the decisions need, [`decide`] decides on that state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leadyard_domain::assignment::{Assignment, Outcome, Standing};
use leadyard_domain::condition::Subject;
use leadyard_domain::config::{Checked, SearchKey};
use leadyard_domain::decision::{self, Needs, Route, State};
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Received};
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{DeliveryId, Entity, EventId, LeadId};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::lead::Lead;
use leadyard_domain::rules::Rules;
use leadyard_sources::{Applied, Draft};
use leadyard_store::{LeadWrite, Settled};

/// What capture made of an event.
#[derive(Debug, Clone)]
pub enum Captured {
    /// What the event says of a lead, and every key of it that any source of the entity searches by: the lead gets all
    /// of them, so that it is one lead whichever source meets it next.
    Draft(Box<Draft>, Vec<UniqueKey>),
    /// Why it says nothing, in words for a person; never a value.
    Failed(String),
}

impl Captured {
    /// The keys to look up.
    pub fn keys(&self) -> &[UniqueKey] {
        match self {
            Self::Draft(_, keys) => keys,
            Self::Failed(_) => &[],
        }
    }
}

/// Captures an event by its source's mapping as it is today.
pub fn capture(config: &Checked, received: &Received) -> Captured {
    let Some(source) = config.source(&received.source) else {
        return Captured::Failed(format!(
            "the source '{}' is not in the config any more: put it back and retry",
            received.source
        ));
    };
    let zone = config.config().account.timezone.time_zone();
    match leadyard_sources::capture(source, config.fields(), zone, received) {
        Ok(draft) => {
            let keys = keys_of(config, &source.entity, &draft.fields);
            Captured::Draft(Box::new(draft), keys)
        }
        Err(error) => Captured::Failed(error.to_string()),
    }
}

/// Every key of a lead's fields that any source of the entity searches by.
fn keys_of(config: &Checked, entity: &Entity, fields: &BTreeMap<FieldName, FieldValue>) -> Vec<UniqueKey> {
    let sources = config.config().sources.iter().filter(|source| source.entity == *entity);
    let searched: BTreeSet<&SearchKey> = sources.flat_map(|source| &source.search_by).collect();
    searched.into_iter().filter_map(|key| UniqueKey::of(entity, key, fields)).collect()
}

/// What is known of the events' leads.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// By key.
    pub keys: BTreeMap<UniqueKey, LeadId>,
    /// By id: those that the keys lead to.
    pub leads: BTreeMap<LeadId, Lead>,
}

impl Known {
    /// The lead that a draft meets: by the primary key, else by the secondary, else the one that the very event made when
    /// it came before.
    fn met(&self, draft: &Draft, event: &EventId) -> Option<&Lead> {
        let by_key = draft.keys.iter().find_map(|key| self.keys.get(key)).and_then(|id| self.leads.get(id));
        by_key.or_else(|| self.leads.get(&LeadId::from_event(event)))
    }
}

/// An event that is ready to be decided.
#[derive(Debug, Clone)]
pub struct Prepared<'a> {
    /// What will stand in the log.
    record: EventRecord,
    /// The lead as capture leaves it, with the keys to claim and where it stood before.
    lead: Option<(Lead, Vec<UniqueKey>, Option<Standing>)>,
    /// The rule that decides it, where a decision is wanted.
    route: Option<Route<'a>>,
    /// The body by whose hash a repeat will be told, where the lead has no key for that.
    seen: Option<String>,
}

impl Prepared<'_> {
    /// Whose state the decision may touch.
    pub fn needs(&self, config: &Checked) -> Needs {
        self.route.as_ref().map(|route| route.needs(config)).unwrap_or_default()
    }
}

/// What the events of one round touch. Of two events that meet in a lead, the later one waits for the next round, in
/// which it finds what the earlier one left.
#[derive(Debug, Default)]
pub struct Touched {
    leads: BTreeSet<LeadId>,
    keys: BTreeSet<UniqueKey>,
    bodies: BTreeSet<String>,
}

impl Touched {
    /// Whether nothing of this was touched before; it is from now on.
    fn claim(&mut self, lead: Option<&LeadId>, keys: &[UniqueKey], seen: Option<&String>) -> bool {
        let free = lead.is_none_or(|lead| !self.leads.contains(lead))
            && keys.iter().all(|key| !self.keys.contains(key))
            && seen.is_none_or(|body| !self.bodies.contains(body));
        if free {
            self.leads.extend(lead.cloned());
            self.keys.extend(keys.iter().cloned());
            self.bodies.extend(seen.cloned());
        }
        free
    }
}

/// Meets a captured event with the lead that it finds. `None` when it has to wait for an earlier event of the round.
///
/// `repeat` is set when the same body is known to have come shortly before.
pub fn apply<'a>(
    rules: &'a Rules,
    received: &Received,
    captured: &Captured,
    repeat: bool,
    known: &Known,
    touched: &mut Touched,
    now: Timestamp,
) -> Option<Prepared<'a>> {
    let settled = |status, reason: Option<String>, lead| EventRecord {
        received: received.clone(),
        status,
        reason,
        lead,
        settled_at: now,
    };
    let only_log = |record| Some(Prepared { record, lead: None, route: None, seen: None });
    let (draft, looked_up) = match captured {
        Captured::Draft(draft, keys) => (draft, keys),
        Captured::Failed(reason) => return only_log(settled(EventStatus::Failed, Some(reason.clone()), None)),
    };
    if repeat {
        let reason = "the same event came shortly before".to_owned();
        return only_log(settled(EventStatus::Duplicate, Some(reason), None));
    }
    let config = rules.checked();
    // Capture has found the source.
    let source = config.source(&received.source)?;
    let met = known.met(draft, &received.event);
    let applied = match leadyard_sources::apply((**draft).clone(), met, source, received, now) {
        Ok(applied) => applied,
        Err(error) => return only_log(settled(EventStatus::Failed, Some(error.to_string()), None)),
    };
    let record = settled(applied.status(), applied.reason().map(str::to_owned), applied.lead_id().cloned());
    let seen = match (&applied, &received.identity) {
        (Applied::Created(_), Identity::Body(hash)) if draft.keys.is_empty() => Some(hash.clone()),
        _ => None,
    };
    if !touched.claim(applied.lead_id(), looked_up, seen.as_ref()) {
        return None;
    }
    let Some(lead) = applied.lead() else { return only_log(record) };
    let wants_decision = match &applied {
        Applied::Created(_) => true,
        // Someone who has the lead keeps it; a lead that waits or was left alone may now meet another rule.
        Applied::Updated(lead) => lead.owner.is_none() && !matches!(lead.standing, Standing::Assigned { .. }),
        _ => false,
    };
    let route = wants_decision.then(|| {
        let zone = config.config().account.timezone.time_zone();
        let is_new = matches!(applied, Applied::Created(_));
        let received_at = received.received_at;
        decision::route(rules, &Subject { lead, source: &received.source, is_new, received_at, zone })
    });
    // Only keys that were looked up and found free: one that belongs to another lead stays with it.
    let keys = keys_of(config, &source.entity, &lead.fields);
    let keys = keys.into_iter().filter(|key| looked_up.contains(key) && !known.keys.contains_key(key)).collect();
    let before = met.map(|lead| lead.standing.clone());
    Some(Prepared { record, lead: Some((lead.clone(), keys, before)), route, seen })
}

/// Decides the prepared events one after another on one state, which moves with each.
pub fn decide(
    config: &Checked,
    config_version: u64,
    prepared: &[Prepared<'_>],
    state: &mut State,
    now: Timestamp,
) -> Vec<Settled> {
    prepared.iter().map(|prepared| decide_one(config, config_version, prepared.clone(), state, now)).collect()
}

fn decide_one(
    config: &Checked,
    config_version: u64,
    prepared: Prepared<'_>,
    state: &mut State,
    now: Timestamp,
) -> Settled {
    let Prepared { record, lead, route, seen } = prepared;
    let Some((mut lead, keys, previous)) = lead else {
        return Settled { record, lead: None, assignments: Vec::new(), seen };
    };
    let assignments = route.map(|route| {
        let decisions = decision::decide(config, &route, state, now);
        let assignments = (lead.standing.attempt() + 1..).zip(decisions).map(|(attempt, decision)| Assignment {
            lead: lead.id.clone(),
            attempt,
            event: record.received.event.clone(),
            config_version,
            profile: route.profile().cloned(),
            rule: decision.rule,
            outcome: decision.outcome,
            decided_at: now,
            trace: decision.trace,
        });
        assignments.collect::<Vec<_>>()
    });
    let assignments = assignments.unwrap_or_default();
    if let Some(last) = assignments.last() {
        stand(&mut lead, last.attempt, &assignments, now);
    }
    Settled { record, lead: Some(LeadWrite { lead, previous, keys }), assignments, seen }
}

/// Puts what was decided onto the lead. Where several rules decided, it is assigned when one of them gave it to somebody,
/// the first of whom owns it, and waits only when none did.
fn stand(lead: &mut Lead, attempt: u32, assignments: &[Assignment], now: Timestamp) {
    let mut owner = None;
    let mut deliveries = Vec::new();
    let mut waits = None;
    for assignment in assignments {
        match &assignment.outcome {
            Outcome::Assigned { assignee, destinations, .. } => {
                owner.get_or_insert(assignee);
                let of = |to| DeliveryId::of(&lead.id, assignment.attempt, to);
                deliveries.extend(destinations.iter().map(of));
            }
            Outcome::Parked { line, reason } => {
                waits.get_or_insert((line, reason));
            }
            Outcome::Nothing => {}
        }
    }
    lead.standing = match (owner, waits) {
        (Some(owner), _) => {
            lead.owner = Some(owner.clone());
            Standing::Assigned { attempt, deliveries, at: now }
        }
        (None, Some((line, reason))) => {
            // Whoever waited before keeps the place in the same line.
            let since = match &lead.standing {
                Standing::Parked { line: before, since, .. } if before == line => *since,
                _ => now,
            };
            Standing::Parked { attempt, reason: reason.clone(), line: line.clone(), since }
        }
        (None, None) => Standing::Unassigned { attempt },
    };
}

#[cfg(test)]
mod tests;
