//! Erasing a lead, at its platform's word or by hand: everything personal goes, in one commit with its keys and the event that
//! made it; then its activities and the reasons of its decisions, which may be more than a commit takes.
//!
//! What counts and what was decided stays, without the person: who was given the lead and when, so that no capacity and no
//! cap is off. What others wrote down of the lead before (tries of deliveries, other events) ends with the log.

mod told;

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
use leadyard_domain::rules::Rules;
use leadyard_domain::sync::{MadeBy, Seen, Stamp, announce};
use leadyard_runtime::RecordResult;
use leadyard_sources::capture::possible_keys;
use leadyard_store::{CommitError, Emptied, LeadWrite, Ruled, Settled};

use crate::attend::AttendError;
use crate::fetch::RECEIVES_MAX;
use crate::handler::{Evaluate, Job};
use crate::outbox::Effects;
use crate::point::Point;
use crate::turn;

/// Most times that one erasure is planned anew because others were faster.
const TRIES_MAX: u32 = 12;

/// Most events that lose what they brought with a lead that a person has erased; the transaction holds the rest of it too.
const BROUGHT_MAX: usize = 40;

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
        let external_id = match intent {
            Intent::Erase { external_id } => external_id,
            Intent::Sync(head) => return self.erase_told(account, ruled, job, head).await,
            _ => return Ok(Outcome::Done),
        };
        let earlier_id = EventId::from_external(account, source, external_id);
        for number in 1..=TRIES_MAX {
            let mut records = self.store.events(account, &[event.clone(), earlier_id.clone()].into()).await?;
            let own = records.remove(event);
            let retries = retries_after(own.as_ref());
            if let Some(own) = own.filter(|record| !(job.retry && record.status == EventStatus::Failed)) {
                // The first time may have ended before everything else of the lead was gone.
                let lead = match &own.lead {
                    Some(id) => self.lead(account, id).await?,
                    None => None,
                };
                self.finish(account, ruled, lead.as_ref(), true).await?;
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
                Some(id) => self.lead(account, id).await?,
                None => None,
            };
            if earlier.is_none() && lead.is_none() && job.receives < RECEIVES_MAX {
                return Ok(Outcome::NotYet);
            }
            let config = ruled.rules.checked();
            let record = record_of(config, &job.received, earlier.as_ref(), lead.as_ref(), (self.now)());
            let record = EventRecord { retries, ..record };
            let emptied = earlier.map(|earlier| empty(earlier, "what it brought was erased at the platform's word"));
            match self.erase_once(account, ruled, (lead, None), Some(record), emptied.into_iter().collect()).await? {
                Ok(()) => return Ok(Outcome::Done),
                Err(error) => turn::overtaken(error, (event, number), number).await?,
            }
        }
        Err(AttendError::Overtaken)
    }

    /// Erases a lead because a person asks for it. Idempotent: one that was erased is found so, and what is left of it goes.
    pub(crate) async fn erase_by_hand(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        id: &LeadId,
        by: &str,
    ) -> Result<(), AttendError> {
        for number in 1..=TRIES_MAX {
            let Some(lead) = self.lead(account, id).await? else {
                tracing::warn!(%account, lead = %id, "a lead that is not there is to be erased");
                return Ok(());
            };
            if lead.erased_at.is_some() {
                return self.finish(account, ruled, Some(&lead), true).await;
            }
            let brought = self.brought(account, &lead).await?;
            match self.erase_once(account, ruled, (Some(lead), None), None, brought).await? {
                Ok(()) => {
                    tracing::info!(%account, lead = %id, by, "lead erased");
                    return Ok(());
                }
                Err(error) => turn::overtaken(error, (id, number), number).await?,
            }
        }
        Err(AttendError::Overtaken)
    }

    /// Tries once: what is personal of the lead, its keys and what events brought go in one commit, with the record of what
    /// asked for it; then what is left. Beside the lead stands the other account's word where that erases it. The inner error says that others were faster.
    async fn erase_once(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        (lead, told): (Option<Lead>, Option<Stamp>),
        record: Option<EventRecord>,
        emptied: Vec<Emptied>,
    ) -> Result<Result<(), CommitError>, AttendError> {
        let config = ruled.rules.checked();
        let id = lead.as_ref().map(|lead| lead.id.clone());
        let before = lead.filter(|lead| lead.erased_at.is_none());
        let keys = match &before {
            Some(lead) => self.keys_held(account, config, lead).await?,
            None => Vec::new(),
        };
        let assignees = before.iter().flat_map(Lead::held).map(|holding| holding.assignee.clone()).collect();
        let turn = self.begin(account, &Needs { assignees, ..Needs::default() }).await?;
        let now = (self.now)();
        let mut after = turn.before.clone();
        let freed = before.as_ref().is_some_and(|lead| lead.held().any(|holding| holding.open));
        let erased = before.map(|before| erased(before, keys, &ruled.rules, told, &mut after, now));
        let settled = Settled { record, lead: erased, assignments: Vec::new(), seen: None, activity: None };
        let commit = self.commit_of(account, ruled, vec![settled.clone()], (turn.before.clone(), after), now);
        self.leave(turn).await;
        self.outbox.points.reach(Point::BeforeCommit);
        match self.store.commit_erasure(&commit, &emptied).await {
            Ok(()) => self.outbox.points.reach(Point::AfterCommit),
            Err(error @ CommitError::TooLarge(_)) => {
                let lead = id.as_ref().map(LeadId::as_str);
                tracing::error!(%account, lead, %error, "a lead can't be erased in one transaction");
                return Err(AttendError::TooLarge);
            }
            Err(error) => return Ok(Err(error)),
        }
        self.report(account, settled.record.as_ref(), &settled);
        self.tell_of_failures(account, ruled.rules.checked(), &settled.record).await;
        if settled.lead.is_some() {
            self.metrics.count("LeadsErased", 1);
        }
        let now_erased = settled.lead.map(|write| write.lead);
        let lead = match (now_erased, id) {
            (Some(lead), _) => Some(lead),
            (None, Some(id)) => self.lead(account, &id).await?,
            (None, None) => None,
        };
        self.finish(account, ruled, lead.as_ref(), freed).await.map(Ok)
    }

    /// What is left to be done when a lead is erased: its activities go, and the reasons of its decisions, which quote it; and
    /// others are told of whom it freed.
    ///
    /// Activities may be more than one commit takes. They go after it, for then none can come to the lead any more: its version
    /// has moved. The message is done when they are gone, so a process that ends before that leaves it to the next one.
    async fn finish(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        lead: Option<&Lead>,
        freed: bool,
    ) -> Result<(), AttendError> {
        let mut effects = Effects::default();
        if let Some(lead) = lead.filter(|lead| lead.erased_at.is_some()) {
            self.outbox.points.reach(Point::BeforeErasing);
            let activities = self.store.delete_activities(account, &lead.id).await?;
            let traces = self.store.forget_reasons(account, &lead.id, lead.standing.attempt()).await?;
            tracing::info!(%account, lead = %lead.id, activities, traces, "what else there was of an erased lead is gone");
            effects.follow(ruled.rules.checked(), lead, (self.now)())?;
        }
        if freed && self.anything_waits(account).await? {
            effects.drain(account, Drain::default())?;
        }
        Ok(self.outbox.send(effects).await?)
    }

    async fn lead(&self, account: &AccountId, id: &LeadId) -> Result<Option<Lead>, AttendError> {
        Ok(self.store.leads(account, &[id.clone()].into(), true).await?.remove(id))
    }

    /// The events that are known to have brought what stands in a lead, as far as they are in the log: the last one, and those
    /// that its decisions name, the one that made it first. What others brought ends with the log.
    async fn brought(&self, account: &AccountId, lead: &Lead) -> Result<Vec<Emptied>, AttendError> {
        let attempts = (1..=lead.standing.attempt()).map(|attempt| (lead.id.clone(), attempt)).collect();
        let decisions = self.store.assignments(account, &attempts).await?;
        let decided = decisions.values().filter_map(|decision| decision.cause.event());
        let ids = std::iter::once(&lead.last_event.event).chain(decided).take(BROUGHT_MAX).cloned().collect();
        let records = self.store.events(account, &ids).await?.into_values();
        let its = records.filter(|record| record.lead.as_ref() == Some(&lead.id));
        Ok(its.map(|record| empty(record, "what it brought was erased")).collect())
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
}

