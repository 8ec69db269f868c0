//! One round: read what is known, plan, commit, fan out.

use std::collections::{BTreeMap, BTreeSet};

use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::Standing;
use leadyard_domain::decision::Needs;
use leadyard_domain::event::{EventRecord, EventStatus};
use leadyard_domain::id::{AccountId, ActivityId, EventId, LeadId};
use leadyard_domain::key::UniqueKey;
use leadyard_domain::lead::Lead;
use leadyard_domain::message::Drain;
use leadyard_sources::capture::Known;
use leadyard_store::{Commit, CommitError, Conflict, Ruled, StoreError, TooLarge};

use crate::attend::AttendError;
use crate::handler::{Evaluate, Job};
use crate::outbox::Effects;
use crate::plan::{Captured, Prepared, Touched, apply, decide};
use crate::turn;

/// Most events of one commit: with ten, each with two keys, a parked item and a rotation and counters of its own, the
/// transaction stays within DynamoDB's hundred actions.
const EVENTS_MAX: usize = 10;

/// Most times that one round decides again because only rotations or counters have moved.
const DECISIONS_MAX: u32 = 6;

/// What a round came to.
pub(crate) struct Turn {
    /// Messages that are done with all that they caused.
    pub done: Vec<String>,
    /// Messages whose deliveries a queue did not take: they have to come again.
    pub unsent: Vec<(String, String)>,
    /// Events that are still to be settled.
    pub rest: Vec<Job>,
    /// Whether someone else was faster, or the commit was too large: go on with at most so many events at a time.
    pub lost: Option<usize>,
}

impl Turn {
    /// Notes what became of messages whose deliveries were asked for.
    fn sent(&mut self, messages: Vec<String>, sent: Result<(), AttendError>) {
        match sent {
            Ok(()) => self.done.extend(messages),
            Err(error) => {
                let why = error.to_string();
                self.unsent.extend(messages.into_iter().map(|message| (message, why.clone())));
            }
        }
    }
}

/// What a commit came to.
enum Committed {
    Yes {
        commit: Commit,
        /// Whether somebody can take one more lead for it.
        freed: bool,
    },
    /// Read again; the conflict says which events are repeats.
    Lost(Conflict),
    TooLarge(TooLarge),
}

pub(crate) struct Round<'a> {
    pub evaluate: &'a Evaluate,
    pub account: &'a AccountId,
    pub ruled: &'a Ruled,
    /// Whether an earlier round was lost.
    pub again: bool,
}

