//! The loop as its callers and SQS see it: messages in, failed ids out.

use std::{
    cell::{Cell, RefCell},
    future::pending,
};

use serde::Deserialize;
use serde_json::json;

use super::*;

/// What a test message asks its handler to do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Job {
    Work,
    Fail,
    Panic,
    Hang,
}

/// A message of the queue; the body stands as it is.
struct Message(&'static str, &'static str);

const WORK: &str = "\"work\"";
const FAIL: &str = "\"fail\"";
const PANIC: &str = "\"panic\"";
const HANG: &str = "\"hang\"";

fn event(messages: &[Message]) -> SqsEvent {
    let records: Vec<_> = messages
        .iter()
        .map(|Message(id, body)| {
            json!({
                "messageId": id,
                "body": body,
                "attributes": { "ApproximateReceiveCount": "3", "SentTimestamp": "1700000000123" },
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// The present of every test, and how long before the deadline it is.
fn at(left_ms: i64) -> (Timestamp, impl Fn() -> Timestamp) {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    (now + jiff::SignedDuration::from_millis(left_ms), move || now)
}

const RESERVE: Duration = Duration::from_secs(5);

fn limits(concurrency: usize) -> Limits {
    Limits { concurrency: NonZeroUsize::new(concurrency).unwrap(), start_reserve: RESERVE }
}

async fn obey(job: Job) -> Result<(), &'static str> {
    match job {
        Job::Work => Ok(()),
        Job::Fail => Err("told to"),
        Job::Panic => panic!("told to"),
        Job::Hang => pending().await,
    }
}

fn failed_ids(response: SqsBatchResponse) -> Vec<String> {
    let mut ids: Vec<_> = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    ids.sort_unstable();
    ids
}

/// Batches, and the ids that must fail, whichever way they are handled.
fn cases() -> Vec<(&'static str, Vec<Message>, &'static [&'static str])> {
    vec![
        ("an empty batch", vec![], &[]),
        ("all fine", vec![Message("a", WORK), Message("b", WORK)], &[]),
        ("an error", vec![Message("a", WORK), Message("b", FAIL), Message("c", WORK)], &["b"]),
        ("a panic", vec![Message("a", WORK), Message("b", PANIC), Message("c", WORK)], &["b"]),
        ("a panic alone", vec![Message("a", PANIC)], &["a"]),
        ("a panic beside an error", vec![Message("a", FAIL), Message("b", PANIC), Message("c", WORK)], &["a", "b"]),
        ("not JSON", vec![Message("a", "work"), Message("b", WORK)], &["a"]),
        ("JSON of another shape", vec![Message("a", WORK), Message("b", r#"{"job":"work"}"#)], &["b"]),
        ("an empty body", vec![Message("a", ""), Message("b", WORK)], &["a"]),
        ("nothing that parses", vec![Message("a", "{"), Message("b", "[")], &["a", "b"]),
        ("no id: the empty id fails the batch", vec![Message("", WORK), Message("b", WORK)], &[""]),
    ]
}

#[tokio::test]
async fn each_fails_the_records_that_failed_and_no_other() {
    for concurrency in [1, 10] {
        for (what, messages, expected) in cases() {
            let (deadline, now) = at(60_000);
            let response = each(event(&messages), deadline, limits(concurrency), now, async |record: Record<Job>| {
                obey(record.message).await
            });
            assert_eq!(failed_ids(response.await), expected, "{what}, {concurrency} at once");
        }
    }
}

#[tokio::test]
async fn together_fails_the_records_that_failed_and_no_other() {
    for (what, messages, expected) in cases() {
        let (deadline, now) = at(60_000);
        let response = together(event(&messages), deadline, RESERVE, now, async |records: Vec<Record<Job>>| {
            let mut results = Vec::new();
            for record in records {
                results.push(match obey(record.message).await {
                    Ok(()) => RecordResult::done(record.message_id),
                    Err(reason) => RecordResult::retry(record.message_id, reason),
                });
            }
            results
        });
        assert_eq!(failed_ids(response.await), expected, "{what}");
    }
}

#[tokio::test]
async fn a_record_carries_what_sqs_says_of_it() {
    let (deadline, now) = at(60_000);
    let seen = RefCell::new(Vec::new());
    let response = each(event(&[Message("a", WORK)]), deadline, limits(1), now, async |record: Record<Job>| {
        seen.borrow_mut().push(record.clone());
        Ok::<_, String>(())
    });
    assert_eq!(failed_ids(response.await), [""; 0]);
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].message_id, "a");
    assert_eq!(seen[0].receive_count, 3);
    assert_eq!(seen[0].sent_at, Some(Timestamp::from_millisecond(1_700_000_000_123).unwrap()));
    assert_eq!(seen[0].deadline, deadline);
    assert!(!format!("{seen:?}").contains("Work"), "the message stays out of Debug");
}

#[tokio::test]
async fn each_keeps_to_its_concurrency() {
    let messages: Vec<_> = ["a", "b", "c", "d", "e"].map(|id| Message(id, WORK)).into();
    for (concurrency, expected) in [(1, 1), (2, 2), (10, 5)] {
        let (deadline, now) = at(60_000);
        let (running, most) = (Cell::new(0), Cell::new(0));
        let response = each(event(&messages), deadline, limits(concurrency), now, async |_: Record<Job>| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            tokio::task::yield_now().await;
            running.set(running.get() - 1);
            Ok::<_, String>(())
        });
        assert_eq!(failed_ids(response.await), [""; 0]);
        assert_eq!(most.get(), expected);
    }
}

#[tokio::test]
async fn nothing_begins_when_the_time_is_short() {
    for left_ms in [5_000, 100, 0, -1_000] {
        let messages = [Message("a", WORK), Message("b", WORK)];
        let (deadline, now) = at(left_ms);
        let response = each(event(&messages), deadline, limits(1), now, async |_: Record<Job>| -> Result<(), String> {
            panic!("begun with {left_ms} ms left")
        });
        assert_eq!(failed_ids(response.await), ["a", "b"]);

        let (deadline, now) = at(left_ms);
        let begun = Cell::new(false);
        let response = together(event(&messages), deadline, RESERVE, now, async |_: Vec<Record<Job>>| {
            begun.set(true);
            vec![RecordResult::done("a"), RecordResult::done("b")]
        });
        assert_eq!(failed_ids(response.await), ["a", "b"]);
        assert!(!begun.get(), "begun with {left_ms} ms left");
    }
}

#[tokio::test]
async fn nothing_begins_in_the_time_kept_for_the_answer() {
    let limits = Limits { start_reserve: Duration::ZERO, ..limits(1) };
    for (left_ms, expected) in [(501, &[] as &[&str]), (500, &["a"])] {
        let (deadline, now) = at(left_ms);
        let response = each(event(&[Message("a", WORK)]), deadline, limits, now, async |record: Record<Job>| {
            obey(record.message).await
        });
        assert_eq!(failed_ids(response.await), expected, "{left_ms} ms left");
    }
}

#[tokio::test]
async fn records_that_are_reached_too_late_do_not_begin() {
    let messages = [Message("a", WORK), Message("b", WORK), Message("c", WORK)];
    let (deadline, _) = at(60_000);
    let clock = Cell::new(deadline - jiff::SignedDuration::from_secs(7));
    let now = || clock.get();
    let response = each(event(&messages), deadline, limits(1), now, async |_: Record<Job>| {
        clock.set(clock.get() + jiff::SignedDuration::from_secs(1));
        Ok::<_, String>(())
    });
    assert_eq!(failed_ids(response.await), ["c"]);
}

#[tokio::test]
async fn what_still_runs_near_the_deadline_fails_and_the_rest_counts() {
    let limits = Limits { start_reserve: Duration::ZERO, ..limits(10) };
    let messages = [Message("a", WORK), Message("b", HANG)];
    // One millisecond before the answer is due.
    let (deadline, now) = at(501);
    let response =
        each(event(&messages), deadline, limits, now, async |record: Record<Job>| obey(record.message).await);
    assert_eq!(failed_ids(response.await), ["b"]);

    let (deadline, now) = at(501);
    let response =
        together(event(&messages), deadline, Duration::ZERO, now, async |_: Vec<Record<Job>>| pending().await);
    assert_eq!(failed_ids(response.await), ["a", "b"]);
}

#[tokio::test]
async fn together_takes_no_word_for_an_answer() {
    let done = RecordResult::done;
    let retry = |id| RecordResult::retry(id, "told to");
    let cases = [
        ("all named", vec![done("a"), done("b")], &[] as &[&str]),
        ("none named", vec![], &["a", "b"]),
        ("one left out", vec![done("b")], &["a"]),
        ("done, then retry", vec![done("a"), done("b"), retry("a")], &["a"]),
        ("retry, then done", vec![retry("a"), done("a"), done("b")], &["a"]),
        ("a stranger", vec![done("a"), done("b"), retry("c")], &[]),
        ("an empty id", vec![done("a"), done("")], &["b"]),
    ];
    for (what, results, expected) in cases {
        let (deadline, now) = at(60_000);
        let batch = event(&[Message("a", WORK), Message("b", WORK)]);
        let response = together(batch, deadline, RESERVE, now, async |_: Vec<Record<Job>>| results.clone());
        assert_eq!(failed_ids(response.await), expected, "{what}");
    }
}

#[tokio::test]
async fn after_a_panic_each_record_runs_once_more_and_alone() {
    let messages = [Message("a", WORK), Message("b", PANIC), Message("bad", "{"), Message("c", WORK)];
    let (deadline, now) = at(60_000);
    let runs = RefCell::new(Vec::new());
    let response = together(event(&messages), deadline, RESERVE, now, async |records: Vec<Record<Job>>| {
        runs.borrow_mut().push(records.iter().map(|record| record.message_id.clone()).collect::<Vec<_>>());
        let poisoned = records.iter().any(|record| record.message == Job::Panic);
        assert!(!poisoned, "told to");
        records.iter().map(|record| RecordResult::done(&record.message_id)).collect()
    });
    assert_eq!(failed_ids(response.await), ["b", "bad"]);
    assert_eq!(runs.into_inner(), [vec!["a", "b", "c"], vec!["a"], vec!["b"], vec!["c"]]);
}
