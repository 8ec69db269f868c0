//! The start of a function.
//!
//! ```no_run
//! use leadyard_runtime::{Limits, QueueSender, Record, SendError, Start, start};
//! use std::{num::NonZeroUsize, process::ExitCode, time::Duration};
//!
//! fn main() -> ExitCode {
//!     start("deliver-webhook", async |function: Start| {
//!         let queue = QueueSender::new(function.aws.sqs(), function.settings.required("WEBHOOK_QUEUE_URL")?);
//!         let limits = Limits {
//!             concurrency: NonZeroUsize::new(10).expect("not zero"),
//!             start_reserve: Duration::from_secs(20),
//!         };
//!         function.serve_each(limits, async |record: Record<String>| deliver(&queue, record).await).await
//!     })
//! }
//! # async fn deliver(_: &QueueSender, _: Record<String>) -> Result<(), SendError> { Ok(()) }
//! ```
//!
//! What runs before the event loop must not need a service: DynamoDB being away is a failure of one invocation
//! that is tried again, not of the start. Load lazily, with the first invocation.

use std::{
    convert::Infallible,
    error::Error,
    fmt::Display,
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;

use crate::{
    aws::Aws,
    batch::{self, Limits, Record, RecordResult},
    clock, logging,
    metrics::Metrics,
    settings::{Settings, SettingsError},
};

/// What `lambda_runtime` reads from the environment; it panics when one is missing.
const LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_RUNTIME_API",
];

/// Runs a function: logging, settings, clients, then `main` until Lambda ends the process.
///
/// `function` is the name of its directory and crate, as it stands in logs and metrics. When it cannot start, one
/// JSON line says why and the exit code is not zero, which Lambda reports as a failed start.
pub fn start(function: &'static str, main: impl AsyncFnOnce(Start) -> Result<(), StartError>) -> ExitCode {
    let settings = Settings::from_env();
    logging::init(function, settings.optional("LOG_LEVEL"));
    match launch(&settings, main) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = &error as &dyn Error, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

fn launch(settings: &Settings, main: impl AsyncFnOnce(Start) -> Result<(), StartError>) -> Result<(), StartError> {
    // The dimension is the deployed name: the template's alarms name it so, and two stacks stay apart.
    let [deployed, ..] = settings.all_from_lambda(LAMBDA)?;
    let start =
        Start { aws: Aws::from_settings(settings)?, metrics: Metrics::new(deployed), settings: settings.clone() };
    // One thread: Lambda hands a process one invocation at a time, the work is waiting for the network, and below
    // 1,769 MB there is not even one whole processor. Worker threads would only make the start longer.
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(StartError::Tokio)?
        .block_on(main(start))
}

/// What `main` gets.
#[derive(Clone)]
pub struct Start {
    /// The function's environment variables.
    pub settings: Settings,
    /// The SDK clients.
    pub aws: Aws,
    /// The function's metrics. The `serve_` functions flush them; a function that serves HTTP does it itself.
    pub metrics: Metrics,
}

impl Start {
    /// Serves an SQS event source record by record: see [`batch::each`].
    pub async fn serve_each<T, E>(
        &self,
        limits: Limits,
        handler: impl AsyncFn(Record<T>) -> Result<(), E>,
    ) -> Result<(), StartError>
    where
        T: DeserializeOwned,
        E: Display,
    {
        self.serve(async |event, deadline| batch::each(event, deadline, limits, clock::now, &handler).await).await
    }

    /// Serves an SQS event source batch by batch: see [`batch::together`].
    pub async fn serve_together<T>(
        &self,
        start_reserve: Duration,
        handler: impl AsyncFn(Vec<Record<T>>) -> Vec<RecordResult>,
    ) -> Result<(), StartError>
    where
        T: DeserializeOwned,
    {
        self.serve(async |event, deadline| batch::together(event, deadline, start_reserve, clock::now, &handler).await)
            .await
    }

    async fn serve(&self, run: impl AsyncFn(SqsEvent, Timestamp) -> SqsBatchResponse) -> Result<(), StartError> {
        let run = &run;
        let invocation = |event: LambdaEvent<SqsEvent>| async move {
            let began = Instant::now();
            let (event, context) = event.into_parts();
            let records = event.records.len();
            let response = run(event, deadline(&context)).await;
            self.report(records, response.batch_item_failures.len(), began);
            Ok::<_, Infallible>(response)
        };
        lambda_runtime::run(service_fn(invocation)).await?;
        Ok(())
    }

    fn report(&self, records: usize, failed: usize, began: Instant) {
        let took = began.elapsed();
        // A usize always fits: no machine has more than 64 bits of them.
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.metrics.count("Records", number(records));
        self.metrics.count("RecordsFailed", number(failed));
        self.metrics.millis("Batch", took);
        self.metrics.flush();
        tracing::info!(records, failed, ms = took.as_secs_f64() * 1000.0, "batch handled");
    }
}

/// When Lambda ends the invocation.
fn deadline(context: &Context) -> Timestamp {
    i64::try_from(context.deadline)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Why a function does not run. Nothing to retry: Lambda starts it again by itself.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The deployment is not complete.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The operating system gave no event loop.
    #[error("no event loop: the async runtime could not be made")]
    Tokio(#[source] io::Error),
    /// The loop that talks to Lambda ended, which it never does by itself.
    #[error("the connection to the Lambda runtime API broke")]
    Lambda(#[from] lambda_runtime::Error),
}
