//! Receivers that fail, each in its own way: what is tried again, what is given up, and what a replay does.

use leadyard_tests::{
    client::Answer,
    receiver::{Receiver, Script},
};
use serde_json::json;

use crate::{
    account::{Account, codes},
    shared::stack,
};

/// The status and the reason of a delivery.
fn ending(delivery: &serde_json::Value) -> (&str, &str) {
    (delivery["status"].as_str().unwrap_or_default(), delivery["reason"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn one_that_is_down_is_tried_three_times_and_given_up() {
    let stack = stack().await;
    let down = Receiver::start().await.unwrap();
    let url = down.url("/crm");
    drop(down);
    let account = Account::with_webhook(&stack, "receiver-down", &format!("{{ url: \"{url}\" }}")).await;
    let delivery = account.delivery("kim@example.com").await;
    assert_eq!(codes(&delivery), ["E_CONNECT", "E_CONNECT", "E_CONNECT"], "{delivery}");
    let (status, reason) = ending(&delivery);
    assert_eq!(status, "dead");
    assert!(reason.contains("last of 3 tries"), "{reason}");
    assert_eq!(account.receiver.count(), 0);
}

#[tokio::test]
async fn one_that_never_answers_costs_its_timeout_and_no_more() {
    let stack = stack().await;
    let account = Account::with_webhook(&stack, "receiver-slow", "{ url: \"RECEIVER/crm\", timeout_s: 1 }").await;
    account.receiver.on("/crm", Script::Silent);
    let delivery = account.delivery("kim@example.com").await;
    assert_eq!(ending(&delivery).0, "dead");
    assert_eq!(codes(&delivery), ["E_TIMEOUT"; 3]);
    let requests = account.receiver.requests_to("/crm");
    assert!(requests.iter().all(|request| request.webhook_id() == delivery["id"].as_str()));
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn an_endless_and_a_dripping_answer_are_cut_short() {
    let stack = stack().await;
    for (path, script) in [("endless", Script::Endless), ("dripping", Script::Dripping)] {
        let webhook = format!("{{ url: \"RECEIVER/{path}\", timeout_s: 1 }}");
        let account = Account::with_webhook(&stack, &format!("receiver-{path}"), &webhook).await;
        account.receiver.on(&format!("/{path}"), script);
        let delivery = account.delivery("kim@example.com").await;
        // It answered 200: the lead has arrived, however it goes on talking.
        assert_eq!(ending(&delivery).0, "delivered", "{path}: {delivery}");
        assert_eq!(delivery["attempts"][0]["response"]["status"], 200);
        let kept = delivery["attempts"][0]["response"]["body"].as_str().unwrap().len();
        assert!(kept <= 16 * 1024, "{path}: {kept} bytes");
        assert_eq!(account.receiver.count(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_log_says_where_it_pointed() {
    let stack = stack().await;
    let account = Account::with_webhook(&stack, "receiver-moved", "{ url: \"RECEIVER/crm\" }").await;
    account.receiver.on("/crm", Script::Redirect(account.receiver.url("/elsewhere")));
    let delivery = account.delivery("kim@example.com").await;
    let (status, reason) = ending(&delivery);
    assert_eq!(status, "dead");
    assert!(reason.contains("redirect") && reason.contains("/elsewhere"), "{reason}");
    assert_eq!(account.receiver.requests_to("/elsewhere").len(), 0);
    assert_eq!(account.receiver.count(), 1);
}

#[tokio::test]
async fn one_that_fails_and_recovers_has_the_lead_once_it_does_under_one_id() {
    let stack = stack().await;
    let account = Account::with_webhook(&stack, "receiver-500", "{ url: \"RECEIVER/crm\", secret: signing }").await;
    account.receiver.on("/crm", Script::FailThenOk { status: 500, times: 2 });
    let delivery = account.delivery("kim@example.com").await;
    assert_eq!(ending(&delivery).0, "delivered", "{delivery}");
    let statuses: Vec<_> = delivery["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["response"]["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [500, 500, 200]);
    let requests = account.receiver.requests_to("/crm");
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.webhook_id(), delivery["id"].as_str());
        assert_eq!(leadyard_tests::receiver::signature::verify(crate::account::SIGNING_SECRET, request), Ok(()));
    }
    assert!(requests.iter().all(|request| request.body == requests[0].body));
}

#[tokio::test]
async fn a_reset_connection_is_tried_again() {
    let stack = stack().await;
    let account = Account::with_webhook(&stack, "receiver-reset", "{ url: \"RECEIVER/crm\" }").await;
    account.receiver.on("/crm", Script::Reset);
    let delivery = account.delivery("kim@example.com").await;
    assert_eq!(ending(&delivery).0, "dead");
    assert_eq!(codes(&delivery).len(), 3);
    assert_eq!(account.receiver.count(), 3);
}

#[tokio::test]
async fn a_410_ends_the_delivery_and_a_replay_brings_it_when_the_receiver_is_mended() {
    let stack = stack().await;
    let account = Account::with_webhook(&stack, "receiver-410", "{ url: \"RECEIVER/crm\" }").await;
    account.receiver.on("/crm", Script::Status(410));
    let delivery = account.delivery("kim@example.com").await;
    let (status, reason) = ending(&delivery);
    assert_eq!(status, "dead");
    assert!(reason.contains("410"), "{reason}");
    assert_eq!(account.receiver.count(), 1);
    let (id, lead) = (delivery["id"].as_str().unwrap(), delivery["lead"].as_str().unwrap());
    let dead = account.api.list("deliveries", "status=dead&destination=crm").await.unwrap();
    assert_eq!(dead.iter().map(|row| row["id"].as_str()).collect::<Vec<_>>(), [Some(id)]);

    account.receiver.on("/crm", Script::Status(204));
    let replay = format!("/v1/deliveries/{id}/replay");
    assert_eq!(account.api.post(&replay).await.unwrap().status, 202);
    let mended = account.delivered(lead).await;
    assert_eq!(mended["deliveries"][0]["status"], "delivered", "{mended}");
    assert_eq!(account.receiver.requests_to("/crm").last().and_then(|request| request.webhook_id()), Some(id));

    // What was delivered is sent again only on purpose.
    let refused = account.api.post(&replay).await.unwrap();
    assert_eq!(refused.status, 409);
    assert!(refused.detail().contains("force"), "{}", refused.detail());
    let forced = account.api.request(reqwest::Method::POST, &replay).json(&json!({ "force": true }));
    assert_eq!(Answer::to(forced).await.unwrap().status, 202);
    let arrived = async || Ok((account.receiver.count() == 3).then_some(()));
    account.wait("the forced replay arrived", arrived).await;
    account.delivered(lead).await;
}
