//! The queue sender against an HTTP server that speaks as SQS does.
#![cfg(test)] // clippy takes helper functions for test code only so

mod fake_aws;

use fake_aws::{Asked, FakeAws};
use leadyard_runtime::{Outgoing, QueueSender, SendError};
use serde_json::{Value, json};

const QUEUE_URL: &str = "http://127.0.0.1/000000000000/webhook";

fn sender(aws: &FakeAws) -> QueueSender {
    QueueSender::new(aws.aws().sqs(), QUEUE_URL)
}

fn messages(count: usize) -> Vec<Outgoing> {
    (0..count).map(|n| Outgoing::json(format!("dlv-{n}"), "dest-1", &json!({ "n": n })).unwrap()).collect()
}

/// An answer that takes the entries `taken` and refuses `refused` with a code.
fn answer(taken: &[&str], refused: &[(&str, &str, bool)]) -> (u16, Value) {
    let successful: Vec<_> =
        taken.iter().map(|id| json!({ "Id": id, "MessageId": format!("m-{id}"), "MD5OfMessageBody": "" })).collect();
    let failed: Vec<_> = refused
        .iter()
        .map(|(id, code, sender_fault)| json!({ "Id": id, "Code": code, "SenderFault": sender_fault }))
        .collect();
    (200, json!({ "Successful": successful, "Failed": failed }))
}

/// Takes every entry of a call.
fn take_all(asked: &Asked) -> (u16, Value) {
    let ids: Vec<_> = entries(asked).iter().map(|entry| entry["Id"].as_str().unwrap()).collect();
    answer(&ids, &[])
}

fn entries(asked: &Asked) -> &[Value] {
    assert_eq!(asked.what, "AmazonSQS.SendMessageBatch");
    assert_eq!(asked.body["QueueUrl"], QUEUE_URL);
    asked.body["Entries"].as_array().unwrap()
}

fn bodies(asked: &Asked) -> Vec<&str> {
    entries(asked).iter().map(|entry| entry["MessageBody"].as_str().unwrap()).collect()
}

fn codes(error: &SendError) -> Vec<(&str, &str)> {
    error.unsent.iter().map(|unsent| (unsent.id.as_str(), unsent.code.as_str())).collect()
}

