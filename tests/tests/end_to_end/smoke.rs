//! The stack is there and says no to strangers.

use leadyard_tests::stack::Queue;
use serde_json::json;

use crate::shared::stack;

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
