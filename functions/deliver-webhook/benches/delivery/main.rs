//! `make bench-delivery`: deliveries a second of one warm function, its own overhead beyond the table's time, its memory, and
//! what nine destinations lose when a tenth hangs; and how a million deliveries come back after an outage.
//!
//! Table and receivers run in a process of their own, so that the memory of this one is the function's. Prints a line a case,
//! and fails when a goal was missed.

#![expect(clippy::unwrap_used, reason = "a benchmark: a failure ends it")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod backlog;
mod surroundings;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deliver_webhook::handler::DeliverWebhook;
use futures_util::future::join_all;
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_fakes::{Queue, Schedules, assigned_lead};
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{FollowUps, Metrics, Record, now};
use leadyard_store::{PublishConfig, Store};
use serde_json::json;
use surroundings::Surroundings;

/// Messages of one invocation, all in flight at once.
const BATCH: usize = 64;
/// Deliveries of which each is timed by itself, and of those that go in batches.
const ALONE: u32 = 500;
const TOGETHER: u32 = 2_000;
/// Destinations, the deliveries of each, and environments of the function, as many as the template allows.
const DESTINATIONS: u32 = 10;
const EACH: u32 = 500;
const ENVIRONMENTS: usize = 20;

const OVERHEAD_P99_MS_MAX: f64 = 5.0;
const MB_MAX: f64 = 64.0;
const ISOLATION_MIN: f64 = 0.95;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if surroundings::is_asked_for() {
        runtime.block_on(surroundings::serve());
        return ExitCode::SUCCESS;
    }
    let mut missed = runtime.block_on(run());
    missed.extend(backlog::run());
    for missed in &missed {
        println!("missed: {missed}");
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run() -> Vec<String> {
    let around = Surroundings::start();
    let (store, spent) = around.store();
    publish(&store, &around).await;
    let desk = Desk::start(store).await;

    let mut overheads = Vec::new();
    for delivery in desk.leads(0..ALONE, |_| "d0".to_owned()).await {
        let before = spent.load(Ordering::Relaxed);
        let began = Instant::now();
        desk.handle(&desk.function, delivery).await;
        let tables = Duration::from_nanos(spent.load(Ordering::Relaxed) - before);
        overheads.push(began.elapsed().saturating_sub(tables).as_secs_f64() * 1e3);
    }
    overheads.sort_by(f64::total_cmp);
    let at = |part: usize| overheads[(overheads.len() - 1) * part / 100];

    let waiting = desk.leads(10_000..10_000 + TOGETHER, |_| "d0".to_owned()).await;
    let began = Instant::now();
    for batch in waiting.chunks(BATCH) {
        join_all(batch.iter().map(|delivery| desk.handle(&desk.function, delivery.clone()))).await;
    }
    let per_s = f64::from(TOGETHER) / began.elapsed().as_secs_f64();
    let mb = memory_mb();

    let well = nine(&desk, 20_000, "d", per_s).await;
    let beside = nine(&desk, 40_000, "h", per_s).await;
    let isolation = beside / well;
    println!(
        "delivery per_s={per_s:.1} overhead_p50_ms={:.2} overhead_p99_ms={:.2} mb={mb:.1} isolation={isolation:.3}",
        at(50),
        at(99)
    );
    let mut missed = Vec::new();
    if at(99) >= OVERHEAD_P99_MS_MAX {
        missed.push(format!("the overhead is {:.2} ms at the 99th percentile", at(99)));
    }
    if mb >= MB_MAX {
        missed.push(format!("the function takes {mb:.1} MB"));
    }
    if isolation < ISOLATION_MIN {
        missed.push(format!("beside one that hangs the others keep {isolation:.3} of their rate"));
    }
    missed
}

/// How many deliveries a second nine destinations get, beside a tenth of the same name with this beginning. They come at half
/// of what one function does alone; environments of it take what has come, as on Lambda.
async fn nine(desk: &Desk, first: u32, tenth: &str, per_s: f64) -> f64 {
    let tenth = format!("{tenth}9");
    let destination = |number: u32| match number % DESTINATIONS {
        9 => tenth.clone(),
        other => format!("d{other}"),
    };
    let waiting = desk.leads(first..first + DESTINATIONS * EACH, destination).await;
    let began = Instant::now();
    let each = Duration::from_secs_f64(2.0 / per_s);
    let due = (0u32..).map(|index| began + each * index);
    let queue: Arc<Mutex<VecDeque<(Instant, DeliveryId)>>> = Arc::new(Mutex::new(due.zip(waiting).collect()));
    // When the last of the nine is done; batches that wait for the tenth go on.
    let last = Arc::new(Mutex::new(began));
    let environments = (0..ENVIRONMENTS).map(|_| {
        let (queue, last, tenth) = (Arc::clone(&queue), Arc::clone(&last), tenth.clone());
        async move {
            let function = desk.function();
            loop {
                let (batch, next) = take(&queue);
                match (batch.is_empty(), next) {
                    (true, None) => return,
                    (true, Some(next)) => {
                        tokio::time::sleep_until(next.into()).await;
                        continue;
                    }
                    (false, _) => {}
                }
                join_all(batch.into_iter().map(async |delivery| {
                    let is_tenth = delivery.destination().as_str() == tenth;
                    desk.handle(&function, delivery).await;
                    if !is_tenth {
                        *last.lock().unwrap() = Instant::now();
                    }
                }))
                .await;
            }
        }
    });
    join_all(environments).await;
    let last = *last.lock().unwrap();
    f64::from((DESTINATIONS - 1) * EACH) / last.duration_since(began).as_secs_f64()
}

/// What has come by now, and when the next one comes.
fn take(queue: &Mutex<VecDeque<(Instant, DeliveryId)>>) -> (Vec<DeliveryId>, Option<Instant>) {
    let mut queue = queue.lock().unwrap();
    let now = Instant::now();
    let come = queue.iter().take(BATCH).take_while(|(due, _)| *due <= now).count();
    let batch = queue.drain(..come).map(|(_, delivery)| delivery).collect();
    (batch, queue.front().map(|(due, _)| *due))
}

struct Desk {
    store: Store,
    queue: Queue,
    schedules: Schedules,
    function: DeliverWebhook,
}

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

impl Desk {
    async fn start(store: Store) -> Self {
        let (queue, schedules) = (Queue::start().await, Schedules::start().await);
        let function = function(&store, &queue, &schedules);
        Self { store, queue, schedules, function }
    }

    /// A fresh environment.
    fn function(&self) -> DeliverWebhook {
        function(&self.store, &self.queue, &self.schedules)
    }

    async fn leads(&self, numbers: std::ops::Range<u32>, destination: impl Fn(u32) -> String) -> Vec<DeliveryId> {
        let mut deliveries = Vec::new();
        for number in numbers {
            let destination = destination(number);
            deliveries.push(assigned_lead(&self.store, &account(), number, "anna", &destination, now()).await);
        }
        deliveries
    }

    async fn handle(&self, function: &DeliverWebhook, delivery: DeliveryId) {
        let message = DeliveryMessage::first(&account(), &delivery);
        let record =
            Record { message_id: String::new(), receive_count: 1, sent_at: None, deadline: Timestamp::MAX, message };
        function.handle(record).await.unwrap();
    }
}

fn function(store: &Store, queue: &Queue, schedules: &Schedules) -> DeliverWebhook {
    DeliverWebhook::new(
        store.clone(),
        FollowUps::new(queue.sender(), schedules.scheduler(), queue.sender()),
        AddressPolicy::parse("127.0.0.0/8", "true").unwrap(),
        Metrics::new("deliver-webhook"),
        Arc::new(now),
    )
}

/// Ten destinations that answer, and one that hangs.
async fn publish(store: &Store, around: &Surroundings) {
    let webhook = |id: String, url: &str| json!({ "id": id, "channel": { "webhook": { "url": url, "timeout_s": 3 } } });
    let mut destinations: Vec<_> =
        (0..DESTINATIONS).map(|index| webhook(format!("d{index}"), &around.answers)).collect();
    destinations.push(webhook("h9".to_owned(), &around.hangs));
    let config = json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [{ "id": "anna", "name": "Anna" }],
        "destinations": destinations,
    });
    let publish = PublishConfig::new(account(), config.to_string(), 0, "bench", now());
    store.publish_config(&publish).await.unwrap();
}

/// The most memory that this process has taken so far, in MB.
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kb: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kb / 1024.0
}
