//! Files that are imported: rows become leads once each, whatever ends, comes twice or changes meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evaluate::point::{Point, Points};
use futures_util::FutureExt as _;
use leadyard_domain::id::{ImportId, LeadId};
use leadyard_domain::import::{Asked, BadRow, BadStage, Counts, Import, ImportState, OUTSTANDING_MAX, Part};
use leadyard_domain::message::LeadsMessage;
use leadyard_sources::csv::{detect, may_be_utf8};
use serde_json::{Value, json};

use crate::setting::{Setting, account, at, hand_over, record};

fn config() -> Value {
    json!({
        "fields": [{ "name": "size", "type": "number" }],
        "sources": [
            { "id": "web", "format": "json" },
            { "id": "fair", "format": "json", "mapping": [{ "from": "Mail", "to": "email" }, { "from": "Size", "to": "size" }] },
        ],
        "assignees": [{ "id": "anna", "name": "Anna" }, { "id": "bo", "name": "Bo" }],
        "pools": [{ "id": "all", "members": ["anna", "bo"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

/// A file whose parts are cut at some size, as the API leaves it when it is started.
async fn started(setting: &Setting, file: &[u8], cut: usize) -> ImportId {
    let (account, store, now) = (account(), &setting.table.store, setting.now());
    let id = ImportId::from_name(&account, "fair");
    let mut import = Import::new(id.clone(), account.clone(), "fair".parse().unwrap(), "ops", now);
    for (number, bytes) in (1..).zip(file.chunks(cut)) {
        let part = Part::of(number, bytes, may_be_utf8(bytes, number == 1));
        store.write_part(&account, &id, &part, bytes, now).await.unwrap();
        import.add_part(part).unwrap();
    }
    let layout = detect(file, true, import.may_be_utf8(), Asked::default()).layout().unwrap();
    import.start(Some(layout), now);
    assert!(store.create_import(&import, 30).await.unwrap());
    id
}

fn step(import: &ImportId, from: u64) -> LeadsMessage {
    LeadsMessage::Import { account: account(), import: import.clone(), from }
}

async fn read(setting: &Setting, id: &ImportId) -> Import {
    setting.table.store.import(&account(), id).await.unwrap().unwrap()
}

async fn bad(setting: &Setting, id: &ImportId) -> Vec<BadRow> {
    setting.table.store.bad_rows(&account(), id, None, usize::MAX).await.unwrap().rows
}

/// Changes an import as the API does when a person asks for it.
async fn change(setting: &Setting, id: &ImportId, change: impl FnOnce(&mut Import)) -> Import {
    let mut import = read(setting, id).await;
    change(&mut import);
    setting.table.store.change_import(&import, None, 30, setting.now()).await.unwrap();
    read(setting, id).await
}

/// A file of so many good rows.
fn file(rows: usize) -> String {
    let rows = (0..rows).map(|row| format!("lead{row}@example.com,{row}\n"));
    std::iter::once("Mail,Size\n".to_owned()).chain(rows).collect()
}

const MIXED: &str = "Mail,Size,Note\n\
    a@example.com,1,first\n\
    b@example.com,large,second\n\
    \n\
    c@example.com\n\
    nobody,3,fourth\n\
    ,,only a note\n\
    d@example.com,4,\"two\nlines\"\n\
    A@example.com,5,met again\n\
    e@example.com,5,\"never closed\n\
    f@example.com,6,last\n";

#[tokio::test]
async fn the_good_rows_go_on_and_a_report_lists_the_bad() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, MIXED.as_bytes(), 50).await;
    setting.send(step(&import, 0)).await;
    let done = read(&setting, &import).await;
    assert_eq!((done.state, done.finished_at, done.reason.clone()), (ImportState::Done, Some(setting.now()), None));
    // The address of row 9 is that of row 2: it is the same lead.
    let Counts { read: rows, refused, taken, created, updated, unchanged, .. } = done.counts;
    assert_eq!([rows, refused, taken, created, updated + unchanged], [9, 4, 5, 4, 1]);
    let told: Vec<(u64, Option<String>, BadStage, String)> =
        bad(&setting, &import).await.into_iter().map(|bad| (bad.row, bad.column, bad.stage, bad.reason)).collect();
    let expected = [
        (3, Some("Size"), "field 'size' expects"),
        (5, None, "1 column, the header has 3 columns"),
        (6, Some("Mail"), "field 'email' expects"),
        (10, Some("Note"), "opened and not closed"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((row, column, stage, reason), expected) in told.iter().zip(expected) {
        assert_eq!((*row, column.as_deref(), *stage), (expected.0, expected.1, BadStage::Refused), "{told:?}");
        assert!(reason.contains(expected.2), "{reason}");
        for value in ["large", "nobody", "closed\n"] {
            assert!(!reason.contains(value), "{reason}");
        }
    }
    for (row, taken) in [(2, true), (3, false), (7, true), (8, true), (9, true), (10, false), (11, true)] {
        let event = setting.table.store.event(&account(), &done.event_of(row)).await.unwrap();
        assert_eq!(event.is_some(), taken, "row {row}");
        if let Some(event) = event {
            assert_eq!(event.received.source.as_str(), "fair");
            setting.expect(event.received.event);
        }
    }
    let lead = setting.read(&LeadId::from_event(&done.event_of(8))).await;
    assert_eq!(lead.extra["Note"], "two\nlines");
    setting.prove().await;
}

#[tokio::test]
async fn only_so_many_rows_are_in_the_queue_at_a_time_and_in_a_group_of_their_own() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, file(OUTSTANDING_MAX * 2 + 50).as_bytes(), 4_000).await;
    let evaluate = setting.evaluate();
    let batch = |from| vec![vec![record("m".to_owned(), step(&import, from))]];
    hand_over(&evaluate, batch(0)).await;
    assert_eq!(setting.leads.entries().len(), OUTSTANDING_MAX + 1);
    assert!(setting.leads.entries().iter().all(|entry| entry["MessageGroupId"] == "main/import"));
    let next = setting.leads.entries().pop().unwrap();
    assert_eq!(next["DelaySeconds"], 2);
    // Nothing was settled: nothing more is sent, and the longer that is so, the later it looks again.
    setting.set_now(at("2026-07-21T10:01:40Z"));
    hand_over(&evaluate, batch(1)).await;
    assert_eq!(setting.leads.entries().len(), OUTSTANDING_MAX + 2);
    assert_eq!(setting.leads.entries().pop().unwrap()["DelaySeconds"], 100);
    let before = read(&setting, &import).await;
    assert_eq!((before.pending.len(), before.counts.taken), (OUTSTANDING_MAX, 200));
    setting.own_messages().await;
    let done = read(&setting, &import).await;
    assert_eq!((done.state, done.counts.created, done.pending.len()), (ImportState::Done, 450, 0));
}

#[tokio::test]
async fn rows_that_nothing_is_heard_of_are_given_up_after_a_day() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, file(3).as_bytes(), 4_000).await;
    let evaluate = setting.evaluate();
    let batch = |from| vec![vec![record("m".to_owned(), step(&import, from))]];
    hand_over(&evaluate, batch(0)).await;
    setting.set_now(at("2026-07-22T10:00:01Z"));
    hand_over(&evaluate, batch(1)).await;
    let done = read(&setting, &import).await;
    assert_eq!((done.state, done.counts.unsettled), (ImportState::Done, 3));
    let stages: Vec<(u64, BadStage)> = bad(&setting, &import).await.iter().map(|bad| (bad.row, bad.stage)).collect();
    assert_eq!(stages, [(2, BadStage::Unsettled), (3, BadStage::Unsettled), (4, BadStage::Unsettled)]);
}

/// What is on record in the end: the rows that are events, the counts, and the report. Two of the rows are one lead: which
/// of them makes it depends on the order in which the queue hands them out.
async fn ended(setting: &Setting, id: &ImportId) -> (BTreeSet<u64>, Counts, Vec<BadRow>) {
    let import = read(setting, id).await;
    assert_eq!(import.state, ImportState::Done);
    let mut events = BTreeSet::new();
    for row in 1..=14 {
        let event = setting.table.store.event(&account(), &import.event_of(row)).await.unwrap();
        events.extend(event.map(|_| row));
    }
    let mut bad = bad(setting, id).await;
    bad.sort_by_key(|bad| bad.row);
    (events, import.counts, bad)
}

/// Imports the mixed file. The process ends when a point was reached so often; a new one goes on with the same message.
async fn play(ends_at: Option<(Point, usize)>) -> (Setting, ImportId, usize) {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, MIXED.as_bytes(), 70).await;
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reached);
    let points = Points::calling(move |point| {
        if let Some((ends_at, nth)) = ends_at
            && point == ends_at
            && counter.fetch_add(1, Ordering::SeqCst) == nth
        {
            std::panic::resume_unwind(Box::new("the process ends here"));
        }
    });
    let evaluate = setting.evaluate_with(setting.table.store.clone(), points);
    // As a queue hands them out: the messages that were sent meanwhile come before the one that comes again.
    let mut queue = vec![step(&import, 0)];
    let mut taken = 0;
    while let Some(message) = queue.pop() {
        let batch = vec![record("m".to_owned(), message.clone())];
        let ended = AssertUnwindSafe(evaluate.handle(batch)).catch_unwind().await.is_err();
        let sent: Vec<LeadsMessage> = setting.leads.sent();
        if ended {
            queue.insert(0, message);
        }
        for message in sent.into_iter().skip(std::mem::take(&mut taken)) {
            queue.insert(0, message);
        }
        taken = setting.leads.entries().len();
    }
    (setting, import, reached.load(Ordering::SeqCst))
}

