//! The one SQS batch loop.
//!
//! Each record is parsed by itself and fails by itself: a body that is not a message, an error, a panic or a lack
//! of time puts this record on the list of failures, and SQS hands it out again or moves it to the dead-letter
//! queue. Only a record that its handler called done is left off the list, and so deleted.
//!
//! The event source needs `FunctionResponseTypes: [ReportBatchItemFailures]`. Lambda takes an empty list for a
//! success of all, and an empty id in it for a failure of all
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>).

use std::{collections::BTreeMap, fmt::Display, num::NonZeroUsize, panic::AssertUnwindSafe, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tracing::{Instrument as _, Span};

mod record;

pub use record::Record;
use record::parse;

/// Kept back to answer in: work that still runs then is dropped and reported as failed, because a function that
/// is killed at its deadline acknowledges nothing, not even what was done.
const ANSWER_RESERVE: Duration = Duration::from_millis(500);

/// How one invocation of [`each`] may spend its time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most records in work at the same time.
    pub concurrency: NonZeroUsize,
    /// Work does not begin when less than this is left: about the longest that one record takes.
    pub start_reserve: Duration,
}

/// What the handler of a whole batch says of one of its records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RecordResult {
    /// Everything that the record caused is durable; SQS may delete it.
    Done {
        /// The record's message id.
        message_id: String,
    },
    /// SQS shall hand the record out again.
    Retry {
        /// The record's message id.
        message_id: String,
        /// Why, for the log: ids and codes only.
        reason: String,
    },
}

impl RecordResult {
    /// The record is finished.
    pub fn done(message_id: impl Into<String>) -> Self {
        Self::Done { message_id: message_id.into() }
    }

    /// The record has to come again.
    pub fn retry(message_id: impl Into<String>, reason: impl Display) -> Self {
        Self::Retry { message_id: message_id.into(), reason: reason.to_string() }
    }
}

/// Hands each record to `handler` by itself, several at a time.
///
/// An error of the handler is logged here, once, so its text must be free of lead data.
pub async fn each<T, E>(
    event: SqsEvent,
    deadline: Timestamp,
    limits: Limits,
    now: impl Fn() -> Timestamp,
    handler: impl AsyncFn(Record<T>) -> Result<(), E>,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
    E: Display,
{
    let budget = Budget::new(deadline, limits.start_reserve, &now);
    let (budget, handler) = (&budget, &handler);
    let work = event.records.iter().map(|message| async move {
        let record = match parse(message, deadline) {
            Ok(record) => record,
            Err(message_id) => return Some(message_id),
        };
        let (message_id, span) = (record.message_id.clone(), record.span());
        let run = async {
            match budget.run(async || handler(record).await).await {
                Ran::Finished(Ok(())) => true,
                Ran::Finished(Err(error)) => {
                    tracing::warn!(%error, "record failed");
                    false
                }
                Ran::Panicked | Ran::OutOfTime => false,
            }
        };
        let done = run.instrument(span).await;
        (!done).then_some(message_id)
    });
    stream::iter(work)
        .buffer_unordered(limits.concurrency.get())
        .filter_map(async |failed| failed)
        .collect::<Vec<_>>()
        .map(response)
        .await
}

/// Hands all records of the batch to `handler` at once, which answers for each by message id.
///
/// A record that it does not mention counts as failed. When it panics, every record goes through it once more,
/// alone, so that only the one that cannot be handled fails: the handler must be idempotent. Nothing begins when
/// less than `start_reserve` is left, about the longest that the handler takes.
pub async fn together<T>(
    event: SqsEvent,
    deadline: Timestamp,
    start_reserve: Duration,
    now: impl Fn() -> Timestamp,
    handler: impl AsyncFn(Vec<Record<T>>) -> Vec<RecordResult>,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
{
    let budget = Budget::new(deadline, start_reserve, &now);
    let mut failed = Vec::new();
    let mut messages = Vec::new();
    let mut records = Vec::new();
    for message in &event.records {
        match parse(message, deadline) {
            Ok(record) => {
                messages.push(message);
                records.push(record);
            }
            Err(message_id) => failed.push(message_id),
        }
    }
    if records.is_empty() {
        return response(failed);
    }
    let mut verdicts = Verdicts::of(&records);
    let span = match records.as_slice() {
        [only] => only.span(),
        _ => Span::none(),
    };
    match budget.run(async || handler(records).await).instrument(span).await {
        Ran::Finished(results) => verdicts.take(results),
        Ran::OutOfTime => {}
        Ran::Panicked if messages.len() == 1 => {}
        Ran::Panicked => {
            tracing::warn!(records = messages.len(), "the batch panicked: each record runs alone");
            for message in messages {
                // Parsed once more rather than cloned: a panic is rare, and `T` need not be `Clone`.
                let Ok(record) = parse(message, deadline) else {
                    continue;
                };
                let span = record.span();
                let alone = budget.run(async || handler(vec![record]).await);
                if let Ran::Finished(results) = alone.instrument(span).await {
                    verdicts.take(results);
                }
            }
        }
    }
    failed.extend(verdicts.failed());
    response(failed)
}

fn response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed);
    response
}

