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
