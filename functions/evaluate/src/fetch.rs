//! Fetching the answers of leads of which a platform sent ids only, before they are captured.
//!
//! What is asked and how an answer is read stands with the format (`leadyard_sources::fetch`). Here is when: at most so
//! many requests a second for a source, all of a batch together, within the invocation's time.

mod limiter;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::{FetchSettings, Source};
use leadyard_domain::event::{EventStatus, Intent, Received};
use leadyard_domain::id::AccountId;
use leadyard_domain::message::LeadsMessage;
use leadyard_outbound::address::AddressPolicy;
use leadyard_outbound::exchange::{BodyEnd, Exchange, Method, OutboundRequest, Reply};
use leadyard_runtime::{DELAY_SECONDS_MAX, Outgoing, RecordResult, SendError};
use leadyard_sources::{Answer, Api, Ask, Fetch, FetchError, Fetched, format};
use leadyard_store::{Ruled, SecretCache, Store};
use tokio::sync::OnceCell;

use crate::handler::{Evaluate, Job};
use crate::plan::{Captured, capture};
use limiter::{Limiter, Take};

/// A lead that could not be fetched is a failed event after so many receives of its message: one more than that would be
/// left before the dead-letter queue (`maxReceiveCount` in template.yaml), for a process that dies.
pub(crate) const RECEIVES_MAX: u32 = 4;
/// For one request. Platforms answer within one.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(8);
/// Fetching ends so long before the last round may begin: what was fetched has to be decided, too.
const RESERVE: SignedDuration = SignedDuration::from_secs(3);
/// Longest time for which an event waits for its turn here; one that has to wait longer goes back to the queue.
const WAIT_MAX: SignedDuration = SignedDuration::from_secs(5);
/// Most requests at a time.
const AT_ONCE: usize = 10;

/// Asks platforms for what they did not send.
pub struct Fetcher {
    secrets: SecretCache,
    policy: AddressPolicy,
    /// Made with the first request, for it reads the system's certificates and most accounts never fetch.
    exchange: OnceCell<Exchange>,
    limiter: Limiter,
}

impl Fetcher {
    /// Nothing is read before the first request.
    #[must_use]
    pub fn new(store: Store, policy: AddressPolicy) -> Self {
        Self { secrets: SecretCache::new(store), policy, exchange: OnceCell::new(), limiter: Limiter::default() }
    }