/// How a piece of work ended.
enum Ran<R> {
    Finished(R),
    Panicked,
    OutOfTime,
}

/// The time of one invocation.
struct Budget<N> {
    answer_by: Timestamp,
    start_by: Timestamp,
    now: N,
}

impl<N: Fn() -> Timestamp> Budget<N> {
    fn new(deadline: Timestamp, start_reserve: Duration, now: N) -> Self {
        let before = |reserve: Duration| deadline.saturating_sub(reserve).unwrap_or(Timestamp::MIN);
        Self { answer_by: before(ANSWER_RESERVE), start_by: before(start_reserve.max(ANSWER_RESERVE)), now }
    }

    /// Runs `work` when there is time left, drops it when the time is up, and catches its panic. Logs both.
    async fn run<R>(&self, work: impl AsyncFnOnce() -> R) -> Ran<R> {
        let now = (self.now)();
        if now >= self.start_by {
            tracing::warn!("not begun: the invocation has too little time left");
            return Ran::OutOfTime;
        }
        let left = Duration::try_from(now.duration_until(self.answer_by)).unwrap_or_default();
        // Nothing of `work` is used after a panic but what it did to the outside, which is idempotent.
        let caught = AssertUnwindSafe(work()).catch_unwind();
        match tokio::time::timeout(left, caught).await {
            Ok(Ok(result)) => Ran::Finished(result),
            Ok(Err(_payload)) => {
                // The payload can quote a lead; the panic hook has logged the place.
                tracing::error!("the handler panicked");
                Ran::Panicked
            }
            Err(_elapsed) => {
                tracing::error!("stopped: the invocation's time is up");
                Ran::OutOfTime
            }
        }
    }
}

/// What is known of each record of a batch; not known means failed.
struct Verdicts {
    done: BTreeMap<String, Option<bool>>,
}

impl Verdicts {
    fn of<T>(records: &[Record<T>]) -> Self {
        Self { done: records.iter().map(|record| (record.message_id.clone(), None)).collect() }
    }

    /// Notes results. For a record with both, the retry stands.
    fn take(&mut self, results: Vec<RecordResult>) {
        for result in results {
            let (message_id, done) = match result {
                RecordResult::Done { message_id } => (message_id, true),
                RecordResult::Retry { message_id, reason } => {
                    tracing::warn!(message_id, reason, "record failed");
                    (message_id, false)
                }
            };
            match self.done.get_mut(&message_id) {
                Some(known) => *known = Some(known.unwrap_or(true) && done),
                None => tracing::error!(message_id, "a result for a record that is not in the batch"),
            }
        }
    }

    fn failed(self) -> impl Iterator<Item = String> {
        self.done.into_iter().filter(|(_, done)| *done != Some(true)).map(|(message_id, _)| message_id)
    }
}

#[cfg(test)]
mod tests;
