//! What people are told of a destination: that it is suspended, or that deliveries to it were given up or may not have arrived.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::health::Sign;
use super::record::{DeliveryStatus, is_over};
use crate::id::{AccountId, DeliveryId, DestinationId};

/// At most one mail in this time says of a destination what became of its deliveries, in seconds.
pub const EVERY_S: i64 = 3_600;
/// How long such a mail waits for more of them, in seconds: where one fails, others are about to.
pub const GATHER_S: u16 = 60;

/// A message of the email queue that tells people of a destination. Whoever sends the mail looks for who is told, and whether
/// there still is something to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertMessage {
    /// The tenant.
    pub account: AccountId,
    /// The destination.
    pub destination: DestinationId,
    /// What it is about.
    pub alert: Alert,
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Alert {
    /// Nothing is sent there until a person resumes it. Told once for each suspension.
    Suspended {
        /// Why.
        why: SuspendedFor,
        /// Since when, which names the suspension.
        since: Timestamp,
    },
    /// Deliveries were given up, or nobody knows whether they arrived.
    GivenUp,
}

/// What has become of a delivery that a person has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It was given up.
    GivenUp,
    /// Nobody knows whether it arrived.
    Unknown,
}

impl Loss {
    /// What is told of a delivery that stands so, with the code of its last try; `None` where nobody has to look.
    #[must_use]
    pub fn of(delivery: &DeliveryId, status: DeliveryStatus, code: Option<&str>) -> Option<Self> {
        match status {
            DeliveryStatus::Dead if is_over(delivery, code) => None,
            DeliveryStatus::Dead => Some(Self::GivenUp),
            DeliveryStatus::Unknown => Some(Self::Unknown),
            DeliveryStatus::Pending
            | DeliveryStatus::Sending
            | DeliveryStatus::Retry
            | DeliveryStatus::Delivered
            | DeliveryStatus::Rejected => None,
        }
    }
}

/// Why a destination is suspended. A receiver's own words may hold anything and are not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspendedFor {
    /// It said that it is gone.
    Gone,
    /// It has not answered for days.
    Silent,
}

impl SuspendedFor {
    /// Why a try that said so ended in a suspension.
    #[must_use]
    pub fn of(sign: Sign) -> Self {
        match sign {
            Sign::Gone => Self::Gone,
            Sign::Failing | Sign::Alive => Self::Silent,
        }
    }
}

impl Alert {
    /// What it is called in logs and tags.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Suspended { .. } => "suspended",
            Self::GivenUp => "given_up",
        }
    }

    /// How long its message waits at first, in seconds.
    #[must_use]
    pub fn delay_s(&self) -> u16 {
        match self {
            Self::Suspended { .. } => 0,
            Self::GivenUp => GATHER_S,
        }
    }
}

impl AlertMessage {
    /// Its name in the queue: what two messages have in common that say the same.
    #[must_use]
    pub fn id(&self) -> String {
        match self.alert {
            Alert::Suspended { since, .. } => format!("suspended-{}-{}", self.destination, since.as_millisecond()),
            Alert::GivenUp => format!("given_up-{}", self.destination),
        }
    }
}

/// When the next mail about deliveries that were given up may go, after one at `sent_at`.
#[must_use]
pub fn next_at(sent_at: Timestamp) -> Timestamp {
    sent_at.checked_add(SignedDuration::from_secs(EVERY_S)).unwrap_or(Timestamp::MAX)
}