    /// Asks a platform. The error's text holds neither the address nor what was answered.
    async fn ask<T>(
        &self,
        ask: Ask,
        until: Timestamp,
        now: Timestamp,
        read: impl FnOnce(&Answer<'_>) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let exchange = self.exchange.get_or_try_init(async || Exchange::new(self.policy.clone())).await;
        let exchange = exchange.map_err(|error| FetchError::Later(error.to_string()))?;
        let timeout = until.duration_since(now).min(TIMEOUT).unsigned_abs();
        let headers = ask.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = OutboundRequest { method: Method::GET, url: ask.url, headers, body: Vec::new(), timeout };
        match exchange.send(request).await {
            Reply::Failure(failure) if failure.code.is_retryable() => Err(FetchError::Later(failure.to_string())),
            Reply::Failure(failure) => Err(FetchError::Final(failure.to_string())),
            Reply::Answer(answer) => match answer.body_end {
                BodyEnd::Complete => read(&Answer { status: answer.status, body: &answer.body }),
                BodyEnd::Capped => Err(FetchError::Final("the platform's answer is too large".to_owned())),
                BodyEnd::TimedOut | BodyEnd::Broken => {
                    Err(FetchError::Later("the platform's answer broke off".to_owned()))
                }
            },
        }
    }
}

/// What fetching an event came to.
enum Outcome {
    /// It is ready to be captured, or to be logged.
    Ready(Fetched),
    /// It fails for good.
    Failed(String),
    /// It may go better later.
    Later(String),
    /// Too many are asked for: in so long it may go.
    Full(SignedDuration),
    /// The invocation has no time for it.
    OutOfTime,
}

impl Evaluate {
    /// Fetches what is to be fetched. What comes back is to be settled now; the messages of the others are answered for.
    pub(crate) async fn fetch(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        jobs: Vec<Job>,
        until: Timestamp,
    ) -> (Vec<Job>, Vec<RecordResult>) {
        let (wanted, mut ready): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.received.intent == Intent::Fetch);
        if wanted.is_empty() {
            return (ready, Vec::new());
        }
        let mut results = Vec::new();
        // A message that comes again must not cost a request: the round finds its event settled.
        let ids = wanted.iter().map(|job| job.received.event.clone()).collect();
        let known = match self.store.events(account, &ids).await {
            Ok(known) => known,
            Err(error) => {
                results.extend(wanted.iter().flat_map(|job| give_back(job, &error.to_string())));
                return (ready, results);
            }
        };
        let (settled, open): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|job| {
            let known = known.get(&job.received.event);
            known.is_some_and(|record| !(job.retry && record.status == EventStatus::Failed))
        });
        ready.extend(settled);
        let until = until.saturating_sub(RESERVE).unwrap_or(Timestamp::MIN);
        let fetched = open.into_iter().map(|job| async move {
            let outcome = self.fetch_one(account, ruled, &job.received, until).await;
            (job, outcome)
        });
        let fetched: Vec<_> = stream::iter(fetched).buffered(AT_ONCE).collect().await;
        for (mut job, outcome) in fetched {
            let event = job.received.event.clone();
            match outcome {
                Outcome::Ready(fetched) => {
                    // It is captured from what stands in the log, also when it is retried later.
                    let (payload, intent) = match fetched {
                        Fetched::Lead(payload) => (payload, Intent::Capture),
                        Fetched::Test(payload) => {
                            (payload, Intent::Log { reason: "a test lead of the platform".to_owned() })
                        }
                    };
                    job.received.payload = payload;
                    job.received.intent = intent;
                    job.captured = capture(ruled.rules.checked(), &job.received);
                    ready.push(job);
                }
                Outcome::Failed(reason) => {
                    job.captured = Captured::Failed(reason);
                    ready.push(job);
                }
                Outcome::Later(reason) if job.receives >= RECEIVES_MAX => {
                    job.captured = Captured::Failed(format!("{reason}; tried {} times", job.receives));
                    ready.push(job);
                }
                Outcome::Later(reason) => {
                    tracing::warn!(%account, %event, source = %job.received.source, reason, "lead not fetched yet");
                    results.extend(give_back(&job, &reason));
                }
                Outcome::Full(wait) => results.extend(self.put_off(&job, wait).await),
                Outcome::OutOfTime => results.extend(give_back(&job, "the invocation has no time to fetch it")),
            }
        }
        (ready, results)
    }

    async fn fetch_one(&self, account: &AccountId, ruled: &Ruled, received: &Received, until: Timestamp) -> Outcome {
        let (source, fetch, settings) = match settings(ruled, received) {
            Ok(settings) => settings,
            Err(reason) => return Outcome::Failed(reason),
        };
        let token = match self.fetcher.secrets.get(account, &settings.token, (self.now)()).await {
            Ok(values) => values.first().map(|value| value.expose().to_owned()),
            Err(error) => return Outcome::Later(error.to_string()),
        };
        let Some(token) = token else {
            return Outcome::Failed(format!("the secret '{}' has no value: set it and retry", settings.token));
        };
        let asks = match (fetch.lead)(&Api::new(fetch, settings, &token), &received.payload) {
            Ok(asks) => asks,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let mut denied = "there is nothing to ask for".to_owned();
        for ask in asks {
            let now = (self.now)();
            if now >= until {
                return Outcome::OutOfTime;
            }
            match self.fetcher.limiter.take((account, &source.id), settings.per_second, now, WAIT_MAX) {
                Take::Now => {}
                Take::After(wait) => tokio::time::sleep(wait.unsigned_abs()).await,
                Take::Full(wait) => return Outcome::Full(wait),
            }
            let now = (self.now)();
            if now >= until {
                return Outcome::OutOfTime;
            }
            match self.fetcher.ask(ask, until, now, |answer| (fetch.read)(&received.payload, answer)).await {
                Ok(fetched) => return Outcome::Ready(fetched),
                Err(FetchError::Denied(reason)) => denied = reason,
                Err(FetchError::Final(reason)) => return Outcome::Failed(reason),
                Err(FetchError::Later(reason)) => return Outcome::Later(reason),
            }
        }
        Outcome::Failed(denied)
    }

    /// Sends an event again for later: to wait for its turn spends no receive of its message.
    async fn put_off(&self, job: &Job, wait: SignedDuration) -> Vec<RecordResult> {
        let seconds = u16::try_from(wait.as_secs() + 1).unwrap_or(DELAY_SECONDS_MAX).clamp(1, DELAY_SECONDS_MAX);
        let message = LeadsMessage::Received { event: Box::new(job.received.clone()), retry: job.retry };
        let (id, group) = (job.received.event.to_string(), job.received.account.to_string());
        let sent = async {
            let outgoing = Outgoing::json(id, group, &message)?;
            self.outbox.leads.send_one(outgoing.delayed(seconds)).await?;
            Ok::<_, SendError>(())
        };
        match sent.await {
            Ok(()) => job.messages.iter().map(RecordResult::done).collect(),
            Err(error) => give_back(job, &error.to_string()),
        }
    }
}

/// Where an event's answers are fetched, or why they can't be.
fn settings<'a>(
    ruled: &'a Ruled,
    received: &Received,
) -> Result<(&'a Source, &'static Fetch, &'a FetchSettings), String> {
    let Some(source) = ruled.rules.checked().source(&received.source) else {
        return Err(format!("the source '{}' is not in the config any more: put it back and retry", received.source));
    };
    let Some(fetch) = format(&source.format).and_then(|format| format.fetch) else {
        return Err(format!("the format '{}' of its source fetches nothing", source.format));
    };
    match &source.fetch {
        Some(settings) => Ok((source, fetch, settings)),
        None => Err("its source says nothing of where answers are fetched: set 'fetch' and retry".to_owned()),
    }
}

fn give_back(job: &Job, reason: &str) -> Vec<RecordResult> {
    job.messages.iter().map(|message| RecordResult::retry(message, reason)).collect()
}
