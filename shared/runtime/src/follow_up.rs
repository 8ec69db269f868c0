//! Asking for what follows a try of a delivery: the next one, by the queue's own delay or by a one-time schedule beyond its
//! reach, or the next candidate.

use jiff::Timestamp;
use leadyard_domain::delivery::alert::AlertMessage;
use leadyard_domain::delivery::{DeliveryRecord, FollowUp, QUEUE_DELAY_S_MAX};

use crate::queue::{Outgoing, QueueSender, SendError};
use crate::schedule::{ScheduleError, Scheduler};

/// Asks for further tries of the deliveries of one queue.
#[derive(Clone)]
pub struct FollowUps {
    queue: QueueSender,
    scheduler: Scheduler,
    leads: QueueSender,
    /// The email queue, where somebody is to be told.
    alerts: Option<QueueSender>,
}

/// Why the next try could not be asked for. The message of this try has to come back: what it did is on record.
#[derive(Debug, thiserror::Error)]
pub enum FollowUpError {
    /// The queue did not take it.
    #[error(transparent)]
    Queue(#[from] SendError),
    /// The schedule was not made.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl FollowUps {
    /// Puts messages into `queue`, at once or through `scheduler`, whose target is the same queue; and into `leads`, the
    /// queue of evaluate, what was rejected.
    #[must_use]
    pub fn new(queue: QueueSender, scheduler: Scheduler, leads: QueueSender) -> Self {
        Self { queue, scheduler, leads, alerts: None }
    }

    /// Tells people through `queue`, the email queue, when something is wrong with a destination.
    #[must_use]
    pub fn with_alerts(self, queue: QueueSender) -> Self {
        Self { alerts: Some(queue), ..self }
    }

    /// Asks for a mail to those who are to be told, in so many seconds at most. Asking twice is harmless: it is claimed once.
    ///
    /// # Errors
    /// [`FollowUpError`]; the delivery it is about stands whatever becomes of this.
    pub async fn tell(&self, message: &AlertMessage, delay_s: u16) -> Result<(), FollowUpError> {
        let Some(alerts) = &self.alerts else { return Ok(()) };
        let outgoing = Outgoing::json(message.id(), message.group(), message)?;
        Ok(alerts.send_one(outgoing.delayed(delay_s.min(QUEUE_DELAY_S_MAX))).await?)
    }

    /// Asks for what has to follow a delivery that is on record.
    ///
    /// # Errors
    /// [`FollowUpError`].
    pub async fn ask_after(&self, record: &DeliveryRecord, now: Timestamp) -> Result<(), FollowUpError> {
        match record.follow_up(now) {
            Some(follow_up) => self.ask(follow_up).await,
            None => Ok(()),
        }
    }

    /// Asks for it. Asking twice is harmless: the schedule's name is the try's, and a try is claimed once.
    ///
    /// # Errors
    /// [`FollowUpError`].
    pub async fn ask(&self, follow_up: FollowUp) -> Result<(), FollowUpError> {
        match follow_up {
            FollowUp::Queue { message, delay_s } => {
                let group = message.group();
                let outgoing = Outgoing::json(message.delivery.as_str(), group, &message)?;
                Ok(self.queue.send_one(outgoing.delayed(delay_s)).await?)
            }
            FollowUp::Schedule { message, at, name } => {
                let body = Outgoing::json(message.delivery.as_str(), message.group(), &message)?.body;
                Ok(self.scheduler.send_at(&name, at, body).await?)
            }
            FollowUp::Cascade { message } => {
                let group = message.account().to_string();
                Ok(self.leads.send_one(Outgoing::json(message.name(), group, &message)?).await?)
            }
        }
    }
}
