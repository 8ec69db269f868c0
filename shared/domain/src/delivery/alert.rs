//! What people are told of a destination: that it is suspended, or that deliveries to it were given up or may not have arrived.
//! And of a source: that events of it failed.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::health::Sign;
use super::record::{DeliveryStatus, is_over};
use crate::id::{AccountId, DeliveryId, DestinationId, SourceId};

/// At most one mail in this time says of a destination what became of its deliveries, or of a source what became of its
/// events; in seconds.
pub const EVERY_S: i64 = 3_600;
/// How long such a mail waits for more of them, in seconds: where one fails, others are about to.
pub const GATHER_S: u16 = 60;

/// What people are told of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A destination.
    Destination(DestinationId),
    /// A source.
    Source(SourceId),
}

impl Subject {
    /// What it is: the name of its tag, too.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Destination(_) => "destination",
            Self::Source(_) => "source",
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Destination(id) => id.as_str(),
            Self::Source(id) => id.as_str(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.id())
    }
}

/// A message of the email queue that tells people of a destination or a source. Whoever sends the mail looks for who is told, and whether
/// there still is something to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertMessage {
    /// The tenant.
    pub account: AccountId,
    /// What it tells of: `destination` or `source` with its id.
    #[serde(flatten)]
    pub subject: Subject,
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
    /// Events failed.
    Failed,
}

/// What has become of a delivery or an event that a person has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It was given up, or the event failed.
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
            Self::Failed => "failed",
        }
    }

    /// How long its message waits at first, in seconds.
    #[must_use]
    pub fn delay_s(&self) -> u16 {
        match self {
            Self::Suspended { .. } => 0,
            Self::GivenUp | Self::Failed => GATHER_S,
        }
    }
}

impl AlertMessage {
    /// Its group in the queue.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/{}", self.account, self.subject.id())
    }

    /// Its name in the queue: what two messages have in common that say the same.
    #[must_use]
    pub fn id(&self) -> String {
        match self.alert {
            Alert::Suspended { since, .. } => format!("suspended-{}-{}", self.subject.id(), since.as_millisecond()),
            Alert::GivenUp => format!("given_up-{}", self.subject.id()),
            Alert::Failed => format!("failed-{}", self.subject.id()),
        }
    }
}

/// When the next mail about what was counted may go, after one at `sent_at`.
#[must_use]
pub fn next_at(sent_at: Timestamp) -> Timestamp {
    sent_at.checked_add(SignedDuration::from_secs(EVERY_S)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_name_what_they_tell_of() {
        for (subject, name, alert) in [
            (Subject::Destination("crm".parse().unwrap()), "destination", Alert::GivenUp),
            (Subject::Source("crm".parse().unwrap()), "source", Alert::Failed),
        ] {
            let message = AlertMessage { account: "main".parse().unwrap(), subject, alert };
            let written = serde_json::to_value(&message).unwrap();
            // As messages were written before there was anything but destinations.
            assert_eq!(written, json!({ "account": "main", name: "crm", "alert": { "about": alert.name() } }));
            assert_eq!(serde_json::from_value::<AlertMessage>(written).unwrap(), message);
        }
        assert!(
            serde_json::from_value::<AlertMessage>(json!({ "account": "main", "alert": { "about": "failed" } }))
                .is_err()
        );
    }
}
