//! The deliveries that a decision asks for.

use leadyard_domain::config::{Channel, Checked};
use leadyard_domain::id::{AccountId, DeliveryId};
use leadyard_domain::message::DeliveryMessage;
use leadyard_runtime::{Outgoing, QueueSender, SendError};

/// The queues of the delivery functions: one per channel.
#[derive(Clone)]
pub struct DeliveryQueues {
    /// To deliver-webhook.
    pub webhook: QueueSender,
    /// To deliver-email.
    pub email: QueueSender,
}

/// Messages on their way, by queue.
#[derive(Default)]
pub struct FanOut {
    webhook: Vec<Outgoing>,
    email: Vec<Outgoing>,
}

impl FanOut {
    /// Asks for the first try of each delivery. Asking twice is harmless: a try is claimed once.
    ///
    /// # Errors
    /// A message that can't be written as JSON, which ids always can.
    pub fn add(&mut self, config: &Checked, account: &AccountId, deliveries: &[DeliveryId]) -> Result<(), SendError> {
        for delivery in deliveries {
            let destination = delivery.destination();
            let message = DeliveryMessage { account: account.clone(), delivery: delivery.clone(), number: 1 };
            let outgoing = Outgoing::json(delivery.as_str(), message.group(), &message)?;
            match config.destination(&destination).map(|destination| &destination.channel) {
                Some(Channel::Email(_)) => self.email.push(outgoing),
                // A destination that has left the config since: deliver-webhook puts it on record as dead.
                Some(Channel::Webhook(_)) | None => self.webhook.push(outgoing),
            }
        }
        Ok(())
    }

    /// Sends what was added.
    ///
    /// # Errors
    /// What SQS did not take; the caller gives its messages back, and their next round sends all of it again.
    pub async fn send(self, queues: &DeliveryQueues) -> Result<(), SendError> {
        if !self.webhook.is_empty() {
            queues.webhook.send_all(self.webhook).await?;
        }
        if !self.email.is_empty() {
            queues.email.send_all(self.email).await?;
        }
        Ok(())
    }
}
