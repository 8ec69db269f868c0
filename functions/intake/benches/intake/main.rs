//! `make bench-intake`: requests a second of one warm function, how long each takes, and how that compares with a function
//! that only sends back what it gets. Both are run by Lambda's own runtime over a runtime API on this machine, in turn; the
//! queue answers inside the SDK, the table is an emulator that is hardly asked, and what an answer takes is measured from the
//! event to the answer. Prints a line a format, and fails when a goal was missed.

#![expect(clippy::unwrap_used, reason = "a benchmark: a failure ends it")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod cases;
mod gateway;

use std::convert::Infallible;
use std::process::{Command, ExitCode};
use std::time::Duration;

use cases::Case;
use gateway::{Function, ROLE};
use intake::Intake;
use lambda_http::{Body, Response, service_fn};
use leadyard_fakes::{Table, queue_at_once};
use leadyard_runtime::{Metrics, Start, now, start};
use leadyard_store::{Endpoint, PublishConfig, Secret, SetSecret, Store, endpoint_key_hash};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Requests of a round, and rounds: the two functions take turns, so that what disturbs one disturbs the other.
const ROUND: usize = 50;
const ROUNDS: usize = 40;
/// Requests whose allocations are counted.
const COUNTED: u64 = 200;

/// How a line begins that tells a count.
const COUNTED_AS: &str = "allocations ";

const P99_US_MAX: f64 = 1_000.0;
const RATIO_MAX: f64 = 1.5;

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("echo") => echo(),
        Ok("count") => count(),
        Ok(_) => start("intake", async |function: Start| {
            let [table] = function.settings.all_required(["TABLE_NAME"])?;
            let store = Store::new(function.aws.dynamodb(), table.to_owned());
            let intake = &Intake::new(store, queue_at_once(&function.aws), function.metrics.clone(), now);
            lambda_http::run(service_fn(async move |request| Ok::<_, Infallible>(intake.handle(request).await)))
                .await?;
            Ok(())
        }),
        Err(_) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let table = runtime.block_on(Table::start());
            let cases = cases::all();
            runtime.block_on(publish(&table.store, &cases));
            let missed = runtime.block_on(measure(&table, &cases, &counts()));
            for missed in &missed {
                println!("missed: {missed}");
            }
            if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// The least that a function behind an HTTP API is.
fn echo() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let back = async |request: lambda_http::Request| Ok::<_, Infallible>(Response::new(request.into_body()));
    runtime.block_on(lambda_http::run(service_fn(back))).unwrap();
    ExitCode::SUCCESS
}

async fn measure(table: &Table, cases: &[Case], allocations: &[u64]) -> Vec<String> {
    let environment = [("AWS_ENDPOINT_URL", table.endpoint()), ("TABLE_NAME", Table::NAME), ("LOG_LEVEL", "info")];
    let (intake, echo) = (Function::start("intake", &environment), Function::start("echo", &[]));
    let mut missed = Vec::new();
    for (case, allocations) in cases.iter().zip(allocations) {
        let event = case.event().to_string();
        let (_, answer) = intake.invoke(&event).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(matches!(answer["statusCode"].as_u64(), Some(200..=399)), "{}: {answer}", case.format);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for (function, times) in [(&intake, &mut ours), (&echo, &mut theirs)] {
                for _ in 0..ROUND {
                    times.push(function.invoke(&event).await.0);
                }
            }
        }
        let (ours, theirs) = (Spread::of(ours), Spread::of(theirs));
        let ratio = ours.p50_us / theirs.p50_us;
        println!(
            "intake format={} per_s={:.0} p50_us={:.0} p99_us={:.0} echo_p50_us={:.0} echo_p99_us={:.0} ratio={ratio:.2} allocations={allocations}",
            case.format,
            1e6 / ours.mean_us,
            ours.p50_us,
            ours.p99_us,
            theirs.p50_us,
            theirs.p99_us,
        );
        if ours.p99_us >= P99_US_MAX {
            missed.push(format!("{} takes {:.0} µs at the 99th percentile", case.format, ours.p99_us));
        }
        if ratio > RATIO_MAX {
            missed.push(format!("{} takes {ratio:.2} times as long as an echo", case.format));
        }
    }
    missed
}

struct Spread {
    mean_us: f64,
    p50_us: f64,
    p99_us: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let at = |part: usize| us(times[(times.len() - 1) * part / 100]);
        let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap();
        Self { mean_us: us(mean), p50_us: at(50), p99_us: at(99) }
    }
}

/// Counts the allocations of each case. In a process of its own, for what a function tells CloudWatch is on its standard
/// output, too.
fn count() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let table = runtime.block_on(Table::start());
    let cases = cases::all();
    runtime.block_on(publish(&table.store, &cases));
    for case in &cases {
        println!("{COUNTED_AS}{}", allocations(&runtime, &table, case));
    }
    ExitCode::SUCCESS
}

/// What [`count`] has counted.
fn counts() -> Vec<u64> {
    let told = Command::new(std::env::current_exe().unwrap()).env(ROLE, "count").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().filter_map(|line| line.strip_prefix(COUNTED_AS)?.parse().ok()).collect()
}

/// Allocations of one request, from the request to the answer: without Lambda's runtime, with the SDK.
fn allocations(runtime: &Runtime, table: &Table, case: &Case) -> u64 {
    let intake = Intake::new(table.store.clone(), queue_at_once(table.aws()), Metrics::new("intake"), now);
    let text = case.event().to_string();
    let request = || lambda_http::request::from_str(&text).unwrap();
    runtime.block_on(intake.handle(request()));
    let requests: Vec<lambda_http::Request> = (0..COUNTED).map(|_| request()).collect();
    let mut answers: Vec<Response<Body>> = Vec::with_capacity(requests.len());
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            for request in requests {
                answers.push(intake.handle(request).await);
            }
        });
    });
    counted.count_total / COUNTED
}

/// Puts a source for each case in force; each has its format as its id and the key of its URL.
async fn publish(store: &Store, cases: &[Case]) {
    let (account, now) = ("main".parse().unwrap(), now());
    let set = SetSecret {
        account,
        name: "secret".parse().unwrap(),
        value: Secret::new(cases::SECRET),
        keep_previous: false,
        by: "bench".to_owned(),
        now,
    };
    store.set_secret(&set).await.unwrap();
    let sources: Vec<Value> = cases.iter().map(|case| case.source.clone()).collect();
    let endpoint =
        |case: &Case| Endpoint { source: case.format.parse().unwrap(), key_hash: endpoint_key_hash(case.format) };
    let publish = PublishConfig {
        endpoints: cases.iter().map(endpoint).collect(),
        ..PublishConfig::new(set.account, json!({ "sources": sources }).to_string(), 0, "bench", now)
    };
    store.publish_config(&publish).await.unwrap();
}
