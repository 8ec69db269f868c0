//! A process that ends between the receiver's taking of a lead and our record of it.

use leadyard_domain::message::DeliveryMessage;
use leadyard_fakes::Answered;
use serde_json::json;

use crate::setting::{Setting, account};

/// A first try whose process ends when the receiver has the request; then the message comes again, when the lease is over.
async fn crash(at_most_once: bool) -> (Setting, leadyard_domain::id::DeliveryId) {
    let mut first = true;
    let setting = Setting::start(json!({}), json!({ "at_most_once": at_most_once }), move |_| {
        if std::mem::take(&mut first) { Answered::Never } else { Answered::status(200) }
    })
    .await;
    let delivery = setting.lead(1).await;
    {
        let handling = setting.handle(DeliveryMessage::first(&account(), &delivery));
        let taken = setting.receiver.wait_for(1);
        tokio::select! {
            done = handling => panic!("the receiver never answers: {done:?}"),
            () = taken => {}
        }
    }
    assert_eq!(setting.status(&delivery).await, "sending");
    // Before the lease is over nobody else sends.
    setting.pass(5);
    assert!(setting.handle(DeliveryMessage::first(&account(), &delivery)).await.is_err());
    setting.pass(60);
    setting.try_it(&delivery, 1).await;
    (setting, delivery)
}

#[tokio::test]
async fn it_is_sent_again_with_the_same_id() {
    let (setting, delivery) = crash(false).await;
    assert_eq!(setting.status(&delivery).await, "delivered");
    let came = setting.receiver.came();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].header("webhook-id"), came[1].header("webhook-id"));
}

#[tokio::test]
async fn at_most_once_it_waits_for_a_person() {
    let (setting, delivery) = crash(true).await;
    assert_eq!((setting.status(&delivery).await, setting.receiver.came().len()), ("unknown", 1));
}

#[tokio::test]
async fn a_queue_that_is_down_gives_the_message_back_and_nothing_is_sent_twice() {
    let setting = Setting::start(json!({}), json!({}), |_| Answered::status(503)).await;
    let delivery = setting.lead(1).await;
    setting.queue.set_down(true);
    assert!(setting.handle(DeliveryMessage::first(&account(), &delivery)).await.is_err());
    setting.queue.set_down(false);
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.receiver.came().len(), setting.put_off().len()), (1, 1), "only the next try is asked for");
}
