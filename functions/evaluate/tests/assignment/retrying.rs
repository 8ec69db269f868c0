//! Events that failed: who is told of them, and trying them again. The record remembers that, and by which behaviour the event
//! was settled.

use jiff::SignedDuration;
use leadyard_domain::config::Behaviour;
use leadyard_domain::delivery::alert::{Alert, AlertMessage, Subject};
use leadyard_domain::event::{EventStatus, Intent, Received};
use leadyard_domain::message::LeadsMessage;
use leadyard_store::AlertClaim;
use serde_json::{Value, json};

use crate::fetching::{hand, lead, logged, told as told_by};
use crate::setting::{Setting, account, event};

fn config(source: &Value) -> Value {
    json!({ "fields": [{ "name": "age", "type": "number" }], "sources": [source] })
}

fn retry(received: &Received) -> LeadsMessage {
    LeadsMessage::Received { event: Box::new(received.clone()), retry: true }
}

#[tokio::test]
async fn a_retried_event_is_known_as_one() {
    let source = |behaviour: &str, from: &str| {
        config(&json!({
            "id": "web", "format": "json", "behaviour": behaviour, "mapping": [{ "from": from, "to": "age" }],
        }))
    };
    let setting = Setting::start(&source("create_and_update", "age")).await;
    let received = setting.accept(json!({ "email": "anna@example.com", "age": "old", "years": 42 }));
    setting.send(event(&received)).await;
    let failed = logged(&setting, &received).await.unwrap();
    assert_eq!(
        (failed.status, failed.retries, failed.behaviour),
        (EventStatus::Failed, 0, Some(Behaviour::CreateAndUpdate))
    );
    // Nothing was mended.
    setting.send(retry(&received)).await;
    let failed = logged(&setting, &received).await.unwrap();
    assert_eq!((failed.status, failed.retries), (EventStatus::Failed, 1));

    setting.publish(&source("create_only", "years")).await;
    setting.send(retry(&received)).await;
    let fixed = logged(&setting, &received).await.unwrap();
    assert_eq!(
        (fixed.status, fixed.retries, fixed.behaviour),
        (EventStatus::Created, 2, Some(Behaviour::CreateOnly)),
        "by the mapping and the behaviour of today"
    );
    assert!(lead(&setting, &received).await.is_some());
    // What went through is not tried again, so nothing is counted.
    setting.send(retry(&received)).await;
    assert_eq!(logged(&setting, &received).await.unwrap(), fixed);

    let at_once = setting.accept(json!({ "email": "bo@example.com", "years": 7 }));
    setting.send(event(&at_once)).await;
    assert_eq!(logged(&setting, &at_once).await.unwrap().retries, 0);
    setting.publish(&config(&json!({ "id": "page", "format": "json" }))).await;
    let gone = setting.accept(json!({ "email": "cy@example.com" }));
    setting.send(event(&gone)).await;
    let gone = logged(&setting, &gone).await.unwrap();
    assert_eq!((gone.status, gone.behaviour), (EventStatus::Failed, None), "its source is not there");
}

fn asked_for(setting: &Setting) -> Vec<(Value, u64)> {
    let delay = |entry: &Value| entry["DelaySeconds"].as_u64().unwrap_or_default();
    setting.email.sent().into_iter().zip(setting.email.entries().iter().map(delay)).collect()
}

async fn told(setting: &Setting, source: &str, until_s: i64) -> AlertClaim {
    let subject = Subject::Source(source.parse().unwrap());
    let message = AlertMessage { account: account(), subject, alert: Alert::Failed };
    let now = setting.now() + SignedDuration::from_secs(until_s);
    setting.table.store.claim_alert(&message, now, now).await.unwrap()
}

#[tokio::test]
async fn who_is_to_be_told_of_failures_is_told_once_with_their_number() {
    let mapping = json!([{ "from": "age", "to": "age" }]);
    let setting = Setting::start(&json!({
        "fields": [{ "name": "age", "type": "number" }],
        "account": { "notify": { "emails": ["ops@example.com"] } },
        "assignees": [{ "id": "anna", "name": "Anna", "email": "anna@example.com" }],
        "sources": [
            { "id": "web", "format": "json", "mapping": mapping, "notify": { "assignees": ["anna"] } },
            { "id": "quiet", "format": "json", "mapping": mapping },
        ],
    }))
    .await;
    let failing = |source: &str, number: usize| {
        event(&told_by(source, &number.to_string(), &json!({ "age": "old", "n": number }), Intent::Capture))
    };
    // What goes through is not counted, nor what another source sends.
    let fine = told_by("web", "fine", &json!({ "age": 7 }), Intent::Capture);
    assert!(hand(&setting, vec![event(&fine), failing("quiet", 1)], 1).await.is_empty());
    assert_eq!((asked_for(&setting), told(&setting, "web", 0).await), (vec![], AlertClaim::Told));
    assert_eq!(told(&setting, "quiet", 0).await, AlertClaim::Told, "the account's 'notify' is about destinations");

    // Three of one batch, then one by one; a message that comes again counts nothing more.
    assert!(hand(&setting, (1..=3).map(|number| failing("web", number)).collect(), 1).await.is_empty());
    for number in [3, 4, 5] {
        assert!(hand(&setting, vec![failing("web", number)], 1).await.is_empty());
    }
    let message = json!({ "account": "main", "source": "web", "alert": { "about": "failed" } });
    assert_eq!(asked_for(&setting), [(message, 60)]);
    let AlertClaim::Claimed(tally) = told(&setting, "web", 60).await else { panic!("it is due") };
    assert_eq!((tally.given_up, tally.unknown, tally.since), (5, 0, setting.now()));
}

#[tokio::test]
async fn a_mail_that_could_not_be_asked_for_is_asked_for_by_the_next_failure() {
    let setting = Setting::start(&json!({
        "fields": [{ "name": "age", "type": "number" }],
        "sources": [{
            "id": "web", "format": "json", "mapping": [{ "from": "age", "to": "age" }],
            "notify": { "emails": ["ops@example.com"] },
        }],
    }))
    .await;
    let failing = |id: &str| event(&told_by("web", id, &json!({ "age": id }), Intent::Capture));
    setting.email.set_down(true);
    assert!(hand(&setting, vec![failing("one")], 1).await.is_empty(), "the event is settled all the same");
    setting.email.set_down(false);
    assert_eq!(asked_for(&setting), []);
    assert!(hand(&setting, vec![failing("two")], 1).await.is_empty());
    assert_eq!(asked_for(&setting).len(), 1);
    let AlertClaim::Claimed(tally) = told(&setting, "web", 60).await else { panic!("it is due") };
    assert_eq!(tally.given_up, 2);
}
