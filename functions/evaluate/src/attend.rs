//! Carrying out what is asked of a known lead: read, plan, commit, ask for what follows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leadyard_domain::assignment::Standing;
use leadyard_domain::decision::{Needs, State};
use leadyard_domain::id::{AccountId, LeadId, QueueId};
use leadyard_domain::key::{Claim, UniqueKey};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::{Drain, LeadsMessage};
use leadyard_sources::capture::{Known, keys_of};
use leadyard_store::{Commit, Ruled, Settled, StoreError};

use crate::handler::Evaluate;
use crate::known::{Ask, File, Plan, edited};
use crate::outbox::{Effects, OutboxError};
use crate::plan::Planned;
use crate::turn;

/// Most times that one ask is planned anew because others were faster.
const TRIES_MAX: u32 = 12;

/// Why a message has to come again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttendError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error("the commit does not fit into one transaction")]
    TooLarge,
    #[error("others were faster too often")]
    Overtaken,
    #[error("the invocation has no time for it")]
    OutOfTime,
}

impl AttendError {
    /// Whether the same leads, tried together, will never go through.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::TooLarge => true,
            Self::Store(error) => !error.is_retryable(),
            Self::Outbox(_) | Self::Overtaken | Self::OutOfTime => false,
        }
    }
}

impl From<leadyard_runtime::SendError> for AttendError {
    fn from(error: leadyard_runtime::SendError) -> Self {
        Self::Outbox(error.into())
    }
}

/// Takes a message about one known lead apart.
pub(crate) fn ask_of(message: LeadsMessage) -> Option<(LeadId, Ask)> {
    match message {
        LeadsMessage::Changed { lead, stage, .. } => Some((lead, Ask::Stage(stage))),
        LeadsMessage::Edit { lead, fields, by, at, .. } => Some((lead, Ask::Edit { fields, by, at })),
        LeadsMessage::Activity { activity, .. } => Some((activity.lead.clone(), Ask::Activity(activity))),
        LeadsMessage::Reassign { lead, attempt, how, reason, by, to, at, .. } => {
            Some((lead, Ask::End { attempt, how, reason, by, to, at }))
        }
        LeadsMessage::Due { lead, attempt, step, .. } => Some((lead, Ask::Due { attempt, step })),
        LeadsMessage::FollowUp { lead, .. } => Some((lead, Ask::FollowUp)),
        LeadsMessage::Received { .. }
        | LeadsMessage::Erase { .. }
        | LeadsMessage::Drain { .. }
        | LeadsMessage::Import { .. }
        | LeadsMessage::Backfill { .. } => None,
    }
}

impl Evaluate {
    /// Carries out what is asked of a known lead, and asks for what follows. Idempotent: what was done before is found done.
    pub(crate) async fn attend(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        (lead, ask): &(LeadId, Ask),
    ) -> Result<(), AttendError> {
        for number in 1..=TRIES_MAX {
            let Some(file) = self.file(account, ruled, lead, ask).await? else {
                // Leads are never deleted; a message that names none is of another table.
                tracing::warn!(%account, %lead, "a message names a lead that is not there");
                return Ok(());
            };
            let turn = self.begin(account, &file.needs(&ruled.rules, ask)).await?;
            // Waiting for one's turn takes a while.
            let now = (self.now)();
            let mut after = turn.before.clone();
            let planned = match file.plan(ruled, ask, &mut after, now) {
                Plan::Late => {
                    self.leave(turn).await;
                    return self.follow(account, ruled, &file, ask, now).await;
                }
                Plan::Refused(reason) => {
                    self.leave(turn).await;
                    self.metrics.count("RequestsNotDone", 1);
                    tracing::warn!(%account, %lead, reason, "what was asked of a lead can't be done");
                    return Ok(());
                }
                Plan::Early(at) => {
                    self.leave(turn).await;
                    tracing::info!(%account, %lead, %at, "a timer came before its time: it is put off");
                    let mut effects = Effects::default();
                    if let Ask::Due { attempt, step } = *ask {
                        let (account, lead) = (account.clone(), lead.clone());
                        effects.put_off(at, &LeadsMessage::Due { account, lead, attempt, step }, now)?;
                    }
                    return Ok(self.outbox.send(effects).await?);
                }
                Plan::Write(planned) => *planned,
            };
            let states = (turn.before.clone(), after);
            let commit = self.commit_of(account, ruled, vec![planned.settled.clone()], states, now);
            match self.commit(turn, &commit).await {
                Ok(()) => return self.followed(account, ruled, &planned, ask, now).await,
                Err(error) => turn::overtaken(error, (lead, number), number).await?,
            }
        }
        Err(AttendError::Overtaken)
    }

