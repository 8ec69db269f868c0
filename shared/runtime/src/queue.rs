//! Sending messages to an SQS queue.

use std::{collections::BTreeMap, fmt};

use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::send_message_batch::SendMessageBatchError,
    types::SendMessageBatchRequestEntry,
};
use futures_util::{StreamExt as _, stream};

use crate::{backoff::full_jitter, fit::fit};

mod outgoing;
mod split;

pub use outgoing::{DELAY_SECONDS_MAX, Outgoing};
use split::calls;

/// Tries for messages that SQS refuses inside a call that it takes. A call that fails as a whole has already been
/// tried several times by the SDK.
const TRIES_MAX: u32 = 4;

/// Calls under way at the same time, for a payload with many leads.
const CALLS_AT_ONCE: usize = 4;

/// The longest `MessageGroupId` that SQS takes.
const GROUP_CHARS_MAX: usize = 128;

/// Sends to one queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct QueueSender {
    client: Client,
    queue_url: String,
}

impl QueueSender {
    /// A sender to the queue at `queue_url`.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }

    /// Sends one message.
    pub async fn send_one(&self, message: Outgoing) -> Result<(), SendError> {
        self.send_all(vec![message]).await
    }

    /// Sends all messages, ten a call. A message that cannot be sent does not stop the others; the error then
    /// names each one that was left. Order is not kept, and after an error a message may come twice when it is
    /// sent again: standard queues promise neither.
    pub async fn send_all(&self, messages: Vec<Outgoing>) -> Result<(), SendError> {
        let mut unsent = Vec::new();
        let mut sound = Vec::new();
        for message in messages {
            match message.fault() {
                Some(code) => unsent.push(Unsent::refused(message.id, code)),
                None => sound.push(message),
            }
        }
        let calls = calls(sound, |message: &Outgoing| message.body.len()).into_iter().map(|call| self.send_call(call));
        let mut results = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
        while let Some(left) = results.next().await {
            unsent.extend(left);
        }
        if unsent.is_empty() { Ok(()) } else { Err(SendError { unsent }) }
    }

    /// Sends what fits into one call, again for those that SQS refuses for the moment. Returns what is left.
    async fn send_call(&self, messages: Vec<Outgoing>) -> Vec<Unsent> {
        let mut unsent = Vec::new();
        // By entry id, which has to be unique in a call: the position.
        let mut pending: BTreeMap<String, Outgoing> =
            messages.into_iter().enumerate().map(|(position, message)| (position.to_string(), message)).collect();
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.queue_url)
                .set_entries(Some(pending.iter().map(entry).collect()))
                .send()
                .await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    let (code, retryable) = call_failure(&error);
                    unsent.extend(pending.into_values().map(|message| Unsent {
                        id: message.id,
                        code: code.clone(),
                        retryable,
                    }));
                    return unsent;
                }
            };
            for sent in &answer.successful {
                pending.remove(&sent.id);
            }
            let mut codes = BTreeMap::new();
            for failure in answer.failed {
                if failure.sender_fault
                    && let Some(message) = pending.remove(&failure.id)
                {
                    unsent.push(Unsent::refused(message.id, failure.code));
                } else {
                    codes.insert(failure.id, failure.code);
                }
            }
            let Some(seed) = pending.values().next().map(|message| &message.id) else {
                return unsent;
            };
            if tries == TRIES_MAX {
                unsent.extend(pending.into_iter().map(|(entry_id, message)| Unsent {
                    id: message.id,
                    code: codes.remove(&entry_id).unwrap_or_else(|| "NoAnswer".to_owned()),
                    retryable: true,
                }));
                return unsent;
            }
            tokio::time::sleep(full_jitter(seed, tries)).await;
        }
    }
}

fn entry((entry_id, message): (&String, &Outgoing)) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(entry_id)
        .message_body(&message.body)
        .message_group_id(fit(&message.group, GROUP_CHARS_MAX, |c| c.is_ascii_graphic()))
        .set_delay_seconds(message.delay_seconds.map(i32::from))
        .build()
        .expect("the id and the body, the required fields, are set")
}

/// The code of a failed call, and whether the same messages may pass later. A queue that is missing or locked may:
/// a person puts it right while the messages wait.
fn call_failure(error: &SdkError<SendMessageBatchError>) -> (String, bool) {
    let kind = match error {
        SdkError::ConstructionFailure(_) => "NotConstructed",
        SdkError::TimeoutError(_) => "Timeout",
        SdkError::DispatchFailure(_) => "NoConnection",
        SdkError::ResponseError(_) => "BadResponse",
        _ => "Unknown",
    };
    let content_fault = match error.as_service_error() {
        Some(error) => error.is_batch_request_too_long() || error.code() == Some("InvalidMessageContents"),
        None => matches!(error, SdkError::ConstructionFailure(_)),
    };
    (error.code().unwrap_or(kind).to_owned(), !content_fault)
}

/// Messages that are not in the queue. Retry when [`is_retryable`](Self::is_retryable).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct SendError {
    /// The messages that were left; all others of the call are sent.
    pub unsent: Vec<Unsent>,
}

/// One message that was not sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsent {
    /// [`Outgoing::id`].
    pub id: String,
    /// The error code of SQS, or what happened before it could give one.
    pub code: String,
    /// Whether the same message may pass later.
    pub retryable: bool,
}

impl Unsent {
    fn refused(id: String, code: impl Into<String>) -> Self {
        Self { id, code: code.into(), retryable: false }
    }
}

impl SendError {
    fn refused(id: String, code: &str) -> Self {
        Self { unsent: vec![Unsent::refused(id, code)] }
    }

    /// Whether every message that was left may pass when it is sent again.
    pub fn is_retryable(&self) -> bool {
        self.unsent.iter().all(|unsent| unsent.retryable)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let then = if self.is_retryable() { "may pass later" } else { "will never pass" };
        write!(f, "{} messages are not in the queue and {then}:", self.unsent.len())?;
        for unsent in &self.unsent {
            write!(f, " {} ({})", unsent.id, unsent.code)?;
        }
        Ok(())
    }
}
