//! What travels through the queues.

use serde::{Deserialize, Serialize};

use crate::event::Received;
use crate::id::{AccountId, DeliveryId};

/// A message of the leads queue. Further kinds (a changed lead, a reassignment, parked leads to try) are variants here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LeadsMessage {
    /// A raw event of a source.
    Received {
        /// The event.
        event: Box<Received>,
        /// Whether a person asked for a failed event to be tried again.
        #[serde(default)]
        retry: bool,
    },
}

/// A message of a delivery queue: the ids; what to send is read from the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// The tenant.
    pub account: AccountId,
    /// The delivery, which tells its lead and destination.
    pub delivery: DeliveryId,
    /// Which try this message asks for, from 1. A message for an earlier try than the delivery has had is old.
    pub number: u32,
}

impl DeliveryMessage {
    /// The message group: the destination, so that a busy or broken one does not delay the others.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/{}", self.account, self.delivery.destination())
    }
}
