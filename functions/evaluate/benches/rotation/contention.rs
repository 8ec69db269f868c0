//! Many writers at once on one pool, against the DynamoDB emulator: the function itself, in batches of ten, beside the naive
//! way, which reads, decides and writes one lead at a time and begins anew at once when someone was faster.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evaluate::Evaluate;
use evaluate::lanes::Lanes;
use evaluate::outbox::Outbox;
use evaluate::plan::{self, Touched};
use evaluate::point::{Point, Points};
use jiff::Timestamp;
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::{AccountId, EventId, SourceId};
use leadyard_domain::message::LeadsMessage;
use leadyard_domain::rotation::LEAD;
use leadyard_fakes::{Queue, Schedules, Table};
use leadyard_history::{History, max_deviation};
use leadyard_runtime::{Metrics, Record, RecordResult, now};
use leadyard_sources::capture::Known;
use leadyard_store::{Commit, CommitError, PublishConfig, Ruled, RulesCache, Store};
use serde_json::json;

const WRITERS: [usize; 5] = [1, 2, 4, 8, 16];
const BATCH: usize = 10;
/// Leads of one round; of the naive way a part, for it is slow.
const LEADS: usize = 5_000;
const NAIVE_LEADS: usize = 200;
/// Rounds of one case: the machine is shared, so the median of their speeds is told, and the worst of the rest.
const ROUNDS: usize = 3;

const CONFLICTS_MAX: f64 = 0.2;
const NAIVE_RATIO_MIN: f64 = 8.0;

/// Prints a line a case and returns the goals that were missed.
pub fn run() -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(cases())
}

async fn cases() -> Vec<String> {
    let mut missed = Vec::new();
    let mut alone = 0.0;
    for writers in WRITERS {
        let ours = median(writers).await;
        let naive_per_s = naive(writers).await;
        println!(
            "pool writers={writers} leads_per_s={:.1} conflicts_per_lead={:.3} naive_per_s={naive_per_s:.1} max_deviation={:.3}",
            ours.per_s, ours.conflicts_per_lead, ours.deviation
        );
        if writers == 1 {
            alone = ours.per_s;
        }
        if ours.conflicts_per_lead > CONFLICTS_MAX {
            missed.push(format!("{writers} writers met {:.3} conflicts a lead", ours.conflicts_per_lead));
        }
        if ours.deviation >= 1.5 {
            missed.push(format!("with {writers} writers somebody was {:.3} leads from its share", ours.deviation));
        }
        if writers == 16 {
            if ours.per_s < alone {
                missed.push(format!("16 writers decide {:.1} leads a second, one decides {alone:.1}", ours.per_s));
            }
            if ours.per_s < naive_per_s * NAIVE_RATIO_MIN {
                missed.push(format!("{:.1} leads a second are not 8 times {naive_per_s:.1}", ours.per_s));
            }
        }
    }
    missed
}

struct Figures {
    per_s: f64,
    conflicts_per_lead: f64,
    deviation: f64,
}

fn account() -> AccountId {
    AccountId::new("main").unwrap()
}

async fn table() -> Table {
    let table = Table::start().await;
    let members = ["anna", "bo", "cy", "di", "ed", "flo", "gus", "hal"];
    let assignees: Vec<_> = members
        .iter()
        .map(|id| json!({ "id": id, "name": id, "caps": [{ "period": "day", "limit": 100_000 }] }))
        .collect();
    let config = json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": assignees,
        "pools": [{ "id": "all", "members": members }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    });
    let publish = PublishConfig::new(account(), config.to_string(), 0, "bench", now());
    table.store.publish_config(&publish).await.unwrap();
    table
}

fn received(number: usize) -> Received {
    let (account, source) = (account(), SourceId::new("web").unwrap());
    let payload = json!({ "email": format!("lead{number}@example.com"), "company": "ACME", "message": "call me" });
    Received {
        event: EventId::from_external(&account, &source, &number.to_string()),
        account,
        source,
        received_at: now(),
        identity: Identity::External(number.to_string()),
        payload: payload.as_object().unwrap().clone(),
        origin: Origin::default(),
        intent: Intent::Capture,
    }
}

/// The speed of the middle round; conflicts and deviation of the worst.
async fn median(writers: usize) -> Figures {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(ours(writers).await);
    }
    rounds.sort_by(|a, b| a.per_s.total_cmp(&b.per_s));
    let worst = |of: fn(&Figures) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
    Figures {
        per_s: rounds[ROUNDS / 2].per_s,
        conflicts_per_lead: worst(|figures| figures.conflicts_per_lead),
        deviation: worst(|figures| figures.deviation),
    }
}

