//! The queues: how full they are, what waits in them, and how soon a failed message comes back.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Service, Stack, StackError, wait_until};

/// A queue of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Received events, on their way to a decision.
    Leads,
    /// Deliveries to webhooks.
    Webhook,
    /// Deliveries by email.
    Email,
    /// What SES tells of emails.
    EmailEvents,
    /// What could not be decided.
    LeadsDead,
    /// What could not be handled by deliver-webhook.
    WebhookDead,
    /// What could not be handled by deliver-email.
    EmailDead,
    /// What deliver-email could not take down of what SES told.
    EmailEventsDead,
}

impl Queue {
    /// The queues that functions read.
    pub const LIVE: [Self; 4] = [Self::Leads, Self::Webhook, Self::Email, Self::EmailEvents];
    /// The queues that a person reads.
    pub const DEAD: [Self; 4] = [Self::LeadsDead, Self::WebhookDead, Self::EmailDead, Self::EmailEventsDead];

    fn output(self) -> &'static str {
        match self {
            Self::Leads => "LeadsQueueUrl",
            Self::Webhook => "WebhookQueueUrl",
            Self::Email => "EmailQueueUrl",
            Self::EmailEvents => "EmailEventsQueueUrl",
            Self::LeadsDead => "LeadsDeadLetterQueueUrl",
            Self::WebhookDead => "WebhookDeadLetterQueueUrl",
            Self::EmailDead => "EmailDeadLetterQueueUrl",
            Self::EmailEventsDead => "EmailEventsDeadLetterQueueUrl",
        }
    }
}

/// Numbers of messages in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Ready to be received.
    pub visible: u64,
    /// Received, neither deleted nor back yet.
    pub in_flight: u64,
    /// Sent with a delay that has not passed.
    pub delayed: u64,
}

impl Depth {
    /// All messages of the queue.
    pub fn total(self) -> u64 {
        self.visible + self.in_flight + self.delayed
    }
}

impl Stack {
    /// The URL of a queue, as the functions get it.
    pub fn queue_url(&self, queue: Queue) -> Result<&str, StackError> {
        self.outputs.get(queue.output())
    }

    /// How many messages a queue holds.
    pub async fn depth(&self, queue: Queue) -> Result<Depth, StackError> {
        let operation = "GetQueueAttributes";
        let input = json!({ "QueueUrl": self.queue_url(queue)?, "AttributeNames": ["All"] });
        let answer = self.aws(Service::Sqs, operation, &input).await?;
        let number = |field: &'static str| {
            answer["Attributes"][field]
                .as_str()
                .and_then(|text| text.parse().ok())
                .ok_or(StackError::AnswerIncomplete { operation: operation.to_owned(), field })
        };
        Ok(Depth {
            visible: number("ApproximateNumberOfMessages")?,
            in_flight: number("ApproximateNumberOfMessagesNotVisible")?,
            delayed: number("ApproximateNumberOfMessagesDelayed")?,
        })
    }

    /// Waits until a queue is empty: nothing waits in it, is being handled, or is delayed. What a function sent onwards
    /// is in the next queue by then.
    pub async fn drained(&self, queue: Queue, limit: Duration) -> Result<(), StackError> {
        let empty = async || Ok((self.depth(queue).await?.total() == 0).then_some(()));
        wait_until(&format!("the queue {queue:?} is empty"), limit, empty).await
    }

    /// Sends one message, as if a function had.
    pub async fn send(&self, queue: Queue, body: &str) -> Result<(), StackError> {
        let input = json!({ "QueueUrl": self.queue_url(queue)?, "MessageBody": body });
        self.aws(Service::Sqs, "SendMessage", &input).await.map(drop)
    }

    /// The bodies of the messages in a queue, which they stay in: looking changes nothing.
    pub async fn peek(&self, queue: Queue) -> Result<Vec<String>, StackError> {
        let url = self.queue_url(queue)?;
        let page = self.client.inspect(&format!("/_ministack/sqs/messages?QueueUrl={url}")).await?;
        // The page is grouped by account, region and queue.
        let groups = page["messages"].as_object().into_iter().flat_map(|accounts| accounts.values());
        let queues = groups.filter_map(Value::as_object).flat_map(|regions| regions.values());
        let messages = queues.filter_map(Value::as_object).flat_map(|queues| queues.values());
        Ok(messages
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|message| message["Body"].as_str().map(str::to_owned))
            .collect())
    }

    /// Lets a failed message of a queue come back after so many seconds instead of minutes, so that a test can see
    /// it received five times and dead. Only messages received from now on.
    pub async fn set_visibility_timeout(&self, queue: Queue, seconds: u32) -> Result<(), StackError> {
        let attributes = json!({ "VisibilityTimeout": seconds.to_string() });
        let input = json!({ "QueueUrl": self.queue_url(queue)?, "Attributes": attributes });
        self.aws(Service::Sqs, "SetQueueAttributes", &input).await.map(drop)
    }
}
