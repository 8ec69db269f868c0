//! A batch of the leads queue: by account, round after round, until every event is settled.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use leadyard_domain::event::{Intent, Received};
use leadyard_domain::id::{AccountId, EventId};
use leadyard_domain::message::{Drain, LeadsMessage};
use leadyard_domain::sync::PushKind;
use leadyard_runtime::{Metrics, Record, RecordResult, backoff};
use leadyard_store::{Ruled, RulesCache, Store, StoreError};

use crate::attend::{AttendError, ask_of};
use crate::fetch::Fetcher;
use crate::lanes::Lanes;
use crate::outbox::Outbox;
use crate::plan::{Captured, capture};
use crate::round::{Round, Turn};

/// Most rounds of one batch. Each settles something or loses a race; who loses this often gives the messages back.
const ROUNDS_MAX: u32 = 40;

/// A round does not begin with less time than this left: what is settled must be answered for.
const ROUND_RESERVE: Duration = Duration::from_secs(8);

/// Says what time it is.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The function.
pub struct Evaluate {
    /// The table.
    pub store: Store,
    /// The accounts' rules.
    pub rules: RulesCache,
    /// Where everything that follows is asked for.
    pub outbox: Outbox,
    /// Where others write as well.
    pub lanes: Lanes,
    /// Who asks platforms for answers that they did not send.
    pub fetcher: Fetcher,
    /// What CloudWatch counts.
    pub metrics: Metrics,
    /// What time it is.
    pub now: Now,
}

/// An event to settle, and the messages that brought it: SQS may bring one twice.
#[derive(Clone)]
pub(crate) struct Job {
    pub messages: Vec<String>,
    pub received: Received,
    /// How often SQS handed the message out, this time included.
    pub receives: u32,
    /// Whether a failed event shall be tried again.
    pub retry: bool,
    /// How often it was tried again after it had failed, this time included.
    pub retries: u32,
    /// Whether the commit found that its body came shortly before.
    pub repeat: bool,
    pub captured: Captured,
}

