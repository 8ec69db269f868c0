//! What the template promises about its queues.

use leadyard_tests::stack::{Queue, Service};
use serde_json::{Value, json};

use crate::shared::stack;

/// Each queue, the function that reads it and where its poison goes.
const READERS: [(Queue, &str, Queue); 4] = [
    (Queue::Leads, "evaluate", Queue::LeadsDead),
    (Queue::Webhook, "deliver-webhook", Queue::WebhookDead),
    (Queue::Email, "deliver-email", Queue::EmailDead),
    (Queue::EmailEvents, "deliver-email", Queue::EmailEventsDead),
];

async fn attributes(queue: Queue) -> Value {
    let stack = stack().await;
    let input = json!({ "QueueUrl": stack.queue_url(queue).unwrap(), "AttributeNames": ["All"] });
    stack.aws(Service::Sqs, "GetQueueAttributes", &input).await.unwrap()["Attributes"].take()
}

#[tokio::test]
async fn a_message_stays_hidden_for_six_times_its_functions_timeout() {
    for (queue, function, _dead) in READERS {
        let configuration = stack().await.function_configuration(function).await.unwrap();
        let timeout_s = configuration["Timeout"].as_u64().unwrap();
        let hidden_s: u64 = attributes(queue).await["VisibilityTimeout"].as_str().unwrap().parse().unwrap();
        assert!(hidden_s >= 6 * timeout_s, "{queue:?} hides for {hidden_s} s, {function} may take {timeout_s} s");
    }
}

#[tokio::test]
async fn poison_goes_to_the_queues_own_dead_letter_queue_which_keeps_it_for_two_weeks() {
    for (queue, _function, dead) in READERS {
        let dead = attributes(dead).await;
        let redrive: Value = serde_json::from_str(attributes(queue).await["RedrivePolicy"].as_str().unwrap()).unwrap();
        assert_eq!(redrive["deadLetterTargetArn"], dead["QueueArn"], "{queue:?}");
        assert_eq!(redrive["maxReceiveCount"].to_string().trim_matches('"'), "5", "{queue:?}");
        assert_eq!(dead["MessageRetentionPeriod"], (14 * 24 * 60 * 60).to_string(), "{queue:?}");
    }
}
