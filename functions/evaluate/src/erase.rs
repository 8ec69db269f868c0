//! Erasing a lead at its platform's word: everything personal goes, in one commit with its keys and the event that made it.
//!
//! What counts and what was decided stays, without the person: who was given the lead and when, so that no capacity and no
//! cap is off. What others wrote down of the lead before (traces of decisions, tries of deliveries) ends with the log.

use jiff::Timestamp;
use leadyard_domain::assignment::{End, Ending, Standing};
use leadyard_domain::config::Checked;
use leadyard_domain::decision::{Needs, State};
use leadyard_domain::event::{EventRecord, EventStatus, Intent, Origin, Received};
use leadyard_domain::handover;
use leadyard_domain::id::{AccountId, EventId, LeadId};
use leadyard_domain::key::{Claim, UniqueKey};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::Drain;
use leadyard_runtime::RecordResult;
use leadyard_sources::capture::possible_keys;
use leadyard_store::{CommitError, Emptied, LeadWrite, Ruled, Settled};

use crate::attend::AttendError;
use crate::fetch::RECEIVES_MAX;
use crate::handler::{Evaluate, Job};
use crate::outbox::Effects;
use crate::turn;

/// Most times that one erasure is planned anew because others were faster.
const TRIES_MAX: u32 = 12;

/// What became of one.
enum Outcome {
    Done,
    /// The event that made the lead is not settled yet.
    NotYet,
}

impl Evaluate {
    /// Erases the leads that are to be erased, one after another.
    pub(crate) async fn erase(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        jobs: Vec<Job>,
        until: Timestamp,
    ) -> Vec<RecordResult> {
        let mut results = Vec::new();
        for job in jobs {
            let outcome = match (self.now)() < until {
                true => self.erase_one(account, ruled, &job).await,
                false => Err(AttendError::OutOfTime),
            };
            let retry = |reason: &str| job.messages.iter().map(|id| RecordResult::retry(id, reason)).collect();
            let answered: Vec<RecordResult> = match outcome {
                Ok(Outcome::Done) => job.messages.iter().map(RecordResult::done).collect(),
                Ok(Outcome::NotYet) => retry("the event that made the lead is not settled yet"),
                Err(error) => retry(&error.to_string()),
            };
            results.extend(answered);
        }
        results
    }

    async fn erase_one(&self, account: &AccountId, ruled: &Ruled, job: &Job) -> Result<Outcome, AttendError> {
        let Received { source, event, intent, .. } = &job.received;
        let Intent::Erase { external_id } = intent else { return Ok(Outcome::Done) };
        let earlier_id = EventId::from_external(account, source, external_id);
        for number in 1..=TRIES_MAX {
            let mut records = self.store.events(account, &[event.clone(), earlier_id.clone()].into()).await?;
            let own = records.remove(event);
            let retries = own.as_ref().map_or(0, |record| record.retries.saturating_add(1));
            if own.is_some_and(|record| !(job.retry && record.status == EventStatus::Failed)) {
                // The first time may have ended before others were told of what it freed.
                self.tell(account, true).await?;
                return Ok(Outcome::Done);
            }
            let earlier = records.remove(&earlier_id);
            let id = match &earlier {
                Some(EventRecord { status: EventStatus::Created, lead, .. }) => lead.clone(),
                Some(_) => None,
                // A lead outlives the log.
                None => Some(LeadId::from_event(&earlier_id)),
            };
            let lead = match &id {
                Some(id) => self.store.leads(account, &[id.clone()].into(), true).await?.remove(id),
                None => None,
            };
            if earlier.is_none() && lead.is_none() && job.receives < RECEIVES_MAX {
                return Ok(Outcome::NotYet);
            }
            let keys = match &lead {
                Some(lead) => self.keys_held(account, ruled.rules.checked(), lead).await?,
                None => Vec::new(),
            };
            let assignees = lead.iter().flat_map(Lead::held).map(|holding| holding.assignee.clone()).collect();
            let turn = self.begin(account, &Needs { assignees, ..Needs::default() }).await?;
            let now = (self.now)();
            let mut after = turn.before.clone();
            let freed = lead.as_ref().is_some_and(|lead| lead.held().any(|holding| holding.open));
            let mut settled =
                settle(ruled.rules.checked(), &job.received, earlier.as_ref(), lead, keys, &mut after, now);
            settled.record.iter_mut().for_each(|record| record.retries = retries);
            let emptied: Vec<Emptied> = earlier.map(empty).into_iter().collect();
            let states = (turn.before.clone(), after);
            let commit = self.commit_of(account, ruled, vec![settled.clone()], states, now);
            self.leave(turn).await;
            match self.store.commit_erasure(&commit, &emptied).await {
                Ok(()) => {
                    self.report(account, settled.record.as_ref(), &settled);
                    self.tell_of_failures(account, ruled.rules.checked(), &settled.record).await;
                    if settled.lead.is_some() {
                        self.metrics.count("LeadsErased", 1);
                    }
                    self.tell(account, freed).await?;
                    return Ok(Outcome::Done);
                }
                Err(error @ CommitError::TooLarge(_)) => {
                    tracing::error!(%account, %event, %error, "a lead can't be erased in one transaction");
                    return Err(AttendError::TooLarge);
                }
                Err(error) => turn::overtaken(error, (event, number), number).await?,
            }
        }
        Err(AttendError::Overtaken)
    }

