//! What answers mean.

use leadyard_domain::assignment::Ending;
use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::Answered;
use serde_json::json;

use crate::setting::Setting;

fn says(status: u16, body: &str) -> Answered {
    Answered::With(status, Vec::new(), body.to_owned())
}

#[tokio::test]
async fn a_rejection_goes_to_the_next_candidate_and_is_asked_for_again_when_its_message_comes_again() {
    let answers = json!([
        { "json": { "path": "outcome", "in": ["failure"] }, "then": "rejected", "reason": "reason" },
    ]);
    let setting = Setting::start(json!({ "answers": answers }), json!({}), |_| {
        says(200, r#"{"outcome":"failure","reason":"out of area"}"#)
    })
    .await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "rejected");
    assert_eq!(setting.last(&delivery).await.code.as_deref(), Some("E_REJECTED"));
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.receiver.came().len(), 1, "it is not sent twice");
    let told = setting.told_evaluate();
    assert_eq!(told.len(), 2, "the first message may have been lost");
    assert_eq!(told[0], told[1], "and to tell it twice is to tell the same");
    let LeadsMessage::Reassign { lead, attempt, how, reason, by, .. } = &told[0] else { panic!("{told:?}") };
    assert_eq!((lead, *attempt, *how), (&delivery.lead(), 1, Ending::Rejected));
    assert_eq!(reason.as_deref(), Some("the receiver does not want this lead: out of area"));
    assert_eq!(by.as_deref(), Some("destination crm"));
}

#[tokio::test]
async fn a_wish_lengthens_the_wait_and_long_waits_are_schedules() {
    let mut answers = vec![
        Answered::status(503),
        Answered::With(429, vec![("retry-after", "120".to_owned())], String::new()),
        Answered::status(503),
        Answered::status(204),
    ]
    .into_iter();
    let destination = json!({ "retry": ["5s", "5s", "6h"] });
    let setting = Setting::start(json!({}), destination, move |_| answers.next().unwrap()).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert!((4..=6).contains(&setting.put_off()[0].1));
    setting.pass(10);
    setting.try_it(&delivery, 2).await;
    assert_eq!(setting.put_off()[1].1, 120);
    setting.pass(120);
    setting.try_it(&delivery, 3).await;
    assert_eq!((setting.put_off().len(), setting.schedules.waiting().len()), (2, 1));
    setting.pass(8 * 3_600);
    setting.try_it(&delivery, 4).await;
    assert_eq!(setting.status(&delivery).await, "delivered");
    let ids: Vec<String> =
        setting.receiver.came().iter().map(|came| came.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!(ids, vec![delivery.to_string(); 4], "the same id on every try");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_last_try_is_the_last() {
    let setting = Setting::start(json!({}), json!({ "retry": ["5s"] }), |came| match came.what.as_str() {
        "POST /hook" => {
            Answered::With(302, vec![("location", "http://169.254.169.254/latest".to_owned())], String::new())
        }
        other => panic!("{other}"),
    })
    .await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "dead");
    let reason = setting.last(&delivery).await.reason.unwrap();
    assert!(reason.contains("http://169.254.169.254/latest"), "{reason}");
}

#[tokio::test]
async fn after_the_last_wait_it_is_dead() {
    let setting = Setting::start(json!({}), json!({ "retry": ["5s"] }), |_| Answered::status(500)).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    setting.pass(10);
    setting.try_it(&delivery, 2).await;
    assert_eq!(setting.status(&delivery).await, "dead");
    assert_eq!(setting.put_off().len(), 1);
}

#[tokio::test]
async fn a_duplicate_of_our_own_is_delivered_and_one_of_someone_else_goes_on() {
    let answers = json!([{ "status": [409], "then": "duplicate" }]);
    let mut first = true;
    let setting = Setting::start(json!({ "answers": answers, "timeout_s": 1 }), json!({}), move |_| {
        if std::mem::take(&mut first) { Answered::Never } else { Answered::status(409) }
    })
    .await;
    let ours = setting.lead(1).await;
    setting.try_it(&ours, 1).await;
    assert_eq!(setting.status(&ours).await, "retry");
    setting.pass(61);
    setting.try_it(&ours, 2).await;
    assert_eq!(setting.status(&ours).await, "delivered", "the first try brought it");
    let theirs = setting.lead(2).await;
    setting.try_it(&theirs, 1).await;
    assert_eq!((setting.status(&theirs).await, setting.told_evaluate().len()), ("rejected", 1));
}

#[tokio::test]
async fn a_rule_that_knows_an_answer_says_nothing_against_the_receiver() {
    let answers = json!([{ "status": [410], "then": "rejected" }]);
    let setting = Setting::start(json!({ "answers": answers }), json!({}), |_| Answered::status(410)).await;
    for number in 1..=2 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
        assert_eq!(setting.status(&delivery).await, "rejected");
        setting.pass(3);
    }
    assert_eq!(setting.receiver.came().len(), 2, "nothing is suspended");
}

#[tokio::test]
async fn an_answer_that_is_too_large_for_its_rules_waits_for_a_person() {
    let answers = json!([{ "json": { "path": "outcome", "in": ["failure"] }, "then": "rejected" }]);
    let setting = Setting::start(json!({ "answers": answers }), json!({}), |_| {
        says(200, &format!(r#"{{"outcome":"failure","pad":"{}"}}"#, "x".repeat(70_000)))
    })
    .await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "unknown");
}

#[tokio::test]
async fn whoever_has_the_lead_no_more_is_not_sent_it() {
    let setting = Setting::start(json!({}), json!({}), |_| Answered::status(503)).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    setting.take_away(&delivery).await;
    setting.pass(60);
    setting.try_it(&delivery, 2).await;
    let attempt = setting.last(&delivery).await;
    assert_eq!((setting.status(&delivery).await, attempt.code.as_deref()), ("dead", Some("E_ENDED")));
    assert_eq!(setting.receiver.came().len(), 1);
}

#[tokio::test]
async fn what_a_receiver_shows_of_our_secrets_is_not_kept() {
    let webhook = json!({ "auth": { "basic": { "user": "us", "secret": "token" } } });
    let setting = Setting::start(webhook, json!({ "retry": [] }), |came| {
        let shown = format!("{} top-secret", came.header("authorization").unwrap());
        Answered::With(302, vec![("location", "https://a.example/x?key=abc".to_owned())], shown)
    })
    .await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    let kept = format!("{:?}", setting.last(&delivery).await);
    for secret in ["top-secret", "dXM6dG9wLXNlY3JldA==", "key=abc"] {
        assert!(!kept.contains(secret), "{secret}: {kept}");
    }
    assert!(kept.contains("https://a.example/x"));
}

#[tokio::test]
async fn what_a_receiver_shows_of_the_secrets_in_its_url_is_not_kept() {
    let webhook = json!({ "url": "/hook?api_key=s3cr%2Bet-of-url&team=north-east" });
    let setting = Setting::start(webhook, json!({ "retry": [] }), |_| {
        let shown = "north-east: no such key s3cr+et-of-url, in /hook?api_key=s3cr%2Bet-of-url";
        Answered::With(400, vec![("x-shown", "s3cr%2bet-of-url".to_owned())], shown.to_owned())
    })
    .await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    let kept = format!("{:?}", setting.last(&delivery).await);
    assert!(kept.contains("no such key [redacted]") && kept.contains("north-east"), "{kept}");
    assert!(!kept.contains("et-of-url"), "{kept}");
}
