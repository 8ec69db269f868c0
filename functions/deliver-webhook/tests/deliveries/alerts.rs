//! Who is told when something is wrong with a destination.

use leadyard_domain::delivery::alert::{Alert, AlertMessage, Subject, SuspendedFor};
use leadyard_domain::message::DeliveryMessage;
use leadyard_fakes::Answered;
use leadyard_store::AlertClaim;
use serde_json::{Value, json};

use crate::setting::{Setting, account};

fn asked(setting: &Setting) -> Vec<(AlertMessage, u64)> {
    let delay = |entry: &Value| entry["DelaySeconds"].as_u64().unwrap_or_default();
    setting.alerts.sent().into_iter().zip(setting.alerts.entries().iter().map(delay)).collect()
}

fn given_up() -> AlertMessage {
    AlertMessage { account: account(), subject: Subject::Destination("crm".parse().unwrap()), alert: Alert::GivenUp }
}

/// How many were given up, and of how many nobody knows whether they arrived.
async fn tally(setting: &Setting) -> Option<(u64, u64)> {
    match setting.table.store.claim_alert(&given_up(), setting.now(), setting.now()).await.unwrap() {
        AlertClaim::Claimed(tally) => Some((tally.given_up, tally.unknown)),
        _ => None,
    }
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
    assert_eq!(asked(&setting), [(given_up(), 60)]);
    assert_eq!(tally(&setting).await, Some((4, 0)));
}

#[tokio::test]
async fn of_what_was_not_to_be_sent_any_more_nobody_is_told() {
    let setting = Setting::start(json!({}), told(), |_| Answered::status(410)).await;
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    setting.take_away(&first).await;
    setting.try_it(&first, 1).await;
    assert_eq!((setting.status(&first).await, asked(&setting)), ("dead", Vec::new()));
    // Nor where nothing at all is sent any more: to send it again would send nothing.
    setting.try_it(&second, 1).await;
    assert_eq!(tally(&setting).await, Some((1, 0)));
    setting.pass(3);
    let third = setting.lead(3).await;
    setting.take_away(&third).await;
    setting.try_it(&third, 1).await;
    assert_eq!(setting.last(&third).await.code.as_deref(), Some("E_ENDED"));
    setting.pass(30);
    assert_eq!(tally(&setting).await, Some((1, 0)));
}

#[tokio::test]
async fn of_what_may_have_arrived_people_are_told() {
    let destination = json!({ "notify": { "emails": ["ops@example.com"] }, "at_most_once": true });
    let setting = Setting::start(json!({ "timeout_s": 1 }), destination, |_| Answered::Never).await;
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    setting.try_it(&first, 1).await;
    assert_eq!((setting.status(&first).await, asked(&setting)), ("unknown", vec![(given_up(), 60)]));
    // A function that died while it was sending.
    setting.pass(61);
    {
        let handling = setting.handle(DeliveryMessage::first(&account(), &second));
        tokio::select! {
            done = handling => panic!("the receiver never answers: {done:?}"),
            () = setting.receiver.wait_for(2) => {}
        }
    }
    setting.pass(61);
    setting.try_it(&second, 1).await;
    assert_eq!(setting.status(&second).await, "unknown");
    assert_eq!(tally(&setting).await, Some((0, 2)));
}

#[tokio::test]
async fn when_a_mail_could_not_be_asked_for_the_next_that_is_given_up_asks() {
    let setting = Setting::start(json!({}), told(), |_| Answered::status(400)).await;
    setting.alerts.set_down(true);
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    setting.try_it(&first, 1).await;
    setting.alerts.set_down(false);
    let before = setting.alerts.entries().len();
    setting.try_it(&second, 1).await;
    assert_eq!(setting.alerts.entries().len(), before + 1);
    assert_eq!(tally(&setting).await, Some((2, 0)));
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