    /// Those of the lead's keys that lead to it: one that another lead has stays with that one.
    async fn keys_held(
        &self,
        account: &AccountId,
        config: &Checked,
        lead: &Lead,
    ) -> Result<Vec<UniqueKey>, AttendError> {
        let keys = possible_keys(config, &lead.entity, &lead.fields);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.store.find_leads(account, &keys, true).await?;
        Ok(found.into_iter().filter(|(_, id)| *id == lead.id).map(|(key, _)| key).collect())
    }

    async fn tell(&self, account: &AccountId, freed: bool) -> Result<(), AttendError> {
        let mut effects = Effects::default();
        if freed && self.anything_waits(account).await? {
            effects.drain(account, Drain::default())?;
        }
        Ok(self.outbox.send(effects).await?)
    }
}

/// What the erasure comes to. Pure.
fn settle(
    config: &Checked,
    received: &Received,
    earlier: Option<&EventRecord>,
    lead: Option<Lead>,
    keys: Vec<UniqueKey>,
    state: &mut State,
    now: Timestamp,
) -> Settled {
    let (status, reason) = match (earlier, &lead) {
        (None, None) => {
            (EventStatus::Failed, "the event whose lead is to be erased has not come: retry when it has".to_owned())
        }
        (_, Some(lead)) if lead.erased_at.is_some() => {
            (EventStatus::Unchanged, "the lead was erased before".to_owned())
        }
        (_, Some(_)) => (EventStatus::Updated, "the lead was erased at the platform's word".to_owned()),
        // What it brought stands in a lead that something else made, and can't be told from the rest of it.
        (Some(EventRecord { lead: Some(_), .. }), None) => (
            EventStatus::Flagged,
            "the event met a lead that another event had made: look whether that lead is to be erased".to_owned(),
        ),
        (Some(_), None) => (EventStatus::Unchanged, "no lead was made of the event".to_owned()),
    };
    let made = lead.as_ref().map(|lead| lead.id.clone());
    let id = earlier.and_then(|earlier| earlier.lead.clone()).or(made);
    let behaviour = config.source(&received.source).map(|source| source.behaviour);
    let (received, reason) = (received.clone(), Some(reason));
    let record = EventRecord { received, status, reason, lead: id, settled_at: now, behaviour, retries: 0 };
    let lead = lead.filter(|lead| lead.erased_at.is_none()).map(|before| {
        let previous = before.standing.clone();
        let version = before.version + 1;
        let lead = Lead { version, updated_at: now, ..without_person(before, config, state, now) };
        let keys = keys.into_iter().map(Claim::from).collect();
        LeadWrite { lead, previous: Some(previous), keys }
    });
    Settled { record: Some(record), lead, assignments: Vec::new(), seen: None }
}

/// What stays of a lead.
fn without_person(mut lead: Lead, config: &Checked, state: &mut State, now: Timestamp) -> Lead {
    let held: Vec<u32> = lead.held().map(|holding| holding.attempt).collect();
    for attempt in held {
        let end = End { how: Ending::Erased, at: now, reason: None, by: None, refunds: Vec::new() };
        handover::end(&mut lead, attempt, end, &[], config, state);
    }
    // Reasons are somebody's own words.
    for end in lead.holdings.iter_mut().filter_map(|holding| holding.ended.as_mut()) {
        end.reason = None;
    }
    lead.fields.clear();
    lead.extra.clear();
    lead.owner = None;
    lead.standing = Standing::Unassigned { attempt: lead.standing.attempt() };
    lead.last_event.body_hash = None;
    lead.erased_at = Some(now);
    lead
}

/// The event that made the lead, without what it brought. One that failed is not to be tried again.
fn empty(mut record: EventRecord) -> Emptied {
    let was = record.status;
    record.received.payload.clear();
    record.received.origin = Origin::default();
    record.received.intent = Intent::Capture;
    record.reason = Some("what it brought was erased at the platform's word".to_owned());
    if was == EventStatus::Failed {
        record.status = EventStatus::Rejected;
    }
    Emptied { record, was }
}
