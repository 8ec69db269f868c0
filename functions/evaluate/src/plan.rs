//! From events and what is known of them to what shall be stored. Pure.
//!
//! Three steps, between which a round reads: [`capture`] makes drafts and the keys to look up, [`apply`] meets them with
//! the leads that were found and says whose state the decisions need, [`decide`] decides on that state.

mod sync;

use std::collections::BTreeSet;

use jiff::Timestamp;
use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::{Cause, Standing};
use leadyard_domain::condition::Subject;
use leadyard_domain::config::{Checked, DuplicateScope, Redistribute, Source};
use leadyard_domain::decision::{self, Case, Needs, Route, State};
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Received};
use leadyard_domain::field::FieldName;
use leadyard_domain::handover;
use leadyard_domain::id::{DeliveryId, DestinationId, LeadId, SourceId};
use leadyard_domain::import::is_row;
use leadyard_domain::key::{Claim, UniqueKey};
use leadyard_domain::lead::Lead;
use leadyard_domain::rules::Rules;
use leadyard_domain::sync::PushKind;
use leadyard_sources::capture::{Known, possible_keys};
use leadyard_sources::{Applied, Draft, capture_event};
use leadyard_store::{LeadWrite, Settled};

use sync::{Untaken, take_activity, tell_others};

/// What capture made of an event.
#[derive(Debug, Clone)]
pub enum Captured {
    /// What the event says of a lead, and every key of it that any source of the entity searches by: the lead gets all
    /// of them, so that it is one lead whichever source meets it next.
    Draft(Box<Draft>, Vec<UniqueKey>),
    /// Why it says nothing, in words for a person; never a value.
    Failed(String),
    /// Why it only stands in the log.
    Logged(String),
}

impl Captured {
    /// The keys to look up.
    pub fn keys(&self) -> &[UniqueKey] {
        match self {
            Self::Draft(_, keys) => keys,
            Self::Failed(_) | Self::Logged(_) => &[],
        }
    }

    /// The lead to look up, where the sender knows it.
    pub fn known_as(&self) -> Option<LeadId> {
        match self {
            Self::Draft(draft, _) => draft.push.as_ref()?.known_as(),
            Self::Failed(_) | Self::Logged(_) => None,
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
    match &received.intent {
        Intent::Sync(head) if head.kind == PushKind::Deleted => {
            return Captured::Failed("its lead was not erased".to_owned());
        }
        Intent::Capture | Intent::Sync(_) => {}
        Intent::Log { reason } => return Captured::Logged(reason.clone()),
        Intent::Fail { reason } => return Captured::Failed(reason.clone()),
        Intent::Fetch => return Captured::Failed("its answers were not fetched from the platform".to_owned()),
        Intent::Erase { .. } => return Captured::Failed("its lead was not erased".to_owned()),
    }
    match capture_event(config, source, received) {
        Ok(draft) => {
            let mut keys = possible_keys(config, &source.entity, &draft.fields);
            keys.extend(draft.push.iter().flat_map(|push| push.links(&source.entity)));
            let keys = keys.into_iter().collect();
            Captured::Draft(Box::new(draft), keys)
        }
        Err(error) => Captured::Failed(error.to_string()),
    }
}

/// An event that is ready to be decided.
#[derive(Debug, Clone)]
pub struct Prepared<'a> {
    /// What will stand in the log.
    record: EventRecord,
    /// The lead that it made or changed.
    change: Option<Change<'a>>,
    /// The body by whose hash a repeat will be told, where the lead has no key for that.
    seen: Option<String>,
}

/// A lead as capture leaves it.
#[derive(Debug, Clone)]
struct Change<'a> {
    lead: Lead,
    /// As it was before; `None` for a new one, and where nobody has to know.
    before: Option<Lead>,
    /// What happened to it, to be stored with it.
    activity: Option<Activity>,
    /// The keys to claim.
    keys: Vec<Claim>,
    /// Where it stood before.
    previous: Option<Standing>,
    /// The rules that decide it, where a decision is wanted.
    route: Option<Route<'a>>,
    /// Whether the event made it.
    is_new: bool,
    /// Whether somebody has it who is done with it if the decision gives it to someone.
    anew: bool,
}

impl Prepared<'_> {
    /// The same, of an event that was tried again so often after it had failed.
    pub fn tried_again(mut self, retries: u32) -> Self {
        self.record.retries = retries;
        self
    }

    /// Whose state the decision may touch.
    pub fn needs(&self, config: &Checked) -> Needs {
        let mut needs = Needs::default();
        let Some(change) = &self.change else { return needs };
        if let Some(route) = &change.route {
            needs.extend(route.needs(config, &change.lead));
        }
        needs.assignees.extend(handover::out_of_step(&change.lead, config));
        if change.anew {
            needs.assignees.extend(change.lead.held().map(|holding| holding.assignee.clone()));
        }
        needs
    }
}

