//! Reading a file of twenty thousand rows from the table and sending them takes a bounded amount of memory. Alone in its process:
//! what is measured is the most that the process ever took, with the emulator of the table and all that the queue was sent in it.
#![cfg(test)] // clippy takes helper functions for test code only so
#![cfg(target_os = "linux")]

use std::sync::Arc;

use evaluate::fetch::Fetcher;
use evaluate::lanes::Lanes;
use evaluate::outbox::Outbox;
use evaluate::point::Points;
use evaluate::{Evaluate, Now};
use jiff::Timestamp;
use leadyard_domain::decision::State;
use leadyard_domain::event::{EventRecord, EventStatus, Received};
use leadyard_domain::id::{AccountId, ImportId};
use leadyard_domain::import::{Asked, Import, ImportState, Part};
use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::{Queue, Schedules, Table};
use leadyard_outbound::address::AddressPolicy;
use leadyard_runtime::{Metrics, Record};
use leadyard_sources::csv::detect;
use leadyard_store::{Commit, PublishConfig, RulesCache, Settled};
use serde_json::json;

const ROWS: usize = 20_000;
const PEAK_KB_MAX: u64 = 256 * 1024;
/// Events that one transaction settles.
const TOGETHER: usize = 50;

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn now() -> Timestamp {
    "2026-07-21T10:00:00Z".parse().unwrap()
}

/// Settles an event without a lead: what is measured is the import.
fn settled(received: Received) -> Settled {
    let record = EventRecord {
        received,
        status: EventStatus::Unchanged,
        reason: None,
        lead: None,
        settled_at: now(),
        behaviour: None,
        retries: 0,
    };
    Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None }
}

#[tokio::test]
async fn twenty_thousand_rows() {
    let (table, leads, other, schedules) =
        (Table::start().await, Queue::start().await, Queue::start().await, Schedules::start().await);
    let (store, account) = (table.store.clone(), AccountId::new("main").unwrap());
    let config = json!({ "sources": [{ "id": "fair", "format": "json" }] });
    store.publish_config(&PublishConfig::new(account.clone(), config.to_string(), 0, "test", now())).await.unwrap();

    let id = ImportId::from_name(&account, "x");
    let mut import = Import::new(id.clone(), account.clone(), "fair".parse().unwrap(), "test", now());
    let header = std::iter::once("email,name,note\n".to_owned());
    let note = "x".repeat(200);
    let file: String = header.chain((0..ROWS).map(|row| format!("lead{row}@example.com,Jane Doe,{note}\n"))).collect();
    for (number, bytes) in (1..).zip(file.as_bytes().chunks(1_000_000)) {
        let part = Part::of(number, bytes, true);
        store.write_part(&account, &id, &part, bytes, now()).await.unwrap();
        import.add_part(part).unwrap();
    }
    import.start(Some(detect(&file.as_bytes()[..1_000], false, true, Asked::default()).layout().unwrap()), now());
    store.create_import(&import, 30).await.unwrap();

    let clock: Now = Arc::new(now);
    let evaluate = Evaluate {
        rules: RulesCache::new(store.clone()),
        fetcher: Fetcher::new(store.clone(), AddressPolicy::parse("", "").unwrap()),
        store: store.clone(),
        outbox: Outbox {
            webhook: other.sender(),
            email: other.sender(),
            leads: leads.sender(),
            later: schedules.scheduler(),
            points: Points::default(),
        },
        lanes: Lanes::default(),
        metrics: Metrics::new("evaluate"),
        now: clock,
    };
    let mut next = LeadsMessage::Import { account: account.clone(), import: id.clone(), from: 0 };
    let mut taken = 0;
    loop {
        let record = Record {
            message_id: "m".to_owned(),
            receive_count: 1,
            sent_at: None,
            deadline: Timestamp::MAX,
            message: next,
        };
        evaluate.handle(vec![record]).await;
        let entries = leads.entries();
        let mut events = Vec::new();
        let mut step = None;
        for entry in &entries[taken..] {
            match serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap() {
                LeadsMessage::Received { event, .. } => events.push(settled(*event)),
                message => step = Some(message),
            }
        }
        taken = entries.len();
        for settled in events.chunks(TOGETHER) {
            let (before, after) = (State::default(), State::default());
            let (account, settled) = (account.clone(), settled.to_vec());
            let commit = Commit { account, now: now(), log_days: 30, had_days: 0, settled, before, after };
            store.commit(&commit).await.unwrap();
        }
        match step {
            Some(message) => next = message,
            None => break,
        }
    }
    let peak = peak_kb();
    let done = store.import(&account, &id).await.unwrap().unwrap();
    assert_eq!((done.state, done.counts.unchanged), (ImportState::Done, 20_000), "{:?}", done.counts);
    assert!(peak < PEAK_KB_MAX, "{peak} KB for {} bytes", file.len());
    println!("at most {peak} KB, {} steps", done.step);
}
