//! A message that nobody can read ends in the dead-letter queue, and its batch is none the worse for it.

use leadyard_tests::stack::{Queue, Service};
use serde_json::json;

use crate::{
    account::{Account, PATIENCE},
    shared::alone,
};

/// Seconds until a failed message comes back, instead of minutes.
const SOON_S: u32 = 2;

/// The leads queue's own visibility timeout, as in template.yaml.
const USUAL_S: u32 = 190;

#[tokio::test]
async fn a_poison_message_reaches_the_dead_letter_queue_without_harming_its_batch() {
    let stack = alone().await;
    let account = Account::with_webhook(&stack, "poison", "{ url: \"RECEIVER/crm\" }").await;
    stack.set_visibility_timeout(Queue::Leads, SOON_S).await.unwrap();
    let poison = ["this is no JSON", "{\"type\":\"received\",\"event\":{\"account\":\"poison\"}}"];
    for body in poison {
        stack.send(Queue::Leads, body).await.unwrap();
    }
    // They come within the batching window of a second, so some of them share a batch with the poison.
    let mut leads = Vec::new();
    for number in 0..8 {
        let answer = account.post("web", &json!({ "email": format!("lead-{number}@example.com") })).await;
        leads.extend(leadyard_tests::client::event_ids(&answer.body));
    }
    for event in &leads {
        let event = account.settled_event(event).await;
        assert_eq!(event["status"], "created");
        let lead = account.delivered(event["lead"].as_str().unwrap()).await;
        assert_eq!(lead["deliveries"][0]["status"], "delivered");
    }
    let dead = async || {
        let mut bodies = stack.peek(Queue::LeadsDead).await?;
        bodies.sort();
        Ok((bodies.len() >= poison.len()).then_some(bodies))
    };
    let dead = leadyard_tests::stack::wait_until("the poison is in the dead-letter queue", PATIENCE, dead).await;
    assert_eq!(dead.unwrap(), poison);
    // What other tests have asked for later, a further step of an import say, comes in its time.
    let empty = async || Ok((stack.depth(Queue::Leads).await?.total() == 0).then_some(()));
    leadyard_tests::stack::wait_until("nothing is left in the queue", PATIENCE, empty).await.unwrap();
    assert_eq!(account.receiver.count(), leads.len());
    // As it was, for the tests that come after.
    stack.set_visibility_timeout(Queue::Leads, USUAL_S).await.unwrap();
    let queue = json!({ "QueueUrl": stack.queue_url(Queue::LeadsDead).unwrap() });
    stack.aws(Service::Sqs, "PurgeQueue", &queue).await.unwrap();
}
