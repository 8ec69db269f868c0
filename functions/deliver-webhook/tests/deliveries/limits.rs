//! A destination that takes only so much.

use leadyard_domain::message::DeliveryMessage;
use leadyard_fakes::Answered;
use serde_json::json;

use crate::setting::{Setting, account};

#[tokio::test]
async fn what_is_too_much_for_a_minute_lines_up_once() {
    let destination = json!({ "limits": { "per_minute": 6 } });
    let setting = Setting::start(json!({}), destination, |_| Answered::status(200)).await;
    for number in 1..=3 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
    }
    assert_eq!(setting.receiver.came().len(), 1);
    let waiting = setting.put_off();
    assert_eq!(waiting.iter().map(|(_, wait_s)| *wait_s).collect::<Vec<_>>(), [10, 20]);
    let (second, third) = (&waiting[0].0, &waiting[1].0);
    assert_eq!((second.number, third.number), (1, 1), "no try is spent");
    // Too early: it keeps its place.
    setting.pass(5);
    setting.handle(third.clone()).await.unwrap();
    assert_eq!(setting.put_off().pop().unwrap(), (third.clone(), 15));
    setting.pass(5);
    setting.handle(second.clone()).await.unwrap();
    setting.pass(10);
    setting.handle(third.clone()).await.unwrap();
    assert_eq!(setting.receiver.came().len(), 3);
    assert_eq!(setting.put_off().len(), 3, "nobody lines up a second time");
}

#[tokio::test]
async fn no_more_go_at_once_than_may() {
    let destination = json!({ "limits": { "at_once": 2 } });
    let setting = Setting::start(json!({ "timeout_s": 1 }), destination, |_| Answered::Never).await;
    let mut deliveries = Vec::new();
    for number in 1..=3 {
        deliveries.push(setting.lead(number).await);
    }
    let tries = async |index: usize| {
        setting.handle(DeliveryMessage::first(&account(), &deliveries[index])).await.unwrap();
    };
    let third = async {
        setting.receiver.wait_for(2).await;
        tries(2).await;
        assert_eq!(setting.status(&deliveries[2]).await, "none");
        let (message, wait_s) = setting.put_off().pop().unwrap();
        assert_eq!(message.delivery, deliveries[2]);
        assert!((2..=5).contains(&wait_s), "{wait_s}");
    };
    futures_util::join!(tries(0), tries(1), third);
    assert_eq!(setting.status(&deliveries[0]).await, "retry", "it took too long");
    // Both places are free again, and it is worth waiting again.
    setting.pass(61);
    tries(2).await;
    assert_eq!(setting.receiver.came().len(), 3);
}

#[tokio::test]
async fn whoever_finds_it_full_keeps_the_place_in_the_line() {
    let destination = json!({ "limits": { "per_minute": 6, "at_once": 1 } });
    let setting = Setting::start(json!({ "timeout_s": 1 }), destination, |_| Answered::Never).await;
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    let third = setting.lead(3).await;
    let rest = async {
        setting.receiver.wait_for(1).await;
        setting.pass(10);
        // The minute has room for it, the destination has none.
        setting.try_it(&second, 1).await;
        let (message, _) = setting.put_off().pop().unwrap();
        assert_eq!((&message.delivery, message.slot), (&second, Some(setting.now())));
        for _ in 0..3 {
            setting.pass(1);
            setting.handle(message.clone()).await.unwrap();
            assert_eq!(setting.put_off().pop().unwrap().0, message);
        }
        // So the next free moment of the line is the next one.
        setting.try_it(&third, 1).await;
        assert_eq!(setting.put_off().pop().unwrap().1, 7);
    };
    futures_util::join!(setting.try_it(&first, 1), rest);
}

#[tokio::test]
async fn whoever_hangs_is_waited_for_once_a_minute() {
    let setting = Setting::start(json!({ "timeout_s": 1 }), json!({}), |_| Answered::Never).await;
    for number in 1..=3 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
    }
    assert_eq!(setting.receiver.came().len(), 1);
    let waits: Vec<u64> = setting.put_off().iter().skip(1).map(|(_, wait_s)| *wait_s).collect();
    assert!(waits.len() == 2 && waits.iter().all(|wait_s| (15..=60).contains(wait_s)), "{waits:?}");
    setting.pass(61);
    for number in 4..=5 {
        let delivery = setting.lead(number).await;
        setting.try_it(&delivery, 1).await;
    }
    assert_eq!(setting.receiver.came().len(), 2);
}
