//! A destination that does not answer, and one that is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use leadyard_domain::message::DeliveryMessage;
use leadyard_fakes::Answered;
use leadyard_store::ReplayRequest;
use serde_json::json;

use crate::setting::{Setting, account};

/// A receiver whose status the test sets.
async fn setting(status: u16) -> (Setting, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(status));
    let says = Arc::clone(&status);
    let script = move |_: &_| Answered::status(says.load(Ordering::SeqCst));
    (Setting::start(json!({}), json!({}), script).await, status)
}

/// Ten failures in a row over six minutes.
async fn fail_ten(setting: &Setting) {
    for number in 1..=10 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
        setting.pass(40);
    }
}

#[tokio::test]
async fn while_it_does_not_answer_deliveries_wait_without_spending_tries_and_one_probes() {
    let (setting, status) = setting(503).await;
    fail_ten(&setting).await;
    let (probe, waits) = (setting.lead(100).await, setting.lead(101).await);
    let before = setting.put_off().len();
    setting.try_it(&waits, 1).await;
    assert_eq!(setting.status(&waits).await, "none", "nothing was claimed");
    let (message, wait_s) = setting.put_off().pop().unwrap();
    assert_eq!(message, DeliveryMessage::first(&account(), &waits), "the same try comes again");
    assert!((60..=180).contains(&wait_s), "{wait_s}");
    assert_eq!((setting.put_off().len(), setting.receiver.came().len()), (before + 1, 10));

    setting.pass(60);
    setting.try_it(&probe, 1).await;
    assert_eq!((setting.status(&probe).await, setting.receiver.came().len()), ("retry", 11), "one probes");
    setting.pass(3);
    setting.try_it(&waits, 1).await;
    assert_eq!((setting.status(&waits).await, setting.receiver.came().len()), ("none", 11), "and only one");

    status.store(200, Ordering::SeqCst);
    setting.pass(100);
    setting.try_it(&waits, 1).await;
    assert_eq!(setting.status(&waits).await, "delivered", "the next probe closes it");
    setting.pass(3);
    setting.try_it(&probe, 2).await;
    assert_eq!(setting.status(&probe).await, "delivered");
}

#[tokio::test]
async fn a_short_disturbance_opens_nothing() {
    let (setting, status) = setting(503).await;
    for number in 1..=30 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
    }
    status.store(200, Ordering::SeqCst);
    let delivery = setting.lead(31).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "delivered");
}

#[tokio::test]
async fn what_is_gone_gets_nothing_until_it_is_resumed() {
    let (setting, status) = setting(410).await;
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    setting.try_it(&first, 1).await;
    assert_eq!(setting.status(&first).await, "dead");
    status.store(200, Ordering::SeqCst);
    setting.pass(3);
    setting.try_it(&second, 1).await;
    let attempt = setting.last(&second).await;
    assert_eq!((setting.status(&second).await, attempt.code.as_deref()), ("dead", Some("E_SUSPENDED")));
    assert!(attempt.reason.unwrap().contains("resume it and replay"));
    assert_eq!(setting.receiver.came().len(), 1);

    let crm = second.destination();
    setting.table.store.resume_destination(&account(), &crm, "ops", setting.now()).await.unwrap();
    setting.pass(3);
    let (delivery, now) = (second.clone(), setting.now());
    let replay = ReplayRequest { account: account(), delivery, force: false, by: "ops".to_owned(), now };
    setting.table.store.request_replay(&replay).await.unwrap();
    setting.try_it(&second, 2).await;
    assert_eq!(setting.status(&second).await, "delivered");
}