    async fn file(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        lead: &LeadId,
        ask: &Ask,
    ) -> Result<Option<File>, StoreError> {
        let Some(found) = self.store.leads(account, &[lead.clone()].into(), true).await?.remove(lead) else {
            return Ok(None);
        };
        let last = (lead.clone(), found.standing.attempt());
        let asked = ask.attempt().map(|attempt| (lead.clone(), attempt));
        let wanted = asked.iter().chain(asked.as_ref().map(|_| &last)).cloned().collect();
        let mut assignments = self.store.assignments(account, &wanted).await?;
        let last = assignments.get(&last).cloned();
        let assignment = asked.and_then(|asked| assignments.remove(&asked));
        let activity = match ask {
            Ask::Activity(incoming) => self.store.activity(account, lead, &incoming.id).await?,
            _ => None,
        };
        let claims = match ask {
            Ask::Edit { fields, at, .. } => self.claims(account, ruled, &found, &edited(&found, fields, *at)).await?,
            _ => Vec::new(),
        };
        Ok(Some(File { lead: found, assignment, last, activity, claims }))
    }

    /// The keys that a lead gets when it is changed by hand: those that it did not have, and that nobody else has. Those that it
    /// had go on leading to it, as they do when an event changes it.
    async fn claims(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        before: &Lead,
        after: &Lead,
    ) -> Result<Vec<Claim>, StoreError> {
        let config = ruled.rules.checked();
        let had = keys_of(config, before);
        let new: BTreeSet<UniqueKey> = keys_of(config, after).into_iter().filter(|key| !had.contains(key)).collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.store.find_leads(account, &new, true).await?;
        let holders: BTreeSet<LeadId> = keys.values().cloned().collect();
        let leads = match holders.is_empty() {
            true => BTreeMap::new(),
            false => self.store.leads(account, &holders, true).await?,
        };
        Ok(Known { keys, leads, ..Known::default() }.free(new))
    }

    /// Asks once more for what follows from where a lead stands; the first time may have ended before that.
    async fn follow(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        file: &File,
        ask: &Ask,
        now: Timestamp,
    ) -> Result<(), AttendError> {
        self.credit(ruled, &file.lead, ask).await?;
        let mut effects = Effects::default();
        match ask {
            // Nothing else is different because of it.
            Ask::Activity(_) => effects.own(ruled.rules.checked(), &file.lead, true)?,
            // What earlier versions asked for may not have been sent, and the lead may have changed since.
            _ => effects.follow_again(ruled.rules.checked(), &file.lead, now)?,
        }
        self.look_if_outdated(&mut effects, account, ruled, std::iter::once(&file.lead)).await?;
        // All but these may have freed somebody, and whether they did is not on record; nor is who was freed while a lead was
        // parked. A follow-up is asked for before a commit that may never be made: a walk that can't give a lead would go on forever.
        if ask.may_free() && self.anything_waits(account).await? {
            effects.drain(account, Drain::default())?;
        }
        tracing::info!(%account, lead = %file.lead.id, "nothing is left to be decided: it was done before, or is too late");
        Ok(self.outbox.send(effects).await?)
    }

