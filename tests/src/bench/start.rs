//! From process start to the first poll, for each function, beside the least that a function can be.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use cargo_metadata::MetadataCommand;

use super::{BenchError, median, runtime_api::RuntimeApi};
use crate::stack::{self, Profile, workspace};

/// Starts of each function. They take turns, so that a busy moment of the machine falls on all.
const RUNS: usize = 31;

/// Starts before the measured ones: the first reads the binary from the disk.
const WARM_UP_RUNS: usize = 3;

/// The most that a function may take, as a multiple of the hello world.
const RATIO_GOAL: f64 = 3.0;

/// The most that a binary may weigh, in megabytes of 1,000,000 bytes.
const SIZE_MB_GOAL: f64 = 9.0;

/// What a function needs to start. Nothing answers at these addresses: a start must not need a service.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("LOG_LEVEL", "info"),
    ("TABLE_NAME", "leads"),
    ("LEADS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/leads"),
    ("WEBHOOK_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/webhook"),
    ("WEBHOOK_QUEUE_ARN", "arn:aws:sqs:us-east-1:123456789012:webhook"),
    ("EMAIL_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/email"),
    ("EMAIL_QUEUE_ARN", "arn:aws:sqs:us-east-1:123456789012:email"),
    ("EMAIL_SENDER", "leads@example.com"),
    ("SCHEDULE_GROUP", "leadyard"),
    ("SCHEDULER_ROLE_ARN", "arn:aws:iam::123456789012:role/scheduler"),
    ("ALLOWED_NETWORKS", ""),
    ("ALLOW_HTTP", "false"),
    ("ALLOWED_PORTS", ""),
    ("PUBLIC_URL", "https://example.execute-api.us-east-1.amazonaws.com"),
];

/// One program that is measured.
struct Subject {
    name: &'static str,
    binary: PathBuf,
    starts_ms: Vec<f64>,
}

/// Measures and prints one line for each function. True when all goals are met.
pub async fn start() -> Result<bool, BenchError> {
    eprintln!("building the functions optimised, as they are deployed (minutes the first time) ...");
    stack::build(Profile::Release).await?;
    let target = MetadataCommand::new().current_dir(workspace::root()).no_deps().exec()?.target_directory;
    let release = target.into_std_path_buf().join("release");
    // A thread of its own would measure the same: nothing else runs in this process meanwhile.
    measure(&release)
}

fn measure(release: &Path) -> Result<bool, BenchError> {
    let subject = |name: &'static str| Subject { name, binary: release.join(name), starts_ms: Vec::new() };
    let mut hello = subject("hello");
    let mut functions = workspace::FUNCTIONS.map(subject);
    for run in 0..WARM_UP_RUNS + RUNS {
        for subject in functions.iter_mut().chain([&mut hello]) {
            let took_ms = time_to_first_poll(subject.name, &subject.binary)?;
            if run >= WARM_UP_RUNS {
                subject.starts_ms.push(took_ms);
            }
        }
    }
    let hello_ms = median(hello.starts_ms);
    let mut met = true;
    for Subject { name, binary, starts_ms } in functions {
        let ms = median(starts_ms);
        let ratio = ms / hello_ms;
        let mb = size_mb(&binary)?;
        println!("start function={name} ms={ms:.2} hello_ms={hello_ms:.2} ratio={ratio:.2} mb={mb:.2}");
        if ratio > RATIO_GOAL || mb > SIZE_MB_GOAL {
            met = false;
            eprintln!("{name} is beyond the goal: a ratio of {RATIO_GOAL} and {SIZE_MB_GOAL} MB at most");
        }
    }
    Ok(met)
}

/// Milliseconds from just before the process is made to when its first poll was read.
fn time_to_first_poll(name: &str, binary: &Path) -> Result<f64, BenchError> {
    let api = RuntimeApi::listen().map_err(BenchError::system("a free port of 127.0.0.1"))?;
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(ENVIRONMENT.iter().copied())
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let began = Instant::now();
    let child = command.spawn().map_err(BenchError::system(binary.display().to_string()))?;
    let mut child = Ended(child);
    let (polled, connection) = api.first_poll(&mut child.0).map_err(|error| {
        let reason = error.to_string();
        BenchError::NeverPolled { function: name.to_owned(), reason }
    })?;
    // Ended before its connection is: it would complain.
    drop(child);
    drop(connection);
    Ok(polled.duration_since(began).as_secs_f64() * 1000.0)
}

/// A process that ends with this value: it waits for work that never comes.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // A failure means that it has ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn size_mb(binary: &Path) -> Result<f64, BenchError> {
    let bytes = fs::metadata(binary).map_err(BenchError::system(binary.display().to_string()))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a file of less than 2^52 bytes")]
    let mb = bytes as f64 / 1e6;
    Ok(mb)
}
