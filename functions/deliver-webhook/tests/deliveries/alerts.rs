//! Who is told when something is wrong with a destination.

use leadyard_domain::delivery::alert::{Alert, AlertMessage, SuspendedFor};
use leadyard_fakes::Answered;
use serde_json::{Value, json};

use crate::setting::{Setting, account};

fn asked(setting: &Setting) -> Vec<(AlertMessage, u64)> {
    let delay = |entry: &Value| entry["DelaySeconds"].as_u64().unwrap_or_default();
    setting.alerts.sent().into_iter().zip(setting.alerts.entries().iter().map(delay)).collect()
}

fn told() -> Value {
    json!({ "notify": { "emails": ["ops@example.com"] }, "retry": [] })
}

#[tokio::test]
async fn of_many_that_are_given_up_people_are_told_once() {
    let setting = Setting::start(json!({}), told(), |_| Answered::status(400)).await;
    for number in 1..=4 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
        // The same message again counts nothing more.
        setting.try_it(&delivery, 1).await;
    }
    let message = AlertMessage { account: account(), destination: "crm".parse().unwrap(), alert: Alert::GivenUp };
    assert_eq!(asked(&setting), [(message.clone(), 60)]);
    let until = setting.now();
    let claim = setting.table.store.claim_alert(&message, until, setting.now()).await.unwrap();
    let leadyard_store::AlertClaim::Claimed(tally) = claim else { panic!("{claim:?}") };
    assert_eq!(tally.given_up, 4);
}

#[tokio::test]
async fn of_a_suspension_people_are_told_with_what_it_is() {
    let setting = Setting::start(json!({}), told(), |_| Answered::status(410)).await;
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    setting.try_it(&first, 1).await;
    let since = setting.now();
    setting.pass(3);
    setting.try_it(&second, 1).await;
    let alerts: Vec<Alert> = asked(&setting).into_iter().map(|(message, _)| message.alert).collect();
    assert_eq!(alerts, [Alert::Suspended { why: SuspendedFor::Gone, since }, Alert::GivenUp]);
}

#[tokio::test]
async fn nobody_is_told_where_nobody_is_named_and_of_nothing_that_goes_on() {
    let setting = Setting::start(json!({}), json!({ "retry": [] }), |_| Answered::status(410)).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(asked(&setting), []);
    let mut answers = [503, 200].into_iter();
    let going = json!({ "notify": { "emails": ["ops@example.com"] } });
    let setting = Setting::start(json!({}), going, move |_| Answered::status(answers.next().unwrap())).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    setting.pass(10);
    setting.try_it(&delivery, 2).await;
    assert_eq!((setting.status(&delivery).await, asked(&setting)), ("delivered", Vec::new()));
}

#[tokio::test]
async fn a_delivery_stands_when_nobody_can_be_told() {
    let setting = Setting::start(json!({}), told(), |_| Answered::status(400)).await;
    setting.alerts.set_down(true);
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "dead");
}