/// What an event came to.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What is to be written.
    pub settled: Settled,
    /// Whether somebody can take another lead now.
    pub freed: bool,
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
    let behaviour = rules.checked().source(&received.source).map(|source| source.behaviour);
    let settled = |status, reason: Option<String>, lead| EventRecord {
        received: received.clone(),
        status,
        reason,
        lead,
        settled_at: now,
        behaviour,
        retries: 0,
    };
    let only_log = |record| Some(Prepared { record, change: None, seen: None });
    let (draft, looked_up) = match captured {
        Captured::Draft(draft, keys) => (draft, keys),
        Captured::Failed(reason) => return only_log(settled(EventStatus::Failed, Some(reason.clone()), None)),
        Captured::Logged(reason) => return only_log(settled(EventStatus::Unchanged, Some(reason.clone()), None)),
    };
    if repeat {
        let reason = "the same event came shortly before".to_owned();
        return only_log(settled(EventStatus::Duplicate, Some(reason), None));
    }
    // The record of an event may be gone from the log before its lead is.
    let own = LeadId::from_event(&received.event);
    if known.leads.get(&own).is_some_and(|lead| lead.erased_at.is_some()) {
        let reason = "its lead was erased".to_owned();
        return only_log(settled(EventStatus::Unchanged, Some(reason), Some(own)));
    }
    let config = rules.checked();
    // Capture has found the source.
    let source = config.source(&received.source)?;
    let met = known.met(draft, source, received);
    let applied = match leadyard_sources::apply((**draft).clone(), met, source, received, now) {
        Ok(applied) => applied,
        Err(error) => return only_log(settled(EventStatus::Failed, Some(error.to_string()), None)),
    };
    let oddity = known.oddity(draft, source, received, met);
    let activity = applied.lead().and_then(|lead| take_activity(draft, source, lead, known, now));
    let (status, said) = match &activity {
        Some(Ok(activity)) if applied.status() == EventStatus::Unchanged => {
            let said = if activity.version == 1 { "an activity was added" } else { "an activity was changed" };
            (EventStatus::Updated, Some(said))
        }
        Some(Err(Untaken::Unfit(reason))) => {
            return only_log(settled(EventStatus::Failed, Some(reason.clone()), None));
        }
        Some(Err(Untaken::Left(reason))) => (applied.status(), Some(*reason)),
        _ => (applied.status(), applied.reason()),
    };
    let activity = activity.and_then(Result::ok);
    let reasons: Vec<&str> = said.into_iter().chain(oddity.as_deref()).collect();
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    let record = settled(status, reason, applied.lead_id().cloned());
    let seen = match (&applied, &received.identity) {
        // Where each event is a lead, the newest of a person's leads does not tell all of their repeats.
        (Applied::Created(_), Identity::Body(hash))
            if draft.keys.is_empty() || source.duplicates.scope == DuplicateScope::Partner =>
        {
            Some(hash.clone())
        }
        _ => None,
    };
    if !touched.claim(applied.lead_id(), looked_up, seen.as_ref()) {
        return None;
    }
    let Some(lead) = applied.lead() else { return only_log(record) };
    let is_new = matches!(applied, Applied::Created(_));
    // What another account has changed is no new inquiry.
    let anew =
        !is_new && draft.push.is_none() && lead.held().next().is_some() && decided_anew(rules, lead, met, received);
    let wants_decision = match &applied {
        Applied::Created(_) => true,
        // Someone who has the lead keeps it; a lead that waits or was left alone may now meet another rule.
        Applied::Updated(lead) => {
            anew || (lead.owner.is_none()
                && !matches!(lead.standing, Standing::Assigned { .. })
                && !config.is_closed(lead))
        }
        _ => false,
    };
    let mut lead = lead.clone();
    if activity.as_ref().is_some_and(|activity| activity.version == 1) {
        lead.activities += 1;
    }
    if anew && config.is_closed(&lead) {
        // The stage in which it ended is not one of what begins.
        lead.fields.retain(|field, _| field.as_str() != handover::STAGE);
    }
    let route = wants_decision.then(|| {
        let zone = config.config().account.timezone.time_zone();
        let received_at = received.received_at;
        decision::route(rules, &Subject { lead: &lead, source: &received.source, is_new, received_at, zone })
    });
    // A lead that names somebody who is not there must not go to someone else.
    if let Some(Err(error)) = route.as_ref().map(|route| route.check_names(config, &lead)) {
        return only_log(settled(EventStatus::Failed, Some(error.to_string()), None));
    }
    if is_new && let Some(destination) = replies_to(config, source, &lead, received) {
        lead.ask_for(DeliveryId::of_reply(&lead.id, destination));
    }
    let keys = known.claims(config, source, &lead, looked_up, received);
    let previous = met.map(|lead| lead.standing.clone());
    let before = met.filter(|_| config.syncs()).cloned();
    Some(Prepared {
        record,
        change: Some(Change { lead, before, activity, keys, previous, route, is_new, anew }),
        seen,
    })
}