#[tokio::test]
async fn wherever_the_process_ends_each_row_is_one_event_and_none_is_lost() {
    let (setting, import, _) = play(None).await;
    let expected = ended(&setting, &import).await;
    let mut times = BTreeMap::new();
    for point in [Point::BeforeCommit, Point::AfterCommit, Point::BeforeSend, Point::AfterSend] {
        for nth in 0.. {
            let (setting, import, reached) = play(Some((point, nth))).await;
            if reached <= nth {
                break;
            }
            assert_eq!(ended(&setting, &import).await, expected, "ended at {point:?}, the {nth}th time");
            *times.entry(point).or_insert(0) += 1;
        }
    }
    assert_eq!(times.len(), 4, "{times:?}");
}

#[tokio::test]
async fn a_message_that_comes_twice_and_two_at_once_take_a_step_once() {
    let setting = Arc::new(Setting::start(&config()).await);
    let import = started(&setting, file(30).as_bytes(), 4_000).await;
    let walks = (0..4).map(|_| {
        let (setting, message) = (Arc::clone(&setting), step(&import, 0));
        tokio::spawn(async move {
            hand_over(&setting.evaluate(), vec![vec![record("m".to_owned(), message)]]).await;
        })
    });
    for walk in walks.collect::<Vec<_>>() {
        walk.await.unwrap();
    }
    assert_eq!(read(&setting, &import).await.step, 1);
    setting.own_messages().await;
    setting.send(step(&import, 0)).await;
    let done = read(&setting, &import).await;
    assert_eq!((done.state, done.counts.taken, done.counts.created), (ImportState::Done, 30, 30));
    (2..=31).for_each(|row| setting.expect(done.event_of(row)));
    setting.prove().await;
}