/// What stands in the log of an event that erases a lead.
fn record_of(
    config: &Checked,
    received: &Received,
    earlier: Option<&EventRecord>,
    lead: Option<&Lead>,
    now: Timestamp,
) -> EventRecord {
    let (status, reason) = match (earlier, lead) {
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
    let made = lead.map(|lead| lead.id.clone());
    let id = earlier.and_then(|earlier| earlier.lead.clone()).or(made);
    let behaviour = config.source(&received.source).map(|source| source.behaviour);
    let (received, reason) = (received.clone(), Some(reason));
    EventRecord { received, status, reason, lead: id, settled_at: now, behaviour, retries: 0 }
}

/// How often an event was tried again, with this time.
fn retries_after(known: Option<&EventRecord>) -> u32 {
    known.map_or(0, |record| record.retries.saturating_add(1))
}

/// A lead without its person, as it is written. Others are told of it; `told` is the word of the account that told us.
fn erased(
    before: Lead,
    keys: Vec<UniqueKey>,
    rules: &Rules,
    told: Option<Stamp>,
    state: &mut State,
    now: Timestamp,
) -> LeadWrite {
    let (previous, version) = (before.standing.clone(), before.version + 1);
    let gone = without_person(before.clone(), rules.checked(), state, now);
    let mut lead = Lead { version, updated_at: now, ..gone };
    let made_by = match told {
        Some(stamp) => {
            lead.sync.erase(stamp);
            MadeBy::Merged
        }
        None => MadeBy::Us,
    };
    announce(rules, Some(&before), &mut lead, made_by, &Seen::by_hand(&before.source, now));
    LeadWrite { lead, previous: Some(previous), keys: keys.into_iter().map(Claim::from).collect() }
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
    lead.edited.clear();
    lead.activities = 0;
    lead.owner = None;
    lead.standing = Standing::Unassigned { attempt: lead.standing.attempt() };
    lead.last_event.body_hash = None;
    lead.erased_at = Some(now);
    lead
}

/// An event of the lead without what it brought. One that failed is not to be tried again.
fn empty(mut record: EventRecord, why: &str) -> Emptied {
    let was = record.status;
    record.received.payload.clear();
    record.received.origin = Origin::default();
    record.received.intent = Intent::Capture;
    record.reason = Some(why.to_owned());
    if was == EventStatus::Failed {
        record.status = EventStatus::Rejected;
    }
    Emptied { record, was }
}
