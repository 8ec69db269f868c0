//! Requests that are refused: with a problem document that says what and where, and nothing is kept of them.

use leadyard_tests::client::{Answer, PROBLEM};
use serde_json::json;

use crate::{
    account::{Account, HMAC_SECRET, post},
    shared::stack,
};

const CONFIG: &str = r#"
sources:
  - id: web
    format: json
    verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } }
  - { id: closed, format: json, enabled: false }
  - { id: page, format: form }
"#;

fn assert_problem(answer: &Answer, status: u16, says: &[&str]) {
    assert_eq!((answer.status, answer.media_type.as_str()), (status, PROBLEM), "{}", answer.body);
    assert_eq!(answer.body["status"], status);
    for words in says {
        assert!(answer.detail().contains(words), "{words:?} is missing in: {}", answer.detail());
    }
}

/// Signed and of the right type, whatever the body.
async fn send(account: &Account<'_>, source: &str, content_type: &str, body: &str) -> Answer {
    let request = account
        .api
        .stack()
        .http()
        .post(account.published.endpoint(source).unwrap())
        .header("content-type", content_type)
        .header("x-signature", leadyard_tests::client::hmac_header(HMAC_SECRET, body.as_bytes()))
        .body(body.to_owned());
    Answer::to(request).await.unwrap()
}

#[tokio::test]
async fn an_unknown_key_and_a_disabled_source_are_the_same_404() {
    let stack = stack().await;
    let account = Account::open(&stack, "bad-key", CONFIG).await;
    let unknown = post(&stack, &stack.url("/in/0000000000000000000000000000000000000000"), &json!({ "a": 1 })).await;
    let unknown = unknown.unwrap();
    assert_problem(&unknown, 404, &["no source at this address"]);
    assert_eq!(account.post("closed", &json!({ "a": 1 })).await, unknown);
}

#[tokio::test]
async fn a_wrong_signature_is_401_and_says_which_header() {
    let stack = stack().await;
    let account = Account::open(&stack, "bad-signature", CONFIG).await;
    let url = account.published.endpoint("web").unwrap();
    let unsigned = Answer::to(stack.http().post(url).json(&json!({ "a": 1 }))).await.unwrap();
    assert_problem(&unsigned, 401, &["x-signature"]);
    let foreign = leadyard_tests::client::hmac_header("another secret", b"{}");
    let wrong = stack.http().post(url).header("x-signature", foreign).body("{}");
    assert_problem(&Answer::to(wrong).await.unwrap(), 401, &["x-signature", "does not fit"]);
}

#[tokio::test]
async fn what_is_not_json_is_400_and_says_where() {
    let stack = stack().await;
    let account = Account::open(&stack, "bad-json", CONFIG).await;
    let answer = send(&account, "web", "application/json", "{\"email\": \"a@example.com\",\n \"name\": }").await;
    assert_problem(&answer, 400, &["JSON", "line 2", "column"]);
    let answer = send(&account, "web", "application/json", "[{\"a\": 1}, 7]").await;
    assert_problem(&answer, 400, &["[1]", "a number"]);
}

#[tokio::test]
async fn a_wrong_content_type_is_415_and_says_what_is_read() {
    let stack = stack().await;
    let account = Account::open(&stack, "bad-type", CONFIG).await;
    assert_problem(&send(&account, "web", "text/html", "{}").await, 415, &["text/html", "application/json"]);
    let answer = send(&account, "page", "application/json", "{\"a\": 1}").await;
    assert_problem(&answer, 415, &["application/json", "application/x-www-form-urlencoded"]);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_and_says_how_large() {
    let stack = stack().await;
    let account = Account::open(&stack, "bad-size", CONFIG).await;
    let body = json!({ "message": "x".repeat(256 * 1024) }).to_string();
    let answer = send(&account, "web", "application/json", &body).await;
    assert_problem(&answer, 413, &[&body.len().to_string(), "262144"]);
}

#[tokio::test]
async fn nothing_is_kept_of_a_refused_request_and_nothing_is_lost_of_a_taken_one() {
    let stack = stack().await;
    let account = Account::open(&stack, "bad-and-good", CONFIG).await;
    let mut taken = Vec::new();
    for number in 0..5 {
        let email = json!({ "email": format!("good-{number}@example.com") });
        let answer = account.post("web", &email).await;
        assert_eq!(answer.status, 202);
        taken.extend(leadyard_tests::client::event_ids(&answer.body));
        assert_eq!(send(&account, "web", "application/json", "{").await.status, 400);
    }
    for event in &taken {
        account.settled_event(event).await;
    }
    let mut logged: Vec<String> = account
        .api
        .list("events", "")
        .await
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    logged.sort();
    taken.sort();
    assert_eq!(logged, taken);
}
