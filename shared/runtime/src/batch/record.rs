//! One message of a batch.

use std::fmt;

use aws_lambda_events::sqs::SqsMessage;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tracing::Span;

/// One message that a queue handed out, with its body parsed.
#[derive(Clone)]
pub struct Record<T> {
    /// The id that SQS gave the message; the same each time it is handed out.
    pub message_id: String,
    /// How often SQS handed it out, this time included (`ApproximateReceiveCount`).
    pub receive_count: u32,
    /// When it was sent to the queue, to the millisecond.
    pub sent_at: Option<Timestamp>,
    /// When Lambda ends this invocation.
    pub deadline: Timestamp,
    /// The body.
    pub message: T,
}

impl<T> Record<T> {
    /// The span of everything that is logged about this record.
    pub(super) fn span(&self) -> Span {
        tracing::info_span!("record", message_id = self.message_id, receive_count = self.receive_count)
    }
}

/// Without the message: it can hold a lead.
impl<T> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("message_id", &self.message_id)
            .field("receive_count", &self.receive_count)
            .field("sent_at", &self.sent_at)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// The record of `message`, or the id to report as failed after logging why.
///
/// A message without an id has the empty id, which Lambda takes for a failure of the whole batch: it cannot be
/// reported alone, and a batch that is tried again loses nothing.
pub(super) fn parse<T: DeserializeOwned>(message: &SqsMessage, deadline: Timestamp) -> Result<Record<T>, String> {
    let message_id = message.message_id.clone().unwrap_or_default();
    if message_id.is_empty() {
        tracing::error!("a message without an id: the whole batch goes back to the queue");
        return Err(message_id);
    }
    let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
    let receive_count = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
    let sent_at = attribute("SentTimestamp")
        .and_then(|millis| millis.parse().ok())
        .and_then(|millis| Timestamp::from_millisecond(millis).ok());
    match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
        Ok(message) => Ok(Record { message_id, receive_count, sent_at, deadline, message }),
        Err(error) => {
            // Not the error's own text: it quotes the value that it tripped over.
            tracing::error!(
                message_id,
                receive_count,
                problem = ?error.classify(),
                line = error.line(),
                column = error.column(),
                "the body is not a message of this queue"
            );
            Err(message_id)
        }
    }
}
