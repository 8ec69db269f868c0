//! Asking for the deliveries of a lead that was just given to somebody.

use leadyard_domain::assignment::Standing;
use leadyard_domain::config::{Carrier, Checked};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::DeliveryMessage;
use leadyard_runtime::{Outgoing, SendError};

use crate::app::Queues;

/// Asks for the first try of each delivery. To ask twice is harmless: a try is claimed once.
///
/// # Errors
/// What a queue did not take.
pub(crate) async fn first_tries(queues: &Queues, config: &Checked, lead: &Lead) -> Result<(), SendError> {
    let Standing::Assigned { deliveries, .. } = &lead.standing else { return Ok(()) };
    let (mut webhook, mut email) = (Vec::new(), Vec::new());
    for delivery in deliveries {
        let message = DeliveryMessage::first(&lead.account, delivery);
        let outgoing = Outgoing::json(delivery.as_str(), message.group(), &message)?;
        match config.destination(&delivery.destination()).map(|destination| destination.channel.carrier()) {
            Some(Carrier::Email) => email.push(outgoing),
            // A destination that has left the config since: deliver-webhook puts it on record as dead.
            Some(Carrier::Webhook) | None => webhook.push(outgoing),
        }
    }
    for (queue, messages) in [(&queues.webhook, webhook), (&queues.email, email)] {
        if !messages.is_empty() {
            queue.send_all(messages).await?;
        }
    }
    Ok(())
}