#[tokio::test]
async fn messages_go_in_tens_with_their_group_and_delay() {
    let aws = FakeAws::with(take_all).await;
    let mut messages = messages(23);
    messages[0] = messages[0].clone().delayed(900);
    messages[1].group = "account one/dest".repeat(20);
    sender(&aws).send_all(messages).await.unwrap();

    let asked = aws.asked();
    let mut sizes: Vec<_> = asked.iter().map(|call| entries(call).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3, 10, 10]);
    let first = asked.iter().find(|call| bodies(call).contains(&r#"{"n":0}"#)).unwrap();
    assert_eq!(
        entries(first)[0],
        json!({ "Id": "0", "MessageBody": r#"{"n":0}"#, "MessageGroupId": "dest-1", "DelaySeconds": 900 })
    );
    let group = entries(first)[1]["MessageGroupId"].as_str().unwrap();
    assert!(group.len() == 128 && group.chars().all(|c| c.is_ascii_graphic()), "{group}");
    assert_eq!(entries(first)[2].get("DelaySeconds"), None, "the queue's own delay holds");
}

#[tokio::test]
async fn a_call_stays_under_a_mebibyte() {
    let aws = FakeAws::with(take_all).await;
    let large = |n: u32| Outgoing {
        id: format!("dlv-{n}"),
        body: "x".repeat(400 * 1024),
        group: "dest-1".into(),
        delay_seconds: None,
    };
    sender(&aws).send_all((0..5).map(large).collect()).await.unwrap();
    let mut sizes: Vec<_> = aws.asked().iter().map(|call| entries(call).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2, 2]);
}

#[tokio::test]
async fn only_what_was_refused_is_sent_again() {
    let aws = FakeAws::answering([
        answer(&["0", "2"], &[("1", "InternalError", false), ("3", "RequestThrottled", false)]),
        answer(&["3"], &[("1", "InternalError", false)]),
        answer(&["1"], &[]),
    ])
    .await;
    sender(&aws).send_all(messages(4)).await.unwrap();
    let asked = aws.asked();
    let sent: Vec<_> = asked.iter().map(bodies).collect();
    assert_eq!(
        sent,
        [
            vec![r#"{"n":0}"#, r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#],
            vec![r#"{"n":1}"#, r#"{"n":3}"#],
            vec![r#"{"n":1}"#],
        ]
    );
}

#[tokio::test]
async fn the_tries_are_bounded_and_the_error_names_what_is_left() {
    // Entry 1 is refused for good, entry 2 is not even mentioned.
    let aws = FakeAws::with(|asked| {
        let pending = |id: &str| entries(asked).iter().any(|entry| entry["Id"] == id);
        let taken: &[&str] = if pending("0") { &["0"] } else { &[] };
        answer(taken, &[("1", "InternalError", false)])
    })
    .await;
    let error = sender(&aws).send_all(messages(3)).await.unwrap_err();
    assert_eq!(codes(&error), [("dlv-1", "InternalError"), ("dlv-2", "NoAnswer")]);
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        "2 messages are not in the queue and may pass later: dlv-1 (InternalError) dlv-2 (NoAnswer)"
    );
    assert_eq!(aws.asked().len(), 4);
}

#[tokio::test]
async fn a_fault_of_the_message_is_not_tried_again_and_stops_no_other() {
    let aws = FakeAws::answering([
        answer(&[], &[("0", "InvalidMessageContents", true), ("1", "InternalError", false)]),
        answer(&["1"], &[]),
    ])
    .await;
    let mut messages = messages(3);
    messages[2].body = "x".repeat(1024 * 1024 + 1);
    let error = sender(&aws).send_all(messages).await.unwrap_err();
    assert_eq!(codes(&error), [("dlv-2", "BodyTooLarge"), ("dlv-0", "InvalidMessageContents")]);
    assert!(!error.is_retryable());
    assert_eq!(bodies(&aws.asked()[1]), [r#"{"n":1}"#]);
}

#[tokio::test]
async fn a_failed_call_is_tried_by_the_sdk_and_leaves_the_other_calls_alone() {
    // The call with dlv-0 always fails; the second call passes.
    let aws = FakeAws::with(|asked| {
        if bodies(asked).contains(&r#"{"n":0}"#) {
            (500, json!({ "__type": "com.amazonaws.sqs#InternalFailure" }))
        } else {
            take_all(asked)
        }
    })
    .await;
    let error = sender(&aws).send_all(messages(12)).await.unwrap_err();
    assert_eq!(error.unsent.len(), 10);
    assert!(error.unsent.iter().all(|unsent| unsent.code == "InternalFailure"), "{error}");
    assert!(error.is_retryable());
    assert_eq!(aws.asked().len(), 3 + 1);
}

#[tokio::test]
async fn a_refusal_by_the_service_is_told_with_its_code() {
    let refusal = json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue" });
    let aws = FakeAws::answering([(400, refusal)]).await;
    let [message] = <[_; 1]>::try_from(messages(1)).unwrap();
    let error = sender(&aws).send_one(message).await.unwrap_err();
    assert_eq!(codes(&error), [("dlv-0", "QueueDoesNotExist")]);
    assert!(error.is_retryable(), "a person can put the queue back while the message waits");
}

#[tokio::test]
async fn no_server_at_all_is_retryable() {
    let aws = FakeAws::answering([]).await;
    let sender = sender(&aws);
    drop(aws);
    let error = sender.send_all(messages(1)).await.unwrap_err();
    assert_eq!(codes(&error), [("dlv-0", "NoConnection")]);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn nothing_to_send_is_no_call() {
    let aws = FakeAws::answering([]).await;
    sender(&aws).send_all(Vec::new()).await.unwrap();
    assert!(aws.asked().is_empty());
}