impl Round<'_> {
    /// Settles as many of the events as it can, at most `at_most`.
    pub async fn run(&self, jobs: Vec<Job>, at_most: usize) -> Result<Turn, StoreError> {
        let (settled, open) = self.sort(jobs).await?;
        let known = self.known(&settled, &open).await?;
        let records: Vec<&EventRecord> = settled.iter().map(|(_, record)| record).collect();
        let again = self.follow_again(&records, &known).await;
        let mut turn = Turn { done: Vec::new(), unsent: Vec::new(), rest: Vec::new(), lost: None };
        turn.sent(settled.into_iter().flat_map(|(job, _)| job.messages).collect(), again);

        let mut touched = Touched::default();
        let (mut working, mut prepared) = (Vec::new(), Vec::new());
        for job in open {
            let ready = if working.len() < at_most.clamp(1, EVENTS_MAX) {
                let now = (self.evaluate.now)();
                apply(&self.ruled.rules, &job.received, &job.captured, job.repeat, &known, &mut touched, now)
            } else {
                None
            };
            match ready {
                Some(ready) => {
                    prepared.push(ready.tried_again(job.retries));
                    working.push(job);
                }
                None => turn.rest.push(job),
            }
        }
        if working.is_empty() {
            return Ok(turn);
        }
        let lost = match self.commit(&prepared).await? {
            Committed::Yes { commit, freed } => {
                for settled in &commit.settled {
                    self.evaluate.report(self.account, settled.record.as_ref(), settled);
                }
                let records = commit.settled.iter().filter_map(|settled| settled.record.as_ref());
                self.evaluate.tell_of_failures(self.account, self.ruled.rules.checked(), records).await;
                let sent = self.follow(&prepared, &commit, freed).await;
                turn.sent(working.into_iter().flat_map(|job| job.messages).collect(), sent);
                return Ok(turn);
            }
            Committed::Lost(conflict) => {
                for job in &mut working {
                    job.repeat |= conflict.seen.contains(&job.received.event);
                }
                EVENTS_MAX
            }
            Committed::TooLarge(TooLarge { oversized, .. }) => {
                for job in working.iter_mut().filter(|job| oversized.contains(&job.received.event)) {
                    let reason = "with this event the lead would outgrow 400 KB, the most that an item may hold";
                    job.captured = Captured::Failed(reason.to_owned());
                }
                if oversized.is_empty()
                    && let [alone] = working.as_mut_slice()
                {
                    let reason =
                        "what its rules decide does not fit into one transaction: let fewer rules give one lead";
                    alone.captured = Captured::Failed(reason.to_owned());
                }
                // Nothing oversized means that it was too much together.
                if oversized.is_empty() { working.len().div_ceil(2) } else { EVENTS_MAX }
            }
        };
        working.append(&mut turn.rest);
        Ok(Turn { rest: working, lost: Some(lost), ..turn })
    }

    /// Parts the events that were settled before from those that are open.
    async fn sort(&self, jobs: Vec<Job>) -> Result<(Vec<(Job, EventRecord)>, Vec<Job>), StoreError> {
        let ids: BTreeSet<EventId> = jobs.iter().map(|job| job.received.event.clone()).collect();
        let mut records = self.evaluate.store.events(self.account, &ids).await?;
        let (mut settled, mut open) = (Vec::new(), Vec::new());
        for job in jobs {
            match records.remove(&job.received.event) {
                Some(record) if job.retry && record.status == EventStatus::Failed => {
                    open.push(Job { retries: record.retries.saturating_add(1), ..job });
                }
                Some(record) => settled.push((job, record)),
                None => open.push(job),
            }
        }
        Ok((settled, open))
    }

    /// Reads the leads that the events meet, and those that settled events made.
    async fn known(&self, settled: &[(Job, EventRecord)], open: &[Job]) -> Result<Known, StoreError> {
        let store = &self.evaluate.store;
        let keys: BTreeSet<UniqueKey> = open.iter().flat_map(|job| job.captured.keys().to_vec()).collect();
        let keys = match keys.is_empty() {
            true => Default::default(),
            // Read late, a known lead would be taken for a new one; where nothing is created, no condition would find that.
            false => store.find_leads(self.account, &keys, true).await?,
        };
        let from_settled = settled.iter().filter_map(|(_, record)| record.lead.clone());
        // A lead outlives the log: its event may come again when its record is gone, with other keys. Only the commit
        // tells, so only a lost round looks.
        let own = open.iter().filter(|_| self.again).map(|job| LeadId::from_event(&job.received.event));
        let named = open.iter().filter_map(|job| job.captured.known_as());
        let ids: BTreeSet<LeadId> = keys.values().cloned().chain(from_settled).chain(own).chain(named).collect();
        let leads = match ids.is_empty() {
            true => Default::default(),
            false => store.leads(self.account, &ids, true).await?,
        };
        let known = Known { keys, leads, ..Known::default() };
        let activities = self.known_activities(open, &known).await?;
        Ok(Known { activities, ..known })
    }

    /// Reads the activities that are told again.
    async fn known_activities(
        &self,
        open: &[Job],
        known: &Known,
    ) -> Result<BTreeMap<(LeadId, ActivityId), Activity>, StoreError> {
        let config = self.ruled.rules.checked();
        let mut found = BTreeMap::new();
        for job in open {
            let Captured::Draft(draft, _) = &job.captured else { continue };
            let (Some(push), Some(source)) = (&draft.push, config.source(&job.received.source)) else { continue };
            let Some(lead) = known.met(draft, source, &job.received) else { continue };
            if let Some((activity, _)) = push.activity(source, lead, (self.evaluate.now)()) {
                let activity = self.evaluate.store.activity(self.account, &lead.id, &activity.id).await?;
                found.extend(activity.map(|activity| ((lead.id.clone(), activity.id.clone()), activity)));
            }
        }
        Ok(found)
    }

    /// Decides and commits. When only rotations or counters have moved meanwhile, decides again on what they are now, in
    /// turn with the others who move them.
    async fn commit(&self, prepared: &[Prepared<'_>]) -> Result<Committed, StoreError> {
        let mut needs = Needs::default();
        for prepared in prepared {
            needs.extend(prepared.needs(self.ruled.rules.checked()));
        }
        for number in 1..=DECISIONS_MAX {
            match self.decide_once(prepared, &needs).await? {
                Committed::Lost(conflict) if moved_only(&conflict) => {
                    turn::before_another(&conflict, (self.account, (self.evaluate.now)()), number).await;
                }
                committed => return Ok(committed),
            }
        }
        Ok(Committed::Lost(Conflict::default()))
    }

    /// Reads the state, decides on it and commits.
    async fn decide_once(&self, prepared: &[Prepared<'_>], needs: &Needs) -> Result<Committed, StoreError> {
        let Ruled { rules, version } = self.ruled;
        let turn = self.evaluate.begin(self.account, needs).await?;
        let (mut after, at) = (turn.before.clone(), (self.evaluate.now)());
        let planned = decide(rules, *version, prepared, &mut after, at);
        let freed = planned.iter().any(|planned| planned.freed);
        let settled = planned.into_iter().map(|planned| planned.settled).collect();
        let commit = self.evaluate.commit_of(self.account, self.ruled, settled, (turn.before.clone(), after), at);
        match self.evaluate.commit(turn, &commit).await {
            Ok(()) => Ok(Committed::Yes { commit, freed }),
            Err(CommitError::Conflict(conflict)) => Ok(Committed::Lost(conflict)),
            Err(CommitError::Throttled { .. }) => Ok(Committed::Lost(Conflict::default())),
            Err(CommitError::TooLarge(too_large)) => Ok(Committed::TooLarge(too_large)),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Asks for what follows from what was settled.
    async fn follow(&self, prepared: &[Prepared<'_>], commit: &Commit, freed: bool) -> Result<(), AttendError> {
        let (mut leads, mut needs) = (Vec::new(), Needs::default());
        for (prepared, settled) in prepared.iter().zip(&commit.settled) {
            let Some(write) = &settled.lead else { continue };
            let asks = write.lead.own_deliveries.iter().any(|own| own.version == write.lead.version);
            if settled.assignments.is_empty() && !asks {
                continue;
            }
            if matches!(write.lead.standing, Standing::Parked { .. }) {
                needs.extend(prepared.needs(self.ruled.rules.checked()));
            }
            leads.push(&write.lead);
        }
        let mut effects = Effects::default();
        if !freed {
            self.evaluate.look_if_freed(&mut effects, self.account, needs, (&commit.before, &commit.after)).await?;
        }
        let now = (self.evaluate.now)();
        for lead in &leads {
            effects.follow(self.ruled.rules.checked(), lead, now)?;
        }
        self.ask_for(effects, &leads, freed).await
    }

    /// Asks once more for what follows from events that were settled before: the first time may have ended between the
    /// commit and the queue.
    async fn follow_again(&self, settled: &[&EventRecord], known: &Known) -> Result<(), AttendError> {
        for record in settled {
            tracing::info!(event = %record.received.event, status = record.status.name(), "event was settled before");
        }
        let leads: BTreeSet<&LeadId> = settled.iter().filter_map(|record| record.lead.as_ref()).collect();
        let leads: Vec<&Lead> = leads.into_iter().filter_map(|lead| known.leads.get(lead)).collect();
        // An event that closed its lead or had it decided anew may have freed somebody. Who was freed while a lead was parked
        // is not on record.
        let freed = leads.iter().any(|lead| {
            self.ruled.rules.checked().is_closed(lead)
                || lead.holdings.iter().any(|holding| holding.ended.is_some())
                || matches!(lead.standing, Standing::Parked { .. })
        });
        let (mut effects, now) = (Effects::default(), (self.evaluate.now)());
        for lead in &leads {
            effects.follow_again(self.ruled.rules.checked(), lead, now)?;
        }
        self.ask_for(effects, &leads, freed).await
    }

    async fn ask_for(&self, mut effects: Effects, leads: &[&Lead], freed: bool) -> Result<(), AttendError> {
        self.evaluate.look_if_outdated(&mut effects, self.account, self.ruled, leads.iter().copied()).await?;
        // When it can't be told, the message is worth sending.
        if freed && self.evaluate.anything_waits(self.account).await.unwrap_or(true) {
            effects.drain(self.account, Drain::default())?;
        }
        Ok(self.evaluate.outbox.send(effects).await?)
    }
}

/// Whether nothing has changed meanwhile but rotations and counters: the events are as they were read.
fn moved_only(conflict: &Conflict) -> bool {
    !conflict.other && conflict.settled.is_empty() && conflict.seen.is_empty()
}
