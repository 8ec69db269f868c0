//! Events that failed and are tried again: the record remembers it, and by which behaviour the event was settled.

use leadyard_domain::config::Behaviour;
use leadyard_domain::event::{EventStatus, Received};
use leadyard_domain::message::LeadsMessage;
use serde_json::{Value, json};

use crate::fetching::{lead, logged};
use crate::setting::{Setting, event};

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