    async fn followed(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        planned: &Planned,
        ask: &Ask,
        now: Timestamp,
    ) -> Result<(), AttendError> {
        let Planned { settled, freed } = planned;
        let mut effects = Effects::default();
        if let Some(write) = &settled.lead {
            self.credit(ruled, &write.lead, ask).await?;
            match ask {
                Ask::Activity(_) => effects.own(ruled.rules.checked(), &write.lead, false)?,
                _ => effects.follow(ruled.rules.checked(), &write.lead, now)?,
            }
            self.look_if_outdated(&mut effects, account, ruled, std::iter::once(&write.lead)).await?;
            self.report(account, None, settled);
            let lead = &write.lead.id;
            match ask {
                Ask::End { attempt, how, by, .. } => {
                    self.metrics.count("LeadsReassigned", 1);
                    tracing::info!(%account, %lead, attempt, how = how.name(), by, "assignment ended");
                }
                Ask::Due { attempt, step } => {
                    self.metrics.count("ServiceLevelsMissed", 1);
                    tracing::info!(%account, %lead, attempt, step, "service level missed");
                }
                Ask::Stage(_) => tracing::info!(%account, %lead, "stage changed"),
                Ask::Edit { by, .. } => tracing::info!(%account, %lead, by, "lead changed by hand"),
                Ask::Activity(activity) => {
                    self.metrics.count("ActivitiesStored", 1);
                    let version = settled.activity.as_ref().map_or(0, |activity| activity.version);
                    tracing::info!(%account, %lead, activity = %activity.id, version, "activity stored");
                }
                Ask::FollowUp => {}
            }
        }
        if *freed && self.anything_waits(account).await? {
            effects.drain(account, Drain::default())?;
        }
        Ok(self.outbox.send(effects).await?)
    }

    /// Gives a partner its money back when the attempt that is asked about has ended so. Looked for on record and not in the
    /// message, whose ending may have come too late; the first time may have ended before this, so it is asked each time.
    async fn credit(&self, ruled: &Ruled, lead: &Lead, ask: &Ask) -> Result<(), StoreError> {
        let Ask::End { attempt, .. } = ask else { return Ok(()) };
        let zone = ruled.rules.checked().config().account.timezone.time_zone();
        self.store.book_ended(zone, lead, *attempt).await
    }

    /// Sees to it that a lead which began to wait just now is not left to rules that are no longer in force: whoever
    /// published others meanwhile did not see it wait.
    pub(crate) async fn look_if_outdated<'a>(
        &self,
        effects: &mut Effects,
        account: &AccountId,
        ruled: &Ruled,
        leads: impl Iterator<Item = &'a Lead>,
    ) -> Result<(), AttendError> {
        // Where they wait: in a queue, or for somebody.
        let lines = leads.filter_map(|lead| match &lead.standing {
            Standing::Parked { .. } => Some(None),
            Standing::Queued { queue, .. } => Some(Some(queue)),
            Standing::Unassigned { .. } | Standing::Assigned { .. } => None,
        });
        let lines: BTreeSet<Option<&QueueId>> = lines.collect();
        if lines.is_empty() {
            return Ok(());
        }
        let in_force = self.store.config_pointer(account).await?.map(|pointer| pointer.version);
        if in_force != Some(ruled.version) {
            for queue in lines {
                effects.drain_by_others(account, queue.cloned())?;
            }
        }
        Ok(())
    }

    /// Sees to it that leads which were parked just now are not left waiting for somebody who was freed meanwhile: a decision
    /// to park writes no counters, so no condition of its commit tells, and whoever freed somebody did not see them wait.
    pub(crate) async fn look_if_freed(
        &self,
        effects: &mut Effects,
        account: &AccountId,
        needs: Needs,
        (before, after): (&State, &State),
    ) -> Result<(), AttendError> {
        let needs = Needs { assignees: needs.assignees, ..Needs::default() };
        if needs.is_empty() {
            return Ok(());
        }
        let now = self.store.load_state(account, &needs).await?;
        let moved = needs.assignees.iter().any(|id| {
            let (read, left) = (before.counters_of(id), after.counters_of(id));
            now.counters_of(id).version != read.version + u64::from(read != left)
        });
        if moved {
            effects.drain(account, Drain::default())?;
        }
        Ok(())
    }

    /// Whether a lead waits for somebody: a message that finds none is not worth sending.
    pub(crate) async fn anything_waits(&self, account: &AccountId) -> Result<bool, StoreError> {
        Ok(!self.store.parked_leads(account, 1, None).await?.rows.is_empty())
    }

    /// A commit of what was settled.
    pub(crate) fn commit_of(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        settled: Vec<Settled>,
        states: (State, State),
        now: Timestamp,
    ) -> Commit {
        Commit::by(account.clone(), ruled.rules.checked().config(), settled, states, now)
    }
}