#[tokio::test]
async fn a_source_that_leaves_the_config_stops_it_and_back_again_it_goes_on() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, file(OUTSTANDING_MAX + 20).as_bytes(), 4_000).await;
    hand_over(&setting.evaluate(), vec![vec![record("m".to_owned(), step(&import, 0))]]).await;
    let mut without = config();
    without["sources"].as_array_mut().unwrap().pop();
    setting.publish(&without).await;
    setting.own_messages().await;
    let failed = read(&setting, &import).await;
    assert_eq!(failed.state, ImportState::Failed);
    assert!(failed.reason.unwrap().contains("the source 'fair' is not in the config any more"));
    // What was sent by then is told as what it is, and can be retried.
    assert_eq!((failed.counts.failed, failed.finished_at), (200, Some(setting.now())));
    assert_eq!(bad(&setting, &import).await[0].stage, BadStage::Failed);

    setting.publish(&config()).await;
    let running = change(&setting, &import, |import| import.start(None, setting.now())).await;
    setting.send(step(&import, running.step + 1)).await;
    let done = read(&setting, &import).await;
    assert_eq!((done.state, done.counts.read, done.counts.created), (ImportState::Done, 220, 20));
}

#[tokio::test]
async fn a_field_that_changes_meanwhile_fails_rows_that_the_report_names() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, file(3).as_bytes(), 4_000).await;
    hand_over(&setting.evaluate(), vec![vec![record("m".to_owned(), step(&import, 0))]]).await;
    let mut other = config();
    other["fields"][0]["type"] = json!("boolean");
    setting.publish(&other).await;
    setting.own_messages().await;
    let done = read(&setting, &import).await;
    // 0 and 1 are booleans too.
    assert_eq!((done.state, done.counts.created, done.counts.failed), (ImportState::Done, 2, 1));
    let bad = bad(&setting, &import).await;
    assert_eq!((bad[0].row, bad[0].stage, bad[0].event.clone()), (4, BadStage::Failed, Some(done.event_of(4))));
    assert!(bad[0].reason.contains("field 'size'"), "{bad:?}");
}