/// The function, as many environments of it as there are writers, on one queue.
async fn ours(writers: usize) -> Figures {
    let (table, webhook, email, leads, schedules) =
        (table().await, Queue::start().await, Queue::start().await, Queue::start().await, Schedules::start().await);
    let events: Vec<Received> = (0..LEADS).map(received).collect();
    let messages = events.iter().map(|event| Record {
        message_id: event.event.to_string(),
        receive_count: 1,
        sent_at: None,
        deadline: Timestamp::MAX,
        message: LeadsMessage::Received { event: Box::new(event.clone()), retry: false },
    });
    let messages: Vec<_> = messages.collect();
    let batches: VecDeque<Vec<Record<LeadsMessage>>> = messages.chunks(BATCH).map(<[_]>::to_vec).collect();
    let queue = Arc::new(Mutex::new(batches));
    let (tried, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (queue, tried, done) = (Arc::clone(&queue), Arc::clone(&tried), Arc::clone(&done));
            let points = Points::calling(move |point| match point {
                Point::BeforeCommit => _ = tried.fetch_add(1, Ordering::Relaxed),
                Point::AfterCommit => _ = done.fetch_add(1, Ordering::Relaxed),
                _ => {}
            });
            let evaluate = Evaluate {
                rules: RulesCache::new(table.store.clone()),
                store: table.store.clone(),
                outbox: Outbox {
                    webhook: webhook.sender(),
                    email: email.sender(),
                    leads: leads.sender(),
                    later: schedules.scheduler(),
                    points,
                },
                lanes: Lanes::default(),
                metrics: Metrics::new("evaluate"),
                now: Arc::new(now),
            };
            tokio::spawn(async move {
                loop {
                    let Some(batch) = queue.lock().unwrap().pop_front() else { return };
                    let results = evaluate.handle(batch.clone()).await;
                    if results.iter().any(|result| matches!(result, RecordResult::Retry { .. })) {
                        queue.lock().unwrap().push_back(batch);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let took = began.elapsed();
    let accepted: BTreeSet<EventId> = events.iter().map(|event| event.event.clone()).collect();
    let config = table.store.published_config(&account(), 1).await.unwrap();
    let history = History::read(&table.store, &account(), &accepted, &config).await.unwrap();
    let wrong = history.check(&accepted, &config);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let conflicts = tried.load(Ordering::Relaxed) - done.load(Ordering::Relaxed);
    Figures {
        per_s: per_s(LEADS, took),
        conflicts_per_lead: number(conflicts) / number(LEADS),
        deviation: f64::from(i32::try_from(max_deviation(&history)).unwrap()) / f64::from(i32::try_from(LEAD).unwrap()),
    }
}

/// The naive way: read, decide, write on condition, one lead at a time.
async fn naive(writers: usize) -> f64 {
    let table = table().await;
    let ruled = Arc::new(table.store.ruled(&account(), 1).await.unwrap());
    let queue: Arc<Mutex<VecDeque<Received>>> = Arc::new(Mutex::new((0..NAIVE_LEADS).map(received).collect()));
    let began = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (queue, store, ruled) = (Arc::clone(&queue), table.store.clone(), Arc::clone(&ruled));
            tokio::spawn(async move {
                loop {
                    let Some(event) = queue.lock().unwrap().pop_front() else { return };
                    while !naive_try(&store, &ruled, &event).await {}
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    per_s(NAIVE_LEADS, began.elapsed())
}

async fn naive_try(store: &Store, ruled: &Ruled, event: &Received) -> bool {
    let rules = &ruled.rules;
    let captured = plan::capture(rules.checked(), event);
    let known = Known::default();
    let prepared = plan::apply(rules, event, &captured, false, &known, &mut Touched::default(), now()).unwrap();
    let before = store.load_state(&account(), &prepared.needs(rules.checked())).await.unwrap();
    let mut after = before.clone();
    let planned = plan::decide(rules, ruled.version, &[prepared], &mut after, now());
    let settled = planned.into_iter().map(|planned| planned.settled).collect();
    let commit = Commit { account: account(), now: now(), log_days: 90, had_days: 0, settled, before, after };
    match store.commit(&commit).await {
        Err(CommitError::Conflict(_) | CommitError::Throttled { .. }) => false,
        result => {
            result.unwrap();
            true
        }
    }
}

fn per_s(leads: usize, took: Duration) -> f64 {
    number(leads) / took.as_secs_f64()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}