impl Evaluate {
    /// Settles a batch and says of each message whether everything that it caused is durable.
    pub async fn handle(&self, records: Vec<Record<LeadsMessage>>) -> Vec<RecordResult> {
        // A walk takes all the time that there is: what else came with it goes first.
        let (walks, others): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| is_walk(&record.message));
        let mut results = Vec::new();
        for mut rest in [others, walks] {
            while let Some(first) = rest.first() {
                let account = first.message.account().clone();
                let (mine, others): (Vec<_>, Vec<_>) =
                    rest.into_iter().partition(|record| *record.message.account() == account);
                rest = others;
                results.extend(self.settle(&account, mine).await);
            }
        }
        results
    }

    async fn settle(&self, account: &AccountId, records: Vec<Record<LeadsMessage>>) -> Vec<RecordResult> {
        let ids: Vec<String> = records.iter().map(|record| record.message_id.clone()).collect();
        // One version decides the whole batch, whatever is published meanwhile.
        let ruled = match self.rules.get(account, (self.now)()).await {
            Ok(Some(ruled)) => ruled,
            Ok(None) => return give_back(&ids, "the account has no published config"),
            Err(error) => return give_back(&ids, &error.to_string()),
        };
        let deadline = records.iter().map(|record| record.deadline).min().unwrap_or(Timestamp::MAX);
        let until = deadline.saturating_sub(ROUND_RESERVE).unwrap_or(Timestamp::MIN);
        let (received, others): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| matches!(record.message, LeadsMessage::Received { .. }));
        // A slow platform must not hold up what needs nothing of it.
        let (fetches, events): (Vec<_>, Vec<_>) =
            jobs(&ruled, received).into_iter().partition(|job| job.received.intent == Intent::Fetch);
        let (erasures, events): (Vec<_>, Vec<_>) = events.into_iter().partition(|job| is_erasure(&job.received.intent));
        let mut results = self.work(account, &ruled, events, until).await;
        let (fetched, given_back) = self.fetch(account, &ruled, fetches, until).await;
        results.extend(given_back);
        results.extend(self.work(account, &ruled, fetched, until).await);
        // What is erased was made before, perhaps in this very batch.
        results.extend(self.erase(account, &ruled, erasures, until).await);
        for record in others {
            let (message_id, kind) = (record.message_id, record.message.name());
            results.push(match self.one(account, &ruled, record.message, until).await {
                Ok(()) => RecordResult::done(message_id),
                Err(error) => RecordResult::retry(message_id, format!("{kind}: {error}")),
            });
        }
        results
    }

    /// Handles a message that is no event.
    async fn one(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        message: LeadsMessage,
        until: Timestamp,
    ) -> Result<(), AttendError> {
        if (self.now)() >= until {
            return Err(AttendError::OutOfTime);
        }
        match message {
            LeadsMessage::Drain { drain, .. } => {
                let newer = self.newer(account, ruled, &drain).await?;
                self.drain(account, newer.as_deref().unwrap_or(ruled), drain, until).await
            }
            LeadsMessage::Erase { lead, by, .. } => self.erase_by_hand(account, ruled, &lead, &by).await,
            LeadsMessage::Import { import, from, .. } => self.import(account, ruled, &import, from).await,
            LeadsMessage::Backfill { backfill, from, .. } => self.backfill(account, ruled, &backfill, from).await,
            message => match ask_of(message) {
                Some(ask) => self.attend(account, ruled, &ask).await,
                None => Ok(()),
            },
        }
    }

    /// The rules in force where a walk was asked for because of them, and this process has not seen them yet.
    async fn newer(&self, account: &AccountId, ruled: &Ruled, drain: &Drain) -> Result<Option<Arc<Ruled>>, StoreError> {
        if !drain.rules_changed {
            return Ok(None);
        }
        let in_force = self.store.config_pointer(account).await?.map(|pointer| pointer.version);
        if in_force == Some(ruled.version) {
            return Ok(None);
        }
        self.rules.forget(account);
        self.rules.get(account, (self.now)()).await
    }

    /// Goes round after round until the events are settled or the time is up.
    async fn work(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        mut open: Vec<Job>,
        until: Timestamp,
    ) -> Vec<RecordResult> {
        let mut results = Vec::new();
        let mut most = open.len();
        for number in 1..=ROUNDS_MAX {
            if open.is_empty() {
                return results;
            }
            if (self.now)() >= until {
                results.extend(give_back(&messages(&open), "the invocation has no time for another round"));
                return results;
            }
            let round = Round { evaluate: self, account, ruled, again: number > 1 };
            let alone = open.clone();
            match round.run(open, most).await {
                Ok(Turn { done, unsent, rest, lost }) => {
                    results.extend(done.into_iter().map(RecordResult::done));
                    results.extend(unsent.into_iter().map(|(message, why)| RecordResult::retry(message, why)));
                    open = rest;
                    if let Some(at_most) = lost {
                        most = at_most;
                        tokio::time::sleep(backoff::full_jitter(seed(&open), number)).await;
                    }
                }
                // One bad item must not hold up the others: each event goes on alone.
                Err(error) if !error.is_retryable() && alone.len() > 1 => {
                    tracing::error!(%account, %error, "a round failed: its events go on one by one");
                    for job in alone {
                        results.extend(Box::pin(self.work(account, ruled, vec![job], until)).await);
                    }
                    return results;
                }
                Err(error) => {
                    results.extend(give_back(&messages(&alone), &error.to_string()));
                    return results;
                }
            }
        }
        results.extend(give_back(&messages(&open), "others were faster too often"));
        results
    }
}

/// Whether an event says that a lead is to be erased.
fn is_erasure(intent: &Intent) -> bool {
    match intent {
        Intent::Erase { .. } => true,
        Intent::Sync(head) => head.kind == PushKind::Deleted,
        Intent::Capture | Intent::Fetch | Intent::Log { .. } | Intent::Fail { .. } => false,
    }
}

fn is_walk(message: &LeadsMessage) -> bool {
    matches!(message, LeadsMessage::Drain { .. } | LeadsMessage::Import { .. } | LeadsMessage::Backfill { .. })
}

/// One job an event, in the order of the batch.
fn jobs(ruled: &Ruled, records: Vec<Record<LeadsMessage>>) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for record in records {
        let LeadsMessage::Received { event, retry } = record.message else { continue };
        if let Some(known) = jobs.iter_mut().find(|job| job.received.event == event.event) {
            known.messages.push(record.message_id);
            known.retry |= retry;
            known.receives = known.receives.max(record.receive_count);
            continue;
        }
        let captured = capture(ruled.rules.checked(), &event);
        jobs.push(Job {
            messages: vec![record.message_id],
            receives: record.receive_count,
            received: *event,
            retry,
            retries: 0,
            repeat: false,
            captured,
        });
    }
    jobs
}

fn messages(jobs: &[Job]) -> Vec<String> {
    jobs.iter().flat_map(|job| job.messages.clone()).collect()
}

fn give_back(messages: &[String], reason: &str) -> Vec<RecordResult> {
    messages.iter().map(|message| RecordResult::retry(message, reason)).collect()
}

/// Writers that met wait differently long.
fn seed(jobs: &[Job]) -> Option<&EventId> {
    jobs.first().map(|job| &job.received.event)
}
