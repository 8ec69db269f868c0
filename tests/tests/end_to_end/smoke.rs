//! The stack is there and says no to strangers.

use std::time::Duration;

use leadyard_tests::stack::{Queue, wait_until};
use serde_json::json;

use crate::shared::stack;

/// Longest wait for a line that a function has written.
const LOG_LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let stack = stack().await;
    let answer = stack.http().post(stack.url("/in/unknown")).json(&json!({ "email": "a@example.com" })).send();
    assert_eq!(answer.await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_path_outside_the_api_is_not_found() {
    let stack = stack().await;
    let answer = stack.http().get(stack.url("/other")).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn nothing_waits_in_a_dead_letter_queue_of_a_new_stack() {
    let stack = stack().await;
    for queue in Queue::DEAD {
        assert_eq!(stack.depth(queue).await.unwrap().total(), 0, "{queue:?}");
    }
}

#[tokio::test]
async fn what_a_function_logs_can_be_read() {
    let stack = stack().await;
    stack.http().post(stack.url("/in/another-unknown")).send().await.unwrap();
    let line = wait_until("a line of intake's log", LOG_LIMIT, async || {
        Ok(stack.logs("intake", 0).await?.into_iter().find(|line| line.text.contains("request refused")))
    });
    assert!(line.await.unwrap().time_ms > 0);
}