/// Where the answer to who sent a new lead goes, if its source answers at all. Who left no address can't be answered, and who
/// is in a file of ours has sent nothing.
fn replies_to<'a>(config: &Checked, source: &'a Source, lead: &Lead, received: &Received) -> Option<&'a DestinationId> {
    let destination = source.auto_reply.as_ref()?;
    let enabled = config.destination(destination).is_some_and(|destination| destination.enabled);
    let has_address =
        FieldName::new("email").is_ok_and(|email| lead.fields.get(&email).is_some_and(|it| !it.is_empty()));
    (enabled && has_address && !is_row(&received.identity)).then_some(destination)
}

/// Whether a lead that somebody has is decided anew because of an event that changes it.
fn decided_anew(rules: &Rules, lead: &Lead, met: Option<&Lead>, received: &Received) -> bool {
    let config = rules.checked();
    let subject = subject(config, lead, &received.source, false, received.received_at);
    // The profile that decides it; looked for only where one of its entity wants that at all.
    if rules.profiles_of(&lead.entity).all(|profile| profile.redistribute == Redistribute::Never) {
        return false;
    }
    let route = decision::route_without_reasons(rules, &subject);
    let profile = route.profile().and_then(|id| rules.profiles_of(&lead.entity).find(|profile| profile.id == *id));
    match profile.map_or(Redistribute::Never, |profile| profile.redistribute) {
        Redistribute::Never => false,
        Redistribute::Always => !config.is_closed(lead),
        // It was closed before: an event that closes it is no new inquiry.
        Redistribute::Closed => config.is_closed(lead) && met.is_some_and(|met| config.is_closed(met)),
    }
}

/// A lead as rules see it.
fn subject<'a>(
    config: &'a Checked,
    lead: &'a Lead,
    source: &'a SourceId,
    is_new: bool,
    received_at: Timestamp,
) -> Subject<'a> {
    Subject { lead, source, is_new, received_at, zone: config.config().account.timezone.time_zone() }
}

/// Decides the prepared events one after another on one state, which moves with each.
pub fn decide(
    rules: &Rules,
    config_version: u64,
    prepared: &[Prepared<'_>],
    state: &mut State,
    now: Timestamp,
) -> Vec<Planned> {
    prepared.iter().map(|prepared| decide_one(rules, config_version, prepared.clone(), state, now)).collect()
}

fn decide_one(rules: &Rules, version: u64, prepared: Prepared<'_>, state: &mut State, now: Timestamp) -> Planned {
    let config = rules.checked();
    let Prepared { record, change, seen } = prepared;
    let Some(Change { mut lead, before, activity, keys, previous, route, is_new, anew }) = change else {
        let settled = Settled { record: Some(record), lead: None, assignments: Vec::new(), seen, activity: None };
        return Planned { settled, freed: false };
    };
    let mut freed = handover::follow_stage(&mut lead, config, state);
    handover::leave_line(&mut lead, config);
    let mut assignments = Vec::new();
    if let Some(route) = route {
        let Received { event, source, received_at, .. } = &record.received;
        let mut after = state.clone();
        let mut tried = lead.clone();
        if anew {
            handover::supersede(&mut tried, config, &mut after, now);
        }
        let decisions = {
            let subject = subject(config, &tried, source, is_new, *received_at);
            decision::decide(&Case { rules, route: &route, subject: &subject, now }, &mut after)
        };
        let given = decisions.iter().any(|decision| decision.outcome.is_assigned());
        // Whoever has it keeps it when nobody else can take it.
        if given || !anew {
            let cause = Cause::Event { event: event.clone() };
            assignments = handover::settle(&mut tried, decisions, route.profile(), &cause, (config, version), now);
            freed |= anew;
            lead = tried;
            *state = after;
        }
    }
    tell_others(rules, &record.received, before.as_ref(), activity.as_ref(), &mut lead, now);
    let lead = Some(LeadWrite { lead, previous, keys });
    let settled = Settled { record: Some(record), lead, assignments, seen, activity };
    Planned { settled, freed }
}

#[cfg(test)]
mod tests;