#[tokio::test]
async fn one_that_is_cancelled_reads_no_further_and_tells_what_became_of_its_rows() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, file(OUTSTANDING_MAX * 3).as_bytes(), 4_000).await;
    hand_over(&setting.evaluate(), vec![vec![record("m".to_owned(), step(&import, 0))]]).await;
    change(&setting, &import, |import| import.cancel(setting.now())).await;
    setting.own_messages().await;
    let over = read(&setting, &import).await;
    assert_eq!((over.state, over.counts.taken, over.counts.created), (ImportState::Cancelled, 200, 200));
    assert_eq!(over.finished_at, Some(setting.now()));
}

#[tokio::test]
async fn one_that_is_cancelled_within_a_step_keeps_what_the_step_sent() {
    let setting = Arc::new(Setting::start(&config()).await);
    let import = started(&setting, file(30).as_bytes(), 4_000).await;
    // A person is faster than the step's record.
    let (store, id, cancelled) = (setting.table.store.clone(), import.clone(), Arc::new(AtomicUsize::new(0)));
    let points = Points::calling(move |point| {
        if point == Point::AfterSend && cancelled.fetch_add(1, Ordering::SeqCst) == 0 {
            let (store, id) = (store.clone(), id.clone());
            let cancel = async move {
                let mut import = store.import(&account(), &id).await.unwrap().unwrap();
                import.cancel(import.created_at);
                store.change_import(&import, None, 30, import.created_at).await.unwrap();
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            std::thread::spawn(move || runtime.block_on(cancel)).join().unwrap();
        }
    });
    let evaluate = setting.evaluate_with(setting.table.store.clone(), points);
    hand_over(&evaluate, vec![vec![record("m".to_owned(), step(&import, 0))]]).await;
    let stopped = read(&setting, &import).await;
    assert_eq!((stopped.state, stopped.step, stopped.pending.len()), (ImportState::Cancelled, 1, 30));
    setting.own_messages().await;
    let over = read(&setting, &import).await;
    assert_eq!((over.state, over.counts.created, over.pending.len()), (ImportState::Cancelled, 30, 0));
}

#[tokio::test]
async fn bytes_that_are_gone_stop_it() {
    let setting = Setting::start(&config()).await;
    let import = started(&setting, file(3).as_bytes(), 4_000).await;
    change(&setting, &import, |import| import.parts[0].sha256 = "gone".to_owned()).await;
    setting.send(step(&import, 0)).await;
    let failed = read(&setting, &import).await;
    assert_eq!((failed.state, failed.counts.read), (ImportState::Failed, 0));
    assert!(failed.reason.unwrap().contains("not kept any more"));
}
